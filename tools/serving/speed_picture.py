"""The picture of a load test: how long requests took, and how throughput grows with the callers."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tools.finetune.pictures import BLUE, ORANGE


def speed_picture(name: str, latencies: Sequence[float], curve: Sequence[dict[str, Any]], path: Path) -> None:
    """Draw the share of requests that were answered in time, and requests a second by callers at once.

    Args:
        name: the model's.
        latencies: milliseconds of each request.
        curve: ``{"concurrency", "requests_per_second", "p95"}`` for each number of callers tried.
        path: the PNG to write.
    """
    import numpy
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9.2, 3.6), dpi=110, layout="constrained")
    figure.suptitle(f"How fast {name} answers")
    left, right = figure.subplots(1, 2)
    taken = numpy.sort(latencies)
    left.step(taken, numpy.arange(1, len(taken) + 1) / len(taken), where="post", color=BLUE)
    left.hist(latencies, bins=30, weights=numpy.full(len(taken), 1 / len(taken)), color=BLUE, alpha=0.25)
    for percent in (50, 95, 99):
        value = float(numpy.percentile(taken, percent))
        left.axvline(value, color=ORANGE, linewidth=1, linestyle="--")
        left.text(value, 0.02, f" p{percent} {value:.3g}", rotation=90, fontsize=8, va="bottom")
    callers = curve[-1]["concurrency"]
    left.set(xlabel=f"milliseconds, {callers} at once", ylabel="share of the requests", ylim=(0, 1.03))
    at_once = [each["concurrency"] for each in curve]
    right.plot(at_once, [each["requests_per_second"] for each in curve], color=BLUE, marker="o")
    right.set(xlabel="callers at once", ylabel="requests a second", xticks=at_once)
    right.set_ylim(bottom=0)
    slow = right.twinx()
    slow.plot(at_once, [each["p95"] for each in curve], color=ORANGE, marker="o", linestyle="--")
    slow.set_ylabel("milliseconds, p95", color=ORANGE)
    slow.set_ylim(bottom=0)
    for axes in (left, right):
        axes.grid(alpha=0.3)
    figure.savefig(path)

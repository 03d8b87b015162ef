"""The live card of a running job: bar, loss curve, time left. Plain HTML with a small SVG, drawn anew every second."""

from typing import Any

from ui.pages.html import duration, text
from ui.pages.words import say

WIDTH, HEIGHT = 300, 64


def job_card(job: dict[str, Any] | None) -> str:
    """The card's HTML; empty without a job.

    Args:
        job: as ``jobs show`` gives it, with ``curve`` [[step, loss, validation loss or null], …] and ``time_left`` in
            seconds.
    """
    if job is None:
        return ""
    done = 100 * (job.get("progress") or 0)
    left = job.get("time_left")
    words = [_status(job), f"{done:.0f} %", say("about {time} left", time=duration(left)) if left else ""]
    name, progress = text(say("Job {job}", job=job["id"])), text(say("Progress of {job}", job=job["id"]))
    return (
        f'<div class="sa-job" role="group" aria-label="{name}">'
        f'<div class="sa-job-head"><b>{text(job["id"])}</b> <span>{" · ".join(w for w in words if w)}</span></div>'
        f'<div class="sa-progress" role="progressbar" aria-label="{progress}" '
        f'aria-valuemin="0" aria-valuemax="100" aria-valuenow="{done:.0f}">'
        f'<span style="width:{done:.1f}%"></span></div>{_curve(job.get("curve") or [])}</div>'
    )


def _status(job: dict[str, Any]) -> str:
    if job["status"] == "queued":
        return say("waiting for its turn")
    return text(say(job.get("message") or job["status"]))


def _curve(curve: list[list[float | None]]) -> str:
    """Training loss as a line, validation loss as a dashed one."""
    points = [(float(each[0] or 0), each[1], each[2] if len(each) > 2 else None) for each in curve]
    losses = [value for point in points for value in point[1:] if value is not None]
    if len(points) < 2 or not losses:
        return ""
    high, low = max(losses), min(0.0, *losses)
    last = max(point[0] for point in points) or 1.0

    def line(index: int, style: str) -> str:
        places = [
            f"{WIDTH * point[0] / last:.1f},{HEIGHT * (1 - (value - low) / ((high - low) or 1)):.1f}"
            for point in points
            if (value := point[index]) is not None
        ]
        return f'<polyline class="{style}" points="{" ".join(places)}"/>' if len(places) > 1 else ""

    newest = next((value for _, value, _ in reversed(points) if value is not None), None)
    return (
        f'<div class="sa-curve"><svg viewBox="0 -2 {WIDTH} {HEIGHT + 4}" preserveAspectRatio="none" role="img" '
        f'aria-label="{say("Loss curve")}">{line(1, "sa-train")}{line(2, "sa-validation")}</svg>'
        f"<span>{say('loss {value}', value=format(newest, '.3f'))}</span></div>"
        if newest is not None
        else ""
    )

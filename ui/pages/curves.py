"""The loss curves of one run or of several in one picture: a plain SVG with its axis and a legend."""

from typing import Any

from ui.pages.html import text
from ui.pages.words import say

WIDTH, HEIGHT = 640, 180
LEFT, BELOW = 44, 18
COLORS = 6  # as many as style.css has


def curves(jobs: list[dict[str, Any]]) -> str:
    """Loss over steps, dashed where it is that of the rows kept for validation; empty where there is none.

    Args:
        jobs: as ``jobs show`` gives them, with ``curve``.
    """
    drawn = [(place, job, _points(job)) for place, job in enumerate(jobs)]
    drawn = [each for each in drawn if len(each[2]) > 1]
    losses = [value for _, _, points in drawn for point in points for value in point[1:] if value is not None]
    if not losses:
        return ""
    high, last = max(losses) or 1.0, max(points[-1][0] for _, _, points in drawn) or 1.0
    lines = "".join(_line(points, index, place, high, last) for place, _, points in drawn for index in (1, 2))
    legend = "".join(
        f'<span class="sa-key sa-line{place % COLORS}">{text(job["id"])} · {text(job.get("model") or "")}</span>'
        for place, job, _ in drawn
    )
    dashed = f'<span class="sa-more">{text(say("dashed: on validation rows"))}</span>'
    return (
        f'<figure class="sa-curves"><svg viewBox="0 0 {WIDTH} {HEIGHT + BELOW}" role="img" '
        f'aria-label="{text(say("Loss curves"))}">{_axis(high, last)}{lines}</svg>'
        f"<figcaption>{legend} {dashed}</figcaption></figure>"
    )


def _points(job: dict[str, Any]) -> list[tuple[float, float | None, float | None]]:
    return [(float(p[0] or 0), p[1], p[2] if len(p) > 2 else None) for p in job.get("curve") or []]


def _line(points: list[Any], index: int, place: int, high: float, last: float) -> str:
    places = [
        f"{LEFT + (WIDTH - LEFT) * point[0] / last:.1f},{4 + (HEIGHT - 4) * (1 - max(0.0, value) / high):.1f}"
        for point in points
        if (value := point[index]) is not None
    ]
    dash = " sa-dashed" if index == 2 else ""
    return (
        f'<polyline class="sa-line{place % COLORS}{dash}" points="{" ".join(places)}"/>'
        if len(places) > 1
        else ""
    )


def _axis(high: float, last: float) -> str:
    grid = "".join(
        f'<line x1="{LEFT}" x2="{WIDTH}" y1="{y:.1f}" y2="{y:.1f}"/>'
        f'<text x="{LEFT - 6}" y="{y + 4:.1f}">{share:.3g}</text>'
        for share, y in ((high, 4.0), (high / 2, 4 + (HEIGHT - 4) / 2), (0.0, float(HEIGHT)))
    )
    steps = f'<text x="{WIDTH}" y="{HEIGHT + 15}">{text(say("step {n}", n=f"{last:,.0f}"))}</text>'
    return f'<g class="sa-axis">{grid}{steps}</g>'

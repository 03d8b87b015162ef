"""Below an answer, folded away: how it was made. The same live and after a reload."""

import re
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from assistant.agent.events import Citation
from assistant.settings import settings
from ui.pages.html import details, table, text

PLACEHOLDER = re.compile(r"<([A-Z][A-Z_]+[A-Z])(?:_\d+)?>")  # what stands where personal data was taken out


class Step(NamedTuple):
    """A tool that was called for the answer, and how that ended."""

    tool: str
    args: dict[str, Any]
    status: str


def how_block(steps: Sequence[Step], passages: Iterable[Citation], asked: str) -> str:
    """How an answer was made, as HTML; empty where there is nothing to tell but that somebody was spoken with.

    Args:
        steps: the tools, in order.
        passages: what the answer cites.
        asked: the user's message as it is kept.
    """
    passages = list(passages)
    hidden = sorted({kind.replace("_", " ").lower() for kind in PLACEHOLDER.findall(asked)})
    if not (steps or passages or hidden):
        return ""
    parts = [
        table(["tool", "arguments", "ended"], [(step.tool, _said(step.args), step.status) for step in steps])
        if steps
        else "",
        table(["passage", "from", "score"], [(p.number, p.title or p.source, p.score) for p in passages])
        if passages
        else "",
        f"<p>Hidden from the model: {text(', '.join(hidden))}.</p>" if hidden else "",
        f"<p>Chat model in use: {text(settings().model)}.</p>",
    ]
    return f'<div class="sa-how">{details("How I got this", "".join(parts))}</div>'


def _said(args: dict[str, Any]) -> str:
    return ", ".join(f"{name} = {value}" for name, value in args.items()) or "none"

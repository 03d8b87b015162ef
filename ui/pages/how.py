"""Below an answer, folded away: how it was made. The same live and after a reload."""

import re
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from assistant.agent.events import Citation
from assistant.settings import settings
from ui.pages.html import details, table, text
from ui.pages.words import say

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
    hidden = sorted({kind_of(each) for each in PLACEHOLDER.findall(asked)})
    if not (steps or passages or hidden):
        return ""
    ended = [(step.tool, _said(step.args), say(step.status)) for step in steps]
    told = say("Hidden from the model: {kinds}.", kinds=say(", ").join(hidden))
    parts = [
        table(["tool", "arguments", "ended"], ended) if steps else "",
        table(["passage", "from", "score"], [(p.number, p.title or p.source, p.score) for p in passages])
        if passages
        else "",
        f"<p>{text(told)}</p>" if hidden else "",
        f"<p>{text(say('Chat model in use: {model}.', model=settings().model))}</p>",
    ]
    return f'<div class="sa-how">{details("How I got this", "".join(parts))}</div>'


def kind_of(type_: str) -> str:
    """A kind of personal data in the reader's words.

    Args:
        type_: as placeholders name it, such as ``EMAIL_ADDRESS``; a model of the user's own may have others than we.
    """
    shown = say(f"<{type_}>")
    return type_.replace("_", " ").lower() if shown == f"<{type_}>" else shown


def _said(args: dict[str, Any]) -> str:
    return ", ".join(f"{name} = {value}" for name, value in args.items()) or say("none")

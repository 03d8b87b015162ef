"""Below an answer, folded away: how it was made. The same live and after a reload."""

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from assistant.agent.events import Citation
from ui.languages import say
from ui.pages.html import details, table, text

SHOWS_PLACEHOLDERS = "redact_text"  # they are what it was asked for
PLACEHOLDER = re.compile(r"<([A-Z][A-Z_]+[A-Z])(?:_\d+)?>")  # what stands where personal data was taken out


class Step(NamedTuple):
    """A tool that was called for the answer, how that ended, and what kinds of personal data its result had lost."""

    tool: str
    args: dict[str, Any]
    status: str
    hidden: frozenset[str] = frozenset()


def step(tool: str, args: dict[str, Any], status: str, result: dict[str, Any]) -> Step:
    """A step, from what the tool returned."""
    shown = json.dumps(result, ensure_ascii=False, default=str)
    kinds = frozenset(PLACEHOLDER.findall(shown)) if tool != SHOWS_PLACEHOLDERS else frozenset[str]()
    return Step(tool, args, status, kinds)


def how_block(
    steps: Sequence[Step],
    passages: Iterable[Citation],
    asked: str,
    said: str = "",
    model: str | None = None,
) -> str:
    """How an answer was made, as HTML; empty where there is nothing to tell.

    Args:
        steps: the tools, in order.
        passages: what the answer cites.
        asked: the user's message as it is kept.
        said: the answer; empty where there is none yet.
        model: the chat model that gave it, where that is known.
    """
    passages, asked_kinds = list(passages), set(PLACEHOLDER.findall(asked))
    of_tools = {kind for each in steps for kind in each.hidden} - asked_kinds
    of_reply = set(PLACEHOLDER.findall(said)) - asked_kinds - of_tools
    told = [
        say(words, kinds=say(", ").join(sorted(map(kind_of, kinds))))
        for words, kinds in (
            ("Hidden from the model: {kinds}.", asked_kinds),
            ("Hidden in what the tools returned: {kinds}.", of_tools),
            ("Hidden in the answer: {kinds}.", of_reply),
        )
        if kinds
    ]
    if model and said:
        alone = not steps and not passages
        words = (
            "Answered by the chat model {model}, without a tool."
            if alone
            else "Answered by the chat model {model}."
        )
        told.append(say(words, model=model))
    if not (steps or passages or told):
        return ""
    ended = [(step.tool, _said(step.args), say(step.status)) for step in steps]
    parts = [
        table(["tool", "arguments", "ended"], ended) if steps else "",
        table(["passage", "from", "score"], [(p.number, p.title or p.source, p.score) for p in passages])
        if passages
        else "",
        *(f"<p>{text(each)}</p>" for each in told),
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

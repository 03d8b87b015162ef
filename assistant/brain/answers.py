"""Read a message as the answer to an open approval: yes, no, or other arguments."""

# ruff: noqa: E501 - patterns and wordings read best in one line

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from assistant.brain.arguments import said
from assistant.brain.asked import Asked
from assistant.brain.encoding import SIGNS, View
from assistant.brain.history import Context
from assistant.brain.labels import NONE
from assistant.brain.mentions import LONGEST, find_mentions
from assistant.brain.patterns import clear_values
from assistant.brain.reader import reader
from assistant.brain.situation import Situation
from assistant.brain.values import is_number, method, number
from assistant.brain.yes_and_no import (
    after_assent,
    after_refusal,
    begins_with_no,
    contradicts,
    in_words,
    is_bare_no,
    is_clear_yes,
    is_doubtful,
    is_no_bar,
    is_polite,
    is_yes,
)

_UNDOES = {
    "finetune_model": "cancel_job",
    "deploy_model": "undeploy_model",
    "add_knowledge": "remove_knowledge",
}
_LEAD = re.compile(
    r"^(?:(?:yes|yeah|ok|okay|sure|no|nope)(?![a-z])|好的?|可以|不|行)[\s,，.。!！;；:—-]*", re.IGNORECASE
)


@dataclass(frozen=True)
class Change:
    """The user wants the proposed action with other arguments; ``args`` holds only those that change."""

    args: dict[str, Any] = field(default_factory=dict)


Answer = Literal["yes", "no", "instead"] | Change | None
SURE = 0.97  # share from which the encoder's word for a yes is taken; what was proposed then happens
ELSEWHERE = 0.9  # share of another tool from which a message that begins with a no wants that tool
WISHED = 0.8  # the same of what follows the no
DECLINED = 0.85  # share from which the encoder's word for a no is taken


def read_answer(
    message: str,
    approval_args: Mapping[str, Any],
    tool: str,
    situation: Situation | None = None,
    proposal: str = "",
) -> Answer:
    """What a message means for an open approval.

    Args:
        message: the user's message.
        approval_args: the arguments that were proposed.
        tool: the tool that waits.
        situation: the workspace, whose names are recognised in changes.
        proposal: the words in which the user was asked.

    Returns:
        ``"yes"``, ``"no"``, ``"instead"`` for a no that is followed by another wish, a :class:`Change`, or None where
        the message is about something else, and where it is not sure whether it is a no.
    """
    text, words = message.strip(), in_words(message)
    if _agrees(words, tool) or _agrees(_unnamed(words, approval_args), tool):
        return "yes"
    others_stop = tool != "finetune_model" and situation and situation.jobs and _TRAINING.search(words)
    no_bar = is_no_bar(words)
    if is_bare_no(words) and not (others_stop or no_bar):
        return "no"
    rest = after_assent(words)
    if rest is not None:  # "no problem, go": what begins it is no no
        if is_clear_yes(rest) and not is_doubtful(words, tool):
            return "yes"
        if is_bare_no(rest):
            return "no"
        words = rest
    question = proposal or f"I would like to {tool.replace('_', ' ')}. Shall I go ahead?"
    context = Context(tool=tool, args=dict(approval_args), open=True)
    asked = _read(text, question, context, situation or Situation())
    refuses = begins_with_no(words)
    other = refuses and _wants_other(asked, tool, ELSEWHERE)
    changed = {} if other else _changes(asked, approval_args, tool)
    if changed and not _about_something_else(text):
        return Change(changed)
    if no_bar and (rest is None or not refuses):  # "no rush to start", "no questions until you go"
        return None
    if refuses:
        wish = after_refusal(words)
        beside = (
            _wants_other(_read(wish, question, context, asked.situation), tool, WISHED) if wish else other
        )
        return _refusal(words, asked, beside)
    act, share = next(iter(asked.reading.acts.items()))
    if (
        act == "no"
        and share >= DECLINED
        and not (asked.mentions.found or _asks(text) or _UNSURE.search(text))
    ):
        return "no"
    sure = act == "yes" and share >= SURE and rest is None
    doubtful = is_doubtful(words, tool) or _asks(words) or any(SIGNS.get(sign) == "no" for sign in text)
    return "yes" if sure and not doubtful and _plain_words(asked, tool) else None


_UNSURE = re.compile(
    r"\b(?:not (?:so )?sure|unsure|(?:don'?t|do not) know|no idea)\b|不(?:太?确定|太?清楚|知道|太?懂)",
    re.IGNORECASE,
)


def _refusal(words: str, asked: Asked, wants_other: bool) -> Answer:
    """What a message that begins with a no comes to; None rather than a no where that is in doubt."""
    if contradicts(words):
        return None
    proposed = [str(value).lower() for value in asked.context.args.values()]
    named = [m for m in asked.mentions.found if m.kind in ("job", "model", "file", "url")]
    beside = any(mention.value.lower() not in proposed for mention in named)
    if not (wants_other or beside or _asks(words)):
        return "no"
    return "instead" if after_refusal(words) else None


def _wants_other(asked: Asked, tool: str, share: float) -> bool:
    """Whether a message wants another tool; to stop what is only proposed is no wish of its own."""
    wanted = asked.reading.tool
    if wanted == "cancel_job" and tool != "finetune_model":
        return bool(asked.situation.jobs and _TRAINING.search(asked.text))
    return wanted not in (tool, NONE, _UNDOES.get(tool)) and asked.reading.tools[wanted] >= share


_TRAINING = re.compile(r"train|fine-?tun|\b(?:job|run)\b|训|任务|作业", re.IGNORECASE)


def _asks(text: str) -> bool:
    """Whether a message ends with a question."""
    return text.rstrip().endswith(("?", "？"))


def _plain_words(asked: Asked, tool: str) -> bool:
    """Whether a message that looks like a yes is one in words, about this tool, and neither a question nor politeness."""
    text = asked.text.strip()
    words = re.search(r"[A-Za-z]{2}|[\u3400-\u9fff]", text)
    asks = _asks(text) or re.match(r"(?:what|why|how|who|which|when|where)\b", text, re.IGNORECASE)
    about = asked.reading.tools.get(tool, 0.0) >= SURE and not asked.reading.spans
    return bool(words) and about and not asks and not is_polite(text)


def _read(text: str, question: str, context: Context, situation: Situation) -> Asked:
    """A message as an answer to a question."""
    reading = reader().read_views([(View(text, assistant=question), situation)])[0]
    return Asked(reading, find_mentions(text, situation), context, situation)


def _agrees(text: str, tool: str) -> bool:
    """Whether a message is a yes; "deploy it" is one only where that is what waits."""
    return is_yes(text) and not is_doubtful(text, tool)


_YES_FIRST = re.compile(
    r"\s*(?:(?:yes|yep|yeah|yup|sure|ok|okay|go ahead)(?![a-z])|好的?|可以|行|是的?|同意|确认|批准)",
    re.IGNORECASE,
)


def _unnamed(text: str, args: Mapping[str, Any]) -> str:
    """A message that begins with a yes, with "it" for what was proposed by name ("yes, deploy router"); else nothing."""
    names = [re.escape(value) for value in args.values() if isinstance(value, str) and value]
    if not (names and _YES_FIRST.match(text)):
        return ""
    longest = "|".join(sorted(names, key=len, reverse=True))
    text = re.sub(rf"(?<![a-z0-9_@.-])(?:{longest})(?![a-z0-9_@-]|\.\w)", "it", text, flags=re.IGNORECASE)
    return re.sub(r"(?<=部署|训练)\s*it\s*吧?", "吧", text)


def _changes(asked: Asked, args: Mapping[str, Any], tool: str) -> dict[str, Any]:
    """The arguments that the message gives another value, where it is about the proposed action at all."""
    about = asked.reading.tool == tool or asked.reading.act == "more" or bool(_LEAD.match(asked.text))
    if tool == "finetune_model" and _open_to_all(asked):  # no other tool takes such values
        about = about or bool(clear_values(asked.text[:LONGEST]).keys() & _NUMBERS)
    wishes = said(tool, asked) if about else {}
    if tool == "finetune_model":
        wishes = _bare(asked, wishes) | wishes
    return {key: value for key, value in wishes.items() if args.get(key) != value}


_NUMBERS = {"learning_rate", "epochs"}


def _open_to_all(asked: Asked) -> bool:
    """Whether a message is clearly about no tool."""
    return asked.reading.tool == NONE or asked.reading.tools[asked.reading.tool] < ELSEWHERE


def _bare(asked: Asked, wishes: Mapping[str, Any]) -> dict[str, Any]:
    """Values said without their name: "make it 5", "use head instead"."""
    rest = _LEAD.sub("", asked.text)
    found = re.fullmatch(
        r"(?:but )?(?:make (?:it|that)|only|just|use|try|with|rather|改成|改为|用)?\s*(\w+)(?: instead| please| then)?[.!。]*",
        rest,
        re.IGNORECASE,
    )
    if not found:
        return {}
    inside = any(m.start <= asked.text.rfind(found[1]) < m.end for m in asked.mentions.found)
    if is_number(found[1]) and not inside and "epochs" not in wishes:
        return {"epochs": number(found[1])}
    named = method(found[1])
    return {"method": named} if named else {}


def _about_something_else(text: str) -> bool:
    """A question is not a change, unless it asks for the change."""
    return _asks(text) and not re.search(
        r"\b(?:can|could|would) (?:you|we)\b|\bmake it\b|instead|\bwhat about\b|改|换|能不能|可以",
        text,
        re.IGNORECASE,
    )

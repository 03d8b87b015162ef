"""Read a message as the answer to an open approval: yes, no, or other arguments."""

# ruff: noqa: E501 - patterns and wordings read best in one line

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from assistant.brain.arguments import said
from assistant.brain.asked import Asked
from assistant.brain.encoding import View
from assistant.brain.history import Context
from assistant.brain.mentions import find_mentions
from assistant.brain.reader import reader
from assistant.brain.situation import Situation
from assistant.brain.values import method, number

_YES = re.compile(
    r"^(?:(?:yes|yep|yeah|yup|ya|y|sure|ok|okay|k|fine|alright|all right|good|great|perfect|right|correct|agreed|approved?|confirm(?:ed)?|absolutely|definitely|"
    r"certainly|of course|please|go(?: for it| ahead| on)?|do it|do that|do so|let'?s (?:go|do it|do that)|proceed|continue|start(?: it| now| the training)?|run it|ship it|make it so|sounds (?:good|great)|looks (?:good|great|fine)|"
    r"that'?s (?:fine|ok|right|good|correct)|why not|i (?:approve|agree|do|confirm)|works for me|lgtm|with pleasure|by all means|thanks|thank you|and|then|now|it|the training|by me|deploy it|train it|add it|remove it|undeploy it)[\s,.!:)]*)+$",
    re.IGNORECASE,
)
_YES_ZH = re.compile(
    r"^(?:(?:好的?|行|可以|是的?|对|没问题|同意|批准|确认|开始吧?|继续吧?|嗯+|ok|当然|就这样|来吧|去吧|执行|做吧|上吧|部署吧|训练吧|麻烦你?|谢谢|请|吧|啊|呀|了|的|请开始|开始训练)[\s,，。.!！~]*)+$",
    re.IGNORECASE,
)
# Words that go with a yes and are none by themselves.
_POLITE = re.compile(
    r"^(?:(?:thanks|thank you|and|then|now|it|the training|by me|good|great|perfect|谢谢|吧|啊|呀|了|的|请|麻烦你?)[\s,，。.!！:)~]*)+$",
    re.IGNORECASE,
)
_VERBS = {
    "deploy_model": "deploy",
    "undeploy_model": "undeploy",
    "finetune_model": "train",
    "add_knowledge": "add",
    "remove_knowledge": "remove",
}
_NO = re.compile(
    r"^(?:(?:well|oh|hm+|sorry|actually|please|ok|okay)[\s,.!]*)*(?:no+\b|nope|nah|n\b|not (?:now|yet|today)|don'?t\b|do not\b|never ?mind|cancel\b|stop\b|abort\b|forget it|leave it|hold on|hold off|wait\b|rather not|better not|later\b|"
    r"decline|reject|i(?:'ve)? changed my mind|i don'?t want|skip it|no thanks)",
    re.IGNORECASE,
)
_NO_ZH = re.compile(
    r"^(?:先)?(?:不(?!错)|别|取消|算了|停|等等|等一下|等会|暂时不|先不|拒绝|否|没必要|以后再说|晚点)"
)
_LEAD = re.compile(r"^(?:yes|yeah|ok|okay|sure|no|nope|好的?|可以|不|行)[\s,，.。!！;；:—-]*", re.IGNORECASE)


@dataclass(frozen=True)
class Change:
    """The user wants the proposed action with other arguments; ``args`` holds only those that change."""

    args: dict[str, Any] = field(default_factory=dict)


Answer = Literal["yes", "no"] | Change | None
SURE = 0.97  # share from which the encoder's word for a yes is taken; what was proposed then happens


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
        ``"yes"``, ``"no"``, a :class:`Change`, or None where the message is about something else.
    """
    text = message.strip()
    if _agrees(text, tool):
        return "yes"
    asked = _read(text, approval_args, tool, situation or Situation(), proposal)
    changed = _changes(asked, approval_args, tool)
    if changed and not _about_something_else(text):
        return Change(changed)
    if _NO.match(text) or _NO_ZH.match(text):
        return "no"
    act, share = next(iter(asked.reading.acts.items()))
    if act == "no" and not asked.mentions.found:
        return "no"
    return "yes" if act == "yes" and share >= SURE and _plain_words(asked, tool) else None


def _plain_words(asked: Asked, tool: str) -> bool:
    """Whether a message that looks like a yes is one in words, about this tool, and neither a question nor politeness."""
    text = asked.text.strip()
    words = re.search(r"[A-Za-z]{2}|[\u3400-\u9fff]", text)
    asks = text.endswith(("?", "？")) or re.match(
        r"(?:what|why|how|who|which|when|where)\b", text, re.IGNORECASE
    )
    about = asked.reading.tools[tool] >= SURE and not asked.reading.spans
    return bool(words) and about and not asks and not _POLITE.match(text)


def _read(text: str, args: Mapping[str, Any], tool: str, situation: Situation, proposal: str) -> Asked:
    """The message as an answer to the proposal."""
    question = proposal or f"I would like to {tool.replace('_', ' ')}. Shall I go ahead?"
    reading = reader().read_views([(View(text, assistant=question), situation)])[0]
    context = Context(tool=tool, args=dict(args), open=True)
    return Asked(reading, find_mentions(text, situation), context, situation)


def _agrees(text: str, tool: str) -> bool:
    """Whether a message is a yes; "deploy it" is one only where that is what waits, and thanks alone are none."""
    if _POLITE.match(text) or not (_YES.match(text) or _YES_ZH.match(text)):
        return False
    said = re.findall(r"\b(un-?deploy|deploy|train|add|remove) it\b", text.lower())
    return all(verb == _VERBS.get(tool) for verb in said)


def _changes(asked: Asked, args: Mapping[str, Any], tool: str) -> dict[str, Any]:
    """The arguments that the message gives another value, where it is about the proposed action at all."""
    about = asked.reading.tool == tool or asked.reading.act == "more" or _LEAD.match(asked.text)
    wishes = said(tool, asked) if about else {}
    if tool == "finetune_model":
        wishes = _bare(asked.text, wishes) | wishes
    return {key: value for key, value in wishes.items() if args.get(key) != value}


def _bare(text: str, wishes: Mapping[str, Any]) -> dict[str, Any]:
    """Values said without their name: "make it 5", "use head instead"."""
    rest = _LEAD.sub("", text)
    found = re.fullmatch(
        r"(?:but )?(?:make (?:it|that)|only|just|use|try|with|rather|改成|改为|用)?\s*(\w+)(?: instead| please| then)?[.!。]*",
        rest,
        re.IGNORECASE,
    )
    if not found:
        return {}
    value = number(found[1])
    if value is not None and "epochs" not in wishes and found[1].lower() not in ("a", "an", "one", "once"):
        return {"epochs": value}
    named = method(found[1])
    return {"method": named} if named else {}


def _about_something_else(text: str) -> bool:
    """A question is not a change, unless it asks for the change."""
    asks = text.rstrip().endswith(("?", "？"))
    return asks and not re.search(
        r"\b(?:can|could|would) (?:you|we)\b|\bmake it\b|instead|\bwhat about\b|改|换|能不能|可以",
        text,
        re.IGNORECASE,
    )

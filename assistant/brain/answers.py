"""Read a message as the answer to an open approval: yes, no, or other arguments."""

# ruff: noqa: E501 - patterns and wordings read best in one line

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from assistant.brain.mentions import find_mentions
from assistant.brain.situation import Situation
from assistant.brain.values import method_in, number, training_wishes

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


def read_answer(
    message: str, approval_args: Mapping[str, Any], tool: str, situation: Situation | None = None
) -> Answer:
    """What a message means for an open approval.

    Args:
        message: the user's message.
        approval_args: the arguments that were proposed.
        tool: the tool that waits.
        situation: the workspace, whose names are recognised in changes.

    Returns:
        ``"yes"``, ``"no"``, a :class:`Change`, or None where the message is about something else.
    """
    text = message.strip()
    if _agrees(text, tool):
        return "yes"
    changed = _changes(text, approval_args, tool, situation or Situation())
    if changed and not _about_something_else(text):
        return Change(changed)
    if _NO.match(text) or _NO_ZH.match(text):
        return "no"
    return None


def _agrees(text: str, tool: str) -> bool:
    """Whether a message is a yes; "deploy it" is one only where that is what waits, and thanks alone are none."""
    if _POLITE.match(text) or not (_YES.match(text) or _YES_ZH.match(text)):
        return False
    said = re.findall(r"\b(un-?deploy|deploy|train|add|remove) it\b", text.lower())
    return all(verb == _VERBS.get(tool) for verb in said)


def _changes(text: str, args: Mapping[str, Any], tool: str, situation: Situation) -> dict[str, Any]:
    mentions = find_mentions(text, situation)
    wishes: dict[str, Any] = {}
    if tool == "finetune_model":
        wishes = training_wishes(text, mentions)
        wishes |= _bare(text, wishes)
        wishes |= _one("dataset", mentions.of("file"))
    elif tool in ("deploy_model", "undeploy_model"):
        wishes = _one("model", mentions.of("model"))
    elif tool in ("add_knowledge", "remove_knowledge"):
        wishes = _one("source", mentions.of("url") + mentions.of("file"))
    return {key: value for key, value in wishes.items() if args.get(key) != value}


def _one(key: str, values: list[str]) -> dict[str, Any]:
    return {key: values[0]} if values else {}


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
    if found[1].lower() == "head" or method_in(found[1]):
        return {"method": method_in(found[1]) or "head"}
    return {}


def _about_something_else(text: str) -> bool:
    """A question is not a change, unless it asks for the change."""
    asks = text.rstrip().endswith(("?", "？"))
    return asks and not re.search(
        r"\b(?:can|could|would) (?:you|we)\b|\bmake it\b|instead|\bwhat about\b|改|换|能不能|可以",
        text,
        re.IGNORECASE,
    )

"""The arguments of an action on top of what was proposed, asked or done before."""

# ruff: noqa: E501 - patterns read best in one line

import re
from collections.abc import Mapping
from typing import Any

from assistant.brain.arguments import arguments, said
from assistant.brain.asked import Asked

SHORT = 24  # characters of a bare answer
_AGAIN = re.compile(
    r"\b(?:again|instead|same|identical|rerun|re-run|retry|repeat|once more|this time)\b|再(?:来|跑|训|试)|重新|重跑|重训|还是|改成|换成|同样|照旧|其余|其[它他]不|剩下|不变",
    re.IGNORECASE,
)
_WHAT_ABOUT = re.compile(
    r"\W*(?:哦+|嗯+|好的?|行)?\W*(?:那么?|还有)?\s*[\w\-.\u4e00-\u9fff]{1,40}\s*呢\W*$|\W*(?:(?:ok|and|what about|how about)\W+){1,3}[\w\-.]+\W*$",
    re.IGNORECASE,
)
_POINTING = re.compile(
    r"\b(?:that|this|it|your|you|suggest\w*|recommend\w*|advi[cs]e\w*|as (?:you )?said|those|so)\b|这个|就|推荐|建议|按|你说|那样",
    re.IGNORECASE,
)


def filled(tool: str, asked: Asked) -> dict[str, Any]:
    """The arguments: of the message alone, or on top of what was proposed or done before."""
    args = _on_top(tool, asked)
    return _of_one_subject(args, asked) if tool == "explain_prediction" else args


def _of_one_subject(args: dict[str, Any], asked: Asked) -> dict[str, Any]:
    """Arguments of an explanation with a text or a dataset: the latter where an explanation over one is asked again."""
    if not {"text", "dataset"} <= args.keys():
        return args
    own_text = asked.mentions.of("quote") or "text" in said("explain_prediction", asked)
    over = "dataset" in asked.context.done.get("explain_prediction", {}) and not own_text
    args = {key: value for key, value in args.items() if key != ("text" if over else "dataset")}
    named = asked.mentions.of("file")
    return args | {"dataset": named[0]} if over and named else args


def _on_top(tool: str, asked: Asked) -> dict[str, Any]:
    context, act = asked.context, asked.reading.act
    new, own, offer = arguments(tool, asked), said(tool, asked), known(tool, asked.context.offer)
    before = context.args if context.tool == tool else {}
    accepts = context.open and offer and tool == context.asker and len(asked.text) <= SHORT and not own
    if tool == "finetune_model" and (
        scaled := _relative(asked.text, {**context.done.get(tool, {}), **before, **offer})
    ):
        own = {key: value for key, value in own.items() if key not in _SCALED} | scaled
    if act == "yes" or accepts:
        return {**known(tool, context.proposed), **new, **known(tool, before), **offer, **own}
    if context.open and before and (act == "more" or offer or _AGAIN.search(asked.text)):
        return {**new, **before, **offer, **own}
    again = _AGAIN.search(asked.text) or (tool == context.tool and _WHAT_ABOUT.match(asked.text))
    if (act == "more" and before) or (again and tool in context.done):
        return {**new, **_but_for_name(context.done[tool]), **own}
    if tool == "finetune_model" and offer and _takes_advice(asked):
        return {**new, **known(tool, before or context.args), **offer, **own}
    return new


def _relative(text: str, before: Mapping[str, Any]) -> dict[str, Any]:
    """Values that are said in terms of those before: "half the learning rate", "轮数翻倍"."""
    found = {}
    for key, words in _SCALED.items():
        value = before.get(key)
        for factor, pattern in ((0.5, _HALF), (2.0, _DOUBLE)):
            near = (
                rf"(?:{pattern})[^.,;，。；]{{0,16}}(?:{words})|(?:{words})[^.,;，。；]{{0,8}}(?:{pattern})"
            )
            if isinstance(value, int | float) and re.search(near, text, re.IGNORECASE):
                scaled = value * factor
                whole = isinstance(value, int) and float(scaled).is_integer()
                found[key] = int(scaled) if whole else float(f"{scaled:.6g}")
    return found


_SCALED = {
    "learning_rate": r"learning[\s_-]?rate|\blr\b|\brate\b|学习率",
    "epochs": r"epochs?|rounds?|passes|轮数?",
}
_HALF = r"\bhalf (?:the|of the|as many|that)|\bhalv\w+|\bin half|砍一半|减半|一半"
_DOUBLE = r"\bdoubl\w+|\btwice (?:the|as many)|翻倍|加倍|翻一番"


def _but_for_name(args: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments for another run; it needs another name."""
    return {key: value for key, value in args.items() if key != "name"}


def known(tool: str, args: Mapping[str, Any]) -> dict[str, Any]:
    """Of some arguments, those that a tool takes."""
    from tools.catalog.registry import catalog

    return {key: value for key, value in args.items() if key in catalog()[tool].parameters}


def _takes_advice(asked: Asked) -> bool:
    """Whether a wish to train means the training that was recommended."""
    agrees = asked.reading.act in ("yes", "more")
    return agrees or bool(_POINTING.search(asked.text)) or len(asked.text.split()) <= 5

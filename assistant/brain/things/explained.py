"""What an explanation is asked of: the text or picture, and what else the message clearly holds."""

# ruff: noqa: E501 - patterns read best in one line

import re
from collections.abc import Mapping, Sequence
from typing import Any

from assistant.brain.asked import Asked
from assistant.brain.things import models, texts

PICTURE = re.compile(r"(?<![\w/])[\w.\-]+\.(?:png|jpe?g|webp|bmp|gif|tiff?)(?!\w)", re.IGNORECASE)
_BESIDE = re.compile(
    r"\b(?:compar\w+ (?:it )?(?:with|to|against)|versus|vs|side by side|beside|next to)\b|对比|相比|比较|并排|对照",
    re.IGNORECASE,
)
_MATCHED = re.compile(r"\b(?:match\w*|alike|similar\w*|likeness|passage)\b|匹配|相似|段落", re.IGNORECASE)


def explanation(asked: Asked) -> dict[str, Any]:
    """The arguments of ``explain_prediction``; those beside model and text only where they are clearly there."""
    model = models.model(asked)
    task = next((m.get("task") for m in asked.situation.models if m["name"] == _plain(model)), None)
    if task in (None, "image-classification") and (picture := _picture(asked)):
        return {"model": model, "text": picture, "versus": _versus(asked, model)}
    quotes = asked.mentions.of("quote")
    label = _label(asked) if task in (None, "text-classification") else None
    if label and len(quotes) == 2 and label in quotes:  # for the label "lost card"
        return {"model": model, "text": next(each for each in quotes if each != label), "target": label}
    if len(quotes) == 2:
        longer, shorter = sorted(quotes, key=len, reverse=True)
        # Why is "Berlin" a LOC in "Bob flew to Berlin"? (A name may be hidden in one quotation and not in the other.)
        if task == "token-classification" or shorter.casefold() in longer.casefold():
            named = shorter if task == "token-classification" else None
            return {"model": model, "text": longer, "target": named, "versus": _versus(asked, model)}
        if task == "embedding" or (task is None and _MATCHED.search(asked.outside_quotes())):
            return {"model": model, "text": quotes[0], "other": quotes[1]}
    return {"model": model, "text": _text(asked), "target": label, "versus": _versus(asked, model)}


_LABEL = re.compile(
    r"\b(?:for|toward|against|about) (?:the )?(?:label|class|category|target)(?: of)? (?:[\"'“‘](?P<quoted>[^\"'”’]+)[\"'”’]|(?P<word>[\w\-]+))"
    r"|(?:针对|对于|就|按)\s*(?:标签|类别)\s*[“「\"]?(?P<named>[A-Za-z0-9_\-]+)",
    re.IGNORECASE,
)
# What a small change does to an answer.
FLIPS = re.compile(
    r"\b(?:what|which|how)\b.{0,40}\b(?:change|edit|word|difference|differ)\w*\b.{0,40}\b(?:flip|turn|tip|alter|swing|become|make|to say|to call|to get)\w*\b"
    r"|\b(?:what|which words?|how)\b.{0,24}\b(?:would|could|can|must|has|have|need\w*)\b.{0,24}\b(?:flip|(?:to )?(?:change|be different|differ)\b.{0,60}\b(?:for|so that|before|to (?:say|get|call)))"
    r"|(?:改|换|变|去掉|删)\S{0,8}(?:才|就|能|会).{0,10}(?:翻转|变成|改变|判为|归为|预测)|(?:什么|怎样|哪些|怎么)的?(?:改动|变化|修改).{0,12}(?:翻转|改变|变成)",
    re.IGNORECASE,
)


def _label(asked: Asked) -> str | None:
    """The label that is to be explained in place of the predicted one, where it is called a label."""
    found = _LABEL.search(asked.text)
    return next((each for each in found.groups() if each), None) if found else None


# "Why did you say that?", "which passage does this answer rest on?"
_IT = r"(?:that|this|it|so|(?:(?:the|your|this|that) )?answer)"
_WHY = re.compile(
    r"\W*(?:(?:and|but|ok(?:ay)?|hm+|so|wait)\W+)*(?:"
    rf"why (?:did|do|would) you (?:say|answer|think|conclude) {_IT}"
    rf"|how (?:do|did) you (?:know|(?:come|get) (?:to|at)|arrive at)(?: {_IT})?"
    r"|(?:(?:from|on|in) )?(?:which|what) (?:passages?|documents?|sources?|sentences?|part) "
    rf"(?:(?:is|are|do|does|did|was|support\w*) )?{_IT}?[\w' ]{{0,12}}"
    r"\b(?:rests?(?: on)?|based(?: on)?|comes? from|from)"
    rf"|(?:what|where)(?:'s| is| did| does| do)? (?:you )?(?:get )?{_IT}[\w' ]{{0,8}} (?:based on|rests? on|from)"
    r")\W*|\W*(?:那|可是|嗯)?[，,]?(?:"
    r"你(?:是)?(?:怎么知道|从哪[里儿]?(?:看来|知道)|为什么这[么样](?:说|回答)|根据什么(?:这么说|回答)?)"
    r"|(?:这个|你的|上面的)?(?:回答|答案)(?:的)?(?:依据|根据)(?:是)?(?:什么|哪.{0,6})|为什么这[么样](?:说|回答)"
    r"|(?:这个)?(?:回答|答案)(?:是)?(?:依据|根据|来自|出自)哪.{0,8})(?:的|呢|吗)?\W*",
    re.IGNORECASE,
)
_CITED = re.compile(r"\[\d{1,2}\]")


def doubted(talk: Sequence[Mapping[str, Any]], asked: Asked) -> str | None:
    """The question whose answer from the documents the message asks the reasons of; None where it asks no such thing.

    Args:
        talk: the conversation, the message last.
        asked: the message.
    """
    named = any(mention.kind in ("model", "quote", "job") for mention in asked.mentions.found)
    spoken = [each for each in talk[:-1] if each["role"] != "tool" and each["content"]]
    cites = spoken and spoken[-1]["role"] == "assistant" and _CITED.search(spoken[-1]["content"])
    if named or not cites or not _WHY.fullmatch(asked.text):
        return None
    return next((str(each["content"]) for each in reversed(spoken) if each["role"] == "user"), None)


def _plain(model: str | None) -> str:
    return (model or "").partition("@")[0]


def _picture(asked: Asked) -> str | None:
    """The picture that is named."""
    files = [m.value for m in asked.mentions.found if m.kind in ("file", "quote")]
    known = [name for name in files if PICTURE.fullmatch(name)]
    said = PICTURE.search(asked.outside_quotes())
    return known[0] if known else said[0] if said else None


def _versus(asked: Asked, model: str | None) -> str | None:
    """A second model that is named, to be explained beside the first."""
    others = [name for name in asked.mentions.of("model") if name != model]
    return others[0] if others and _BESIDE.search(asked.outside_quotes()) else None


def _text(asked: Asked) -> str | None:
    """The text; a word or two before a quotation are the label that the question is about, and not it."""
    found = texts.text(asked) or asked.context.text
    quotes = [m for m in asked.mentions.found if m.kind == "quote"]
    if found and quotes and found not in asked.mentions.of("quote") and len(found.split()) <= 2:
        at = asked.text.find(found)
        behind = [m.value for m in quotes if m.start >= at + len(found) and len(m.value.split()) > 2]
        return behind[0] if at >= 0 and behind else found
    return found

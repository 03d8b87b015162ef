"""Take a message as the answer to the assistant's own question ("Which column holds the label?" — "topic")."""

# ruff: noqa: E501 - patterns and wordings read best in one line

import re
from collections.abc import Mapping
from typing import Any

from assistant.brain.arguments import Asked, dataset, job, model, models, ordinal, source
from assistant.brain.rules import rule_scores
from assistant.brain.values import (
    epochs_in,
    label_column_in,
    method_in,
    name_in,
    number,
    rate,
    rate_in,
    task_in,
    text_column_in,
    training_wishes,
)

_FILLER = re.compile(
    r"^(?:(?:(?:it'?s|it is|that'?s|that would be|the|use|take|one|i think|probably|maybe|please|called|named|column|my|our|a|an|in|on|with|from|call it|name it|should be|just|only|let'?s (?:use|take|say))\b|"
    r"用|是|叫|就|选|选择|应该是|请|那个|这个)[\s,:：]*)+",
    re.IGNORECASE,
)
_TRAILER = re.compile(
    r"[\s,]*(?:please|i think|column|field|thanks?|one|then|列|字段|这一列|那一列|吧|谢谢)*[.!?。！]*$",
    re.IGNORECASE,
)
_DROPPED = re.compile(
    r"^(?:never ?mind|forget (?:it|about it)|cancel|no thanks?|stop|nothing|算了|不用了|取消|没事)",
    re.IGNORECASE,
)


def answer_to_question(asked: Asked, scores: Mapping[str, float]) -> dict[str, Any] | None:
    """The completed arguments of the action that was waiting for an answer.

    Args:
        asked: the message; its context holds the open question.
        scores: the tools' probabilities for the message taken by itself.

    Returns:
        The arguments, or None where the message is about something else.
    """
    key = asked.context.asked
    if key is None or _DROPPED.match(asked.text.strip()) or _new_wish(asked, scores, key):
        return None
    value = _read(key, asked)
    if value in (None, "", []):
        return None
    more = training_wishes(asked.text, asked.mentions) if asked.context.tool == "finetune_model" else {}
    if key.endswith("_column"):
        more = {}  # "the one called queue" names a column, not the model
    return {**asked.context.args, **more, key: value}


def _new_wish(asked: Asked, scores: Mapping[str, float], key: str) -> bool:
    """Whether the message is a wish of its own rather than an answer."""
    top = next(iter(scores))
    if top in (asked.context.tool, "none") or key == "text":
        return key == "text" and bool(
            re.match(r"^(?:list|show|deploy|cancel)\b", asked.text.strip(), re.IGNORECASE)
        )
    words = len(re.findall(r"[A-Za-z0-9_.\-]+|[\u4e00-\u9fff]", asked.text))
    return words > 3 and rule_scores(asked.mentions.masked).get(top, 0.0) >= 3 and scores[top] > 0.6


def _read(key: str, asked: Asked) -> Any:
    text = asked.text.strip()
    if key in ("label_column", "text_column"):
        named = label_column_in(text) if key == "label_column" else text_column_in(text)
        return named or _column(text, asked)
    if key == "epochs":
        return epochs_in(text) or number(_bare(text))
    if key == "learning_rate":
        return rate_in(text) or rate(_bare(text))
    if key == "name":
        return name_in(text) or _bare(text)
    if key == "method":
        return method_in(text) or ("head" if "head" in text.lower() else None)
    if key == "task":
        return task_in(text, loose=True)
    if key == "base_model":
        return next(iter(asked.mentions.of("base") + asked.mentions.of("model")), None)
    if key == "text":
        return next(iter(asked.mentions.of("quote")), None) or text
    return _thing(key, asked)


def _thing(key: str, asked: Asked) -> Any:
    options = asked.context.options
    at = ordinal(asked.text)
    if at is not None and options and at < len(options):
        return options[at]
    readers = {"dataset": dataset, "model": model, "models": models, "job": job, "source": source}
    return readers[key](asked) if key in readers else None


def _column(text: str, asked: Asked) -> str | None:
    if quoted := asked.mentions.of("quote"):
        return quoted[0]
    word = _bare(text)
    return word if word and len(word.split()) <= 3 else None


def _bare(text: str) -> str:
    inner = _TRAILER.sub("", _FILLER.sub("", text.strip()))
    return inner.strip(" \"'“”‘’「」`") or text.strip(" .!?。！？")

"""Which model is meant, or which ones."""

import re
from collections.abc import Sequence
from typing import Any

from assistant.brain.asked import Asked
from assistant.brain.history import Context
from assistant.brain.reading import Span
from assistant.brain.situation import Situation
from assistant.brain.things.names import by_stem, nth, other, sharing_part, told_apart
from assistant.brain.values import bare

# A name nobody knows yet still is one by its form: one word of Latin letters with a digit, a joint or a capital inside.
_IDENTIFIER = re.compile(r"(?=.*[\d_\-.]|\w*[a-z][A-Z])[A-Za-z][\w.\-/]*\w|[A-Za-z]\w*\d")

_OTHER = re.compile(r"\bthe other (?:one|model)\b|另外?一个(?!文件|数据|表)", re.IGNORECASE)
_LIVE = re.compile(r"\b(?:live|deployed|online|serving)\b|上线|在线", re.IGNORECASE)
_SAME = re.compile(r"\bsame\b|同一|同样", re.IGNORECASE)


def model(asked: Asked) -> str | None:
    """The model meant: named, pointed at, spoken of, or the only one."""
    return said_model(asked) or implied_model(asked)


def said_model(asked: Asked) -> str | None:
    """The model that the message itself names, or points at."""
    names = asked.situation.model_names
    spans = asked.named_first(asked.reading.of("model"))
    if not any(map(asked.named, spans)):
        half_said = asked.mentions.of("model") or told_apart(asked.of_things(), names)
        if half_said:
            return half_said[0]
        if _OTHER.search(asked.text) and (second := other(names, asked.context.model)):
            return second
    for span in spans:
        if found := model_of(span, asked):
            return found
    return by_stem(bare(asked.text), names) if len(asked.text) <= 20 else None


def implied_model(asked: Asked) -> str | None:
    """The model that goes without saying: spoken of, or the only one."""
    names = asked.situation.model_names
    return asked.context.model or (names[0] if len(names) == 1 else None)


def model_of(span: Span, asked: Asked) -> str | None:
    """The model that a span means; None where it means none that is known."""
    situation, context = asked.situation, asked.context
    names = situation.model_names
    mention = asked.named(span)
    if mention and mention.kind in ("model", "base"):
        return mention.value
    words = bare(asked.words(span))
    if meant := by_stem(words, names):  # "the deep one" for toxfilter-deep
        return meant
    if _SAME.search(words):
        return implied_model(asked)
    if context.deployed and _LIVE.search(words):
        return context.deployed
    if span.pointer == "value":
        return words if _IDENTIFIER.fullmatch(words) else None
    pool = context.pair if len(context.pair) > 1 else names
    found = {
        "new": lambda: newest(situation, context),
        "old": lambda: names[-1] if names else None,
        "best": lambda: context.best or _ranked(context, situation, best=True),
        "worst": lambda: _worst(context, situation),
        "other": lambda: other(pool if len(pool) == 2 else names, context.model),
        "used": lambda: context.deployed or served(situation),
    }.get(span.pointer, lambda: nth(span.pointer, pool))()
    return found or implied_model(asked)


def newest(situation: Situation, context: Context) -> str | None:
    """The newest model: by its date, else the one that the conversation has trained, else by the number at the end of
    names of one stem, else the first listed.
    """
    dated = [m for m in situation.models if m.get("created_at")]
    if dated:
        return str(max(dated, key=lambda m: str(m["created_at"]))["name"])
    names = situation.model_names
    if context.tool == "finetune_model" and context.model in names:
        return context.model
    parts = {name: re.fullmatch(r"(.*?)(?:[-_ ]?v?(\d+))?", name) for name in names}
    if len(names) > 1 and len({part[1] for part in parts.values() if part}) == 1:
        return max(names, key=lambda name: int((parts[name] or [0, 0, 0])[2] or 0))
    return names[0] if names else None


def served(situation: Situation) -> str | None:
    """The model in service, where there is one only."""
    deployed = [str(m["name"]) for m in situation.models if m.get("status") == "deployed"]
    return deployed[0] if len(deployed) == 1 else None


def _quality(entry: dict[str, Any]) -> float | None:
    metrics = entry.get("metrics") or entry
    return next(
        (float(metrics[k]) for k in ("f1", "accuracy") if isinstance(metrics.get(k), int | float)), None
    )


def _ranked(context: Context, situation: Situation, best: bool) -> str | None:
    """The best or worst by what the workspace knows, among those just compared."""
    scored = [
        (_quality(m), m["name"]) for m in situation.models if not context.pair or m["name"] in context.pair
    ]
    known = sorted((score, name) for score, name in scored if score is not None)
    return known[-1 if best else 0][1] if known else None


def _worst(context: Context, situation: Situation) -> str | None:
    if context.best and len(context.pair) == 2:
        return other(context.pair, context.best)
    return _ranked(context, situation, best=False)


def models(asked: Asked) -> list[str]:
    """The models to compare: those named or pointed at, "it" with the one named, the pair spoken of, or all."""
    names, context = asked.situation.model_names, asked.context
    pointers = {span.pointer for span in asked.reading.of("model")}
    if len(context.pair) > 2 and (end := _END.search(asked.text)):
        return context.pair[-2:] if end["last"] or end["lasts"] else context.pair[:2]
    if len(context.recent) > 1 and not asked.mentions.of("model") and _THOSE_TWO.search(asked.text):
        return context.recent[-2:] if len(context.pair) < 2 else context.pair[:2]
    found = _said(asked)
    if context.tool == "compare_models" and found and _ADDS.search(asked.text):
        return list(dict.fromkeys([*context.pair, *found]))
    if len(found) >= 2:
        return found
    if len(context.recent) > 1 and not found and len(context.pair) < 2 and _TWO.search(asked.text):
        return context.recent[-2:]
    if "all" in pointers:
        return names
    sharing = [] if found else sharing_part(asked.outside_quotes(), names)  # "the two fraud ones"
    if len(sharing) > 1:
        return sharing
    if len(context.pair) > 1 and not found and (pointers & {"both", "it"} or _PLURAL.search(asked.text)):
        return context.pair
    if len(context.recent) > 1 and not found and _PLURAL.search(asked.text):
        return context.recent[-2:]
    if found:
        return _with_another(found[0], names, context.model)
    if count := _COUNT.search(asked.text):
        return names[: 3 if (count[1] or count[2]) in ("three", "3", "三") else 2]
    return names


_ADDS = re.compile(r"\b(?:add|include|plus|as well|too|also)\b|加上|也", re.IGNORECASE)
_PLURAL = re.compile(r"\b(?:them|they|those|these|both|two|pair)\b|它们|[俩两这]", re.IGNORECASE)
_END = re.compile(r"\b(?:(?P<last>last)|first) two\b|(?P<lasts>[后末])[两二]个|前[两二]个", re.IGNORECASE)
_THOSE_TWO = re.compile(r"\b(?:those|these) two\b|[这那]两个", re.IGNORECASE)
_TWO = re.compile(r"\b(?:those|these|the|both) two\b|\bboth\b|\bpair\b|[俩两]个", re.IGNORECASE)
_COUNT = re.compile(
    r"\b(?:last|latest|newest|first|recent) (two|three|2|3)\b|(?:最近|最新|前)(?:的)?(两|三)个", re.IGNORECASE
)


def _said(asked: Asked) -> list[str]:
    """The models that are named or pointed at one by one, each once."""
    if len(named := asked.mentions.of("model")) > 1:
        return named
    spans = [span for span in asked.reading.of("model") if span.pointer not in ("all", "both")]
    found = [name for span in spans if (name := model_of(span, asked))]
    if len(set(found)) < 2:
        found += asked.mentions.of("model")
    if len(set(found)) < 2:
        half_said = told_apart(asked.of_things(), asked.situation.model_names)
        found = half_said if len(half_said) > 1 else found + half_said
    return list(dict.fromkeys(found))


def _with_another(name: str, names: Sequence[str], spoken_of: str | None) -> list[str]:
    """A model and the one it must be compared with: the one spoken of, or the only other one."""
    if spoken_of and spoken_of != name:
        return [spoken_of, name]
    second = other(names, name)
    return [name, second] if second else [name]

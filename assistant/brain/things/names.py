"""Names in lists, and names that people say half."""

import re
from collections.abc import Mapping, Sequence
from typing import TypeVar

from assistant.brain.mentions import EXTENSIONS

Thing = TypeVar("Thing")

FILE = re.compile(rf".+\.(?:{EXTENSIONS})", re.IGNORECASE)
_IDLE = re.compile(
    r"^(?:the|my|our|that|this|a|an|model|classifier|tagger|one|called|named|模型|分类器|那个|这个|叫)\b\s*|\s*(?:model|classifier|tagger|filter|version|one|file|dataset|data|sheet|table|spreadsheet|csv|模型|分类器|版本?|文件|数据集?|表格?|的?[那这]个|的)$",
    re.IGNORECASE,
)


def nth(pointer: str, things: Sequence[Thing]) -> Thing | None:
    """The thing at the place that a pointer such as ``2`` or ``last`` says; None where it says none."""
    at = len(things) - 1 if pointer == "last" else int(pointer) - 1 if pointer.isdigit() else -1
    return things[at] if 0 <= at < len(things) else None


def place_said(words: str) -> str | None:
    """The place that some words count to ("the second of those", "后者"), as :func:`nth` takes it."""
    found = [(match.start(), place) for place, pattern in _PLACES.items() if (match := pattern.search(words))]
    return min(found)[1] if found else None


_PLACES = {
    "1": re.compile(
        r"\b(?:first|1st|former)\b|第[一1]|前者|头一|前面[那这]?[个一份条项]|前一[个份]", re.IGNORECASE
    ),
    "2": re.compile(r"\b(?:second|2nd)\b|第[二2]", re.IGNORECASE),
    "3": re.compile(r"\b(?:third|3rd)\b|第[三3]", re.IGNORECASE),
    "4": re.compile(r"\b(?:fourth|4th)\b|第[四4]", re.IGNORECASE),
    "last": re.compile(
        r"\b(?:latter|the last)\b|后者|最后一?[个份]|后面[那这]?[个一份条项]|后一[个份]", re.IGNORECASE
    ),
}


def other(names: Sequence[str], spoken_of: str | None) -> str | None:
    """The one of two names that was not spoken of."""
    rest = [name for name in names if name != spoken_of]
    return rest[0] if len(rest) == 1 else None


def by_stem(words: str, names: Sequence[str]) -> str | None:
    """The name that some words stand for: "the orders file" for ``orders.csv``, "spam model" for ``spam-2``."""
    kept = words
    while (shorter := _IDLE.sub("", kept).strip()) != kept:
        kept = shorter
    plain = _plain(kept)
    if not plain:
        return None
    stems = {name: _plain(name.rsplit(".", 1)[0] if FILE.fullmatch(name) else name) for name in names}
    exact = [name for name, stem in stems.items() if stem == plain]
    close = exact or [name for name, stem in stems.items() if plain in stem.split(" ")]
    close = close or [name for name, stem in stems.items() if stem.startswith(plain)]
    close = close or [name for name, stem in stems.items() if _akin(plain, stem)]
    return close[0] if len(close) == 1 or exact else None


def told_apart(text: str, names: Sequence[str]) -> list[str]:
    """The names of which a text holds a part that tells them from the others: "v1" of ``cart-v1`` and ``cart-v2``.

    Returns:
        The names in the order of their parts in the text; none where there is but one name.
    """
    parts = {name: _parts(name) for name in names}
    found = []
    for name, own in parts.items():
        telling = own.difference(*(others for other, others in parts.items() if other != name))
        places = [at for part in telling if (at := _place(part, text.lower())) is not None]
        found += [(min(places), name)] if places else []
    return [name for _, name in sorted(found)] if len(names) > 1 else []


def sharing_part(text: str, names: Sequence[str]) -> list[str]:
    """The names, some but not all, that share a part which the text holds."""
    parts = {name: _parts(name) for name in names}
    for part in dict.fromkeys(part for own in parts.values() for part in own):
        found = [name for name, own in parts.items() if part in own]
        if 1 < len(found) < len(names) and _place(part, text.lower()) is not None:
            return found
    return []


def sharing(text: str, told: Mapping[str, str]) -> str | None:
    """The thing of whose description a text repeats a word that is in no other's: "the dogs one"; None where none is.

    Args:
        text: what the user says.
        told: by name, what was said of each thing.
    """
    words = {name: _parts(said) for name, said in told.items()}
    found = []
    for name, own in words.items():
        telling = own.difference(*(others for other, others in words.items() if other != name))
        found += [(at, name) for part in telling if (at := _place(part, text.lower())) is not None]
    return min(found)[1] if found and len(told) > 1 else None


def _parts(name: str) -> set[str]:
    """The words, numbers and pairs of Chinese characters in a name."""
    plain = _plain(name.rsplit(".", 1)[0] if FILE.fullmatch(name) else name).split()
    chinese = {word[at : at + 2] for word in plain for at in range(len(word) - 1) if ord(word[0]) > 0x3400}
    return {
        word for word in plain if not _COMMON.fullmatch(word) and (len(word) > 1 or word.isdigit())
    } | chinese


def _place(part: str, text: str) -> int | None:
    """Where a text holds a part of a name: as a word, or at the beginning of a longer one."""
    if part not in text or ord(part[0]) > 0x3400:
        return text.find(part) if part in text else None
    rest = r"\w*" if len(part) > 2 and part.isalpha() else ""
    found = re.search(rf"(?<![a-z0-9]){re.escape(part)}{rest}(?![a-z0-9])", text)
    return found.start() if found else None


# Parts of names that are words of any message.
_COMMON = re.compile(
    "model|data|file|test|train|new|old|best|first|second|one|two|final|set|the|it|is|all|on|in|of|to|a|and|for|we|our|my|not|"
    "no|run|try|big|small|late|lost|fast|live|bot|base|head|full|can|be|add|tag|cat|per|app|at|as|so|do|how|what|why|now|then|with|from|case|label|text"
)


def _plain(name: str) -> str:
    return " ".join(re.findall(r"[a-z]+\d+(?![a-z\d])|[a-z]+|\d+|[\u3400-\u9fff]+", name.lower()))


def _akin(words: str, stem: str) -> bool:
    """Whether all words occur in a name, be it in the plural."""
    parts = [part.rstrip("s") for part in stem.split(" ")]
    return all(any(part.startswith(word.rstrip("s")) for part in parts) for word in words.split(" ") if word)

"""Names in lists, and names that people say half."""

# ruff: noqa: E501 - patterns read best in one line

import re
from collections.abc import Collection, Mapping, Sequence
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
    ends = {"last": len(things) - 1, "last but one": len(things) - 2}
    at = ends.get(pointer, int(pointer) - 1 if pointer.isdigit() else -1)
    return things[at] if 0 <= at < len(things) else None


def place_said(words: str) -> str | None:
    """The place that some words count to ("the second of those", "后者"), as :func:`nth` takes it."""
    found = [(match.start(), place) for place, pattern in _PLACES.items() if (match := pattern.search(words))]
    return min(found)[1] if found else None


def picked_place(words: str) -> str | None:
    """The place that a message says which picks from a list and does nothing else, be it by the bare number: "option 2"."""
    found = _BARE_PLACE.fullmatch(words.strip())
    if not found or (found["number"].lower() == "one" and not _NUMBERED_ONE.search(words)):
        return place_said(words)
    number = found["number"].lower()
    return number if number.isdigit() else str("一二三四".find(number) + 1 or _NUMBERS.index(number) + 1)


_NUMBERS = ("one", "two", "three", "four")
_BARE_PLACE = re.compile(
    r"\W*+(?:(?>okay|ok|yes|then|the|i(?:'d| would)? (?:take|choose|pick|like|want)|let'?s (?:do|take|go with)|go (?:with|for)|take|choose|pick|use"
    r"|option|plan|choice|variant|number|no\b(?=[.\s#]*\d)|那就|那|就|我?选择?|用|要|方案|选项|第)\W*+)*+"
    r"(?P<number>[1-4]|one|two|three|four|[一二三四])(?:\W*+(?>please|pls|thanks|then|吧|号|个|那|种|项))*+\W*+",
    re.IGNORECASE,
)
# "One" alone may be any of them: "no, one", "I want one".
_NUMBERED_ONE = re.compile(r"\b(?:option|plan|choice|variant|number)\W*one\b", re.IGNORECASE)
_PLACES = {
    "1": re.compile(
        r"\b(?:first|1st|former)\b|(?<!倒数)第[一1]|前者|头一|前面[那这]?[个一份条项]|前一[个份]",
        re.IGNORECASE,
    ),
    "2": re.compile(r"\b(?:second|2nd)\b(?! (?:to|from)(?: the)? last)|(?<!倒数)第[二2]", re.IGNORECASE),
    "3": re.compile(r"\b(?:third|3rd)\b|第[三3]", re.IGNORECASE),
    "4": re.compile(r"\b(?:fourth|4th)\b|第[四4]", re.IGNORECASE),
    "last": re.compile(
        r"\b(?:latter|(?<!to )(?<!from )the last(?! but one)|last one)\b|后者|最后[一那]?[个份]|倒数第[一1]|后面[那这]?[个一份条项]|后一[个份]",
        re.IGNORECASE,
    ),
    "last but one": re.compile(
        r"\b(?:second|next) (?:to|from)(?: the)? last\b|\blast but one\b|倒数第[二2]", re.IGNORECASE
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
        places = [at for part in telling if (at := _place(part, text.lower(), own)) is not None]
        found += [(min(places), name)] if places else []
    return [name for _, name in sorted(found)] if len(names) > 1 else []


def sharing_part(text: str, names: Sequence[str]) -> list[str]:
    """The names, some but not all, that share a part which the text holds."""
    parts = {name: _parts(name) for name in names}
    for part in dict.fromkeys(part for own in parts.values() for part in own):
        found = [name for name, own in parts.items() if part in own]
        if 1 < len(found) < len(names) and _place(part, text.lower(), parts[found[0]]) is not None:
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


def _place(part: str, text: str, name: Collection[str] | None = None) -> int | None:
    """Where a text holds a part of a name: as a word, or at the beginning of a longer one.

    Args:
        part: the part.
        text: the text, in lower case.
        name: all parts of the name; a small number then counts only where it is said to be one of a name, as in "the 2"
            or "orders 2", while "2 shoes" names nothing.
    """
    if part not in text or ord(part[0]) > 0x3400:
        return text.find(part) if part in text else None
    if name is not None and part.isdigit() and len(part) < 3:
        words = "|".join(re.escape(each) for each in name if not each.isdigit())
        before = rf"(?:(?<![a-z0-9])(?:{_NUMBERED}{'|' + words if words else ''})[\s_-]*|第|版本?|和|与|模型|文件|的)"
        behind = r"\s*(?:号|版|(?:one|version)\b)"
        found = re.search(rf"{before}{part}(?!\d|[.%]\d)|(?<![\d.]){part}{behind}", text)
        return found.start() if found else None
    rest = r"\w*" if len(part) > 2 and part.isalpha() else ""
    found = re.search(rf"(?<![a-z0-9]){re.escape(part)}{rest}(?![a-z0-9])", text)
    return found.start() if found else None


_NUMBERED = r"v|version|#|number|no\.?|the|model|file|dataset|classifier|run|one|and|or|vs\.?"


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

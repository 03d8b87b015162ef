"""Results of tools that read a user's real words, told again with the placeholders that stood in the arguments.

Word by word nobody sees that "Anna" is a person, and half an address is none: what is personal is known here by its
place, since it stands where a placeholder stood. Offsets are moved to the text with the placeholders. What has no
offsets, as a text that a model wrote, has whole values replaced wherever they stand.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tools.privacy.operators import PLACEHOLDER

# What a model chose from, and names of things here, are no words of the text.
NAMES = {
    "label",
    "labels",
    "target",
    "versus",
    "entity",
    "model",
    "base",
    "task",
    "method",
    "kind",
    "path",
    "picture",
}
SHORTEST = 3  # characters of a value that is looked for where it has no place; of a Chinese one, 2
_CHINESE = "\u3400-\u9fff"  # words in these are not parted


@dataclass(frozen=True)
class _Stretch:
    """A placeholder, the value it stands for, and where both begin."""

    placeholder: str
    value: str
    here: int
    there: int  # in the real text

    @property
    def end(self) -> int:
        return self.there + len(self.value)


class _Text:
    """A text with placeholders, and the places of what they stand for in the real one.

    Args:
        text: with the placeholders.
        real: gives the value of one.
    """

    def __init__(self, text: str, real: Callable[[str], str]):
        self.text = text
        self.hidden: list[_Stretch] = []
        moved = 0
        for match in PLACEHOLDER.finditer(text):
            value = real(match.group())
            if value != match.group():
                self.hidden.append(_Stretch(match.group(), value, match.start(), match.start() + moved))
                moved += len(value) - len(match.group())

    def over(self, start: int, end: int) -> list[_Stretch]:
        """What is hidden between two places of the real text."""
        return [each for each in self.hidden if each.there < end and start < each.end]

    def place(self, at: int, end: bool = False) -> int:
        """A place of the real text in this one; within something hidden its beginning or end."""
        moved = 0
        for each in self.hidden:
            if at >= each.end:
                moved = each.here + len(each.placeholder) - each.end
            elif at > each.there:
                return each.here + (len(each.placeholder) if end else 0)
        return at + moved

    def cut(self, start: int, end: int) -> str:
        """What stands here for a piece of the real text."""
        return self.text[self.place(start) : self.place(end, end=True)]

    def changed(self, changes: list[dict[str, Any]]) -> str:
        """The text with changes that have offsets of the real one; what is hidden stays."""
        whole, at = "", 0
        for each in sorted(changes, key=lambda change: change["start"]):
            if not self.over(each["start"], each["end"]):
                whole += self.text[at : self.place(each["start"])] + each["to"]
                at = self.place(each["end"])
        return " ".join((whole + self.text[at:]).split())


def told_again(result: dict[str, Any], args: dict[str, Any], real: Callable[[str], str]) -> dict[str, Any]:
    """A result of ``predict`` or ``explain_prediction`` without what the placeholders of its arguments stand for.

    Args:
        result: what the tool gave back for the real text.
        args: the arguments with placeholders.
        real: gives the value that a placeholder stands for.
    """
    text = _Text(str(args.get("text", "")), real)
    beside = _Text(str(args.get("other") or ""), real)
    if not text.hidden and not beside.hidden:
        return result
    cover = _covering([*text.hidden, *beside.hidden])
    told = {key: _told(each, beside if key == "other" else text, cover, key) for key, each in result.items()}
    return told | {"text": text.text}


def _covering(hidden: Sequence[_Stretch]) -> Callable[[str], str]:
    """Puts placeholders where whole values stand in a text of which no places are known."""
    known = {each.value.casefold(): each.placeholder for each in hidden}
    long = [value for value in known if len(value) >= SHORTEST - bool(re.match(f"[{_CHINESE}]", value))]
    values = "|".join(map(re.escape, sorted(long, key=len, reverse=True)))
    if not values:
        return lambda text: text
    words = re.compile(
        rf"{PLACEHOLDER.pattern}|(?<![^\W{_CHINESE}])(?:{values})(?![^\W{_CHINESE}])", re.IGNORECASE
    )
    return lambda text: words.sub(lambda found: known.get(found[0].casefold(), found[0]), text)


def _told(value: Any, text: _Text, cover: Callable[[str], str], key: str) -> Any:
    if isinstance(value, list):
        return _joined([_told(each, text, cover, key) for each in value])
    if isinstance(value, str):
        return value if key in NAMES else cover(value)
    if not isinstance(value, dict):
        return value
    if isinstance(value.get("changes"), list):  # the text was written anew from them
        value = value | {"text": text.changed(value["changes"])}
    fields = {name: _told(each, text, cover, name) for name, each in value.items()}
    if "tokens" in value and "text" in value:
        fields["text"] = text.text
    start, end = value.get("start"), value.get("end")
    if isinstance(start, int) and isinstance(end, int):
        fields |= {"start": text.place(start), "end": text.place(end, end=True)}
        fields |= {name: text.cut(start, end) for name in ("text", "from") if name in value}
    return fields


def _joined(found: list[Any]) -> list[Any]:
    """Words with what differs from the one before in its attribution alone, as parts of one placeholder, added up."""
    joined: list[Any] = []
    for each in found:
        last = joined[-1] if joined else None
        if isinstance(each, dict) and isinstance(last, dict) and "start" in each and _alike(each, last):
            if "attribution" in each:
                last["attribution"] = round(last["attribution"] + each["attribution"], 6)
        else:
            joined.append(each)
    return joined


def _alike(first: dict[str, Any], second: dict[str, Any]) -> bool:
    return first | {"attribution": None} == second | {"attribution": None}

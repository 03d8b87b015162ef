"""The phrase banks, and their markup taken apart.

A bank is a text file in ``banks/LANGUAGE``. A phrase is plain words with slots (``labels.SLOTS``): ``{dataset}`` is
filled with a name or a pointing phrase, ``{dataset!}`` with a name only; ``{text}`` with a text in quotation marks,
``{rawtext}`` with a bare one. ``[epochs|ten]`` is a value in words of its own, ``[model:new|the one I just trained]`` a
pointing phrase with its meaning (``labels.POINTERS``).

A line of ``exchanges`` is a moment of a talk: what the user said before (``-`` for nothing), what the assistant
answered, the tool of what is said next (``+file`` or ``+doc`` where something is attached to it), its act, its words.
"""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from assistant.brain.labels import POINTERS, SLOTS

BANKS = Path(__file__).parent / "banks"
LANGUAGES = ("en", "zh")
_MARKUP = re.compile(
    r"\{(?P<slot>\w+)(?P<only>!?)\}|\[(?P<said>\w+)(?::(?P<pointer>\w+))?\|(?P<words>[^\]]+)\]"
)
Kind = Literal["words", "slot", "said"]


@dataclass(frozen=True)
class Part:
    """A piece of a phrase.

    ``words`` stand as they are; a ``slot`` is to be filled (``only`` with a name); ``said`` are the words of a slot,
    with what they point at.
    """

    kind: Kind
    words: str = ""
    slot: str = ""
    only: bool = False
    pointer: str = "value"


class BadPhrase(ValueError):
    """A line of a bank that cannot be read."""


@cache
def parse(phrase: str) -> tuple[Part, ...]:
    """A phrase's parts.

    Raises:
        BadPhrase: it names an unknown slot or meaning, or a bracket stands alone.
    """
    parts, at = [], 0
    for found in _MARKUP.finditer(phrase):
        parts.append(_words(phrase[at : found.start()]))
        parts.append(_part(found, phrase))
        at = found.end()
    parts.append(_words(phrase[at:]))
    return tuple(part for part in parts if part.kind != "words" or part.words)


def _words(text: str) -> Part:
    if re.search(r"[{}]|\[\w+[:|]", text):
        raise BadPhrase(f"a bracket without a partner: {text}")
    return Part("words", text)


def _part(found: re.Match[str], phrase: str) -> Part:
    slot = found["slot"] or found["said"]
    pointer = found["pointer"] or "value"
    if slot not in (*SLOTS, "rawtext") or pointer not in POINTERS:
        raise BadPhrase(f"unknown slot or meaning {found[0]} in: {phrase}")
    if found["slot"]:
        return Part("slot", slot=slot, only=bool(found["only"]))
    return Part("said", found["words"], slot, pointer=pointer)


@cache
def lines(language: str, name: str) -> list[str]:
    """The lines of a bank that are not blank; an empty list where there is no such bank."""
    path = BANKS / language / f"{name}.txt"
    if not path.exists():
        return []
    return [line.strip() for line in path.read_text("utf-8").splitlines() if line.strip()]


@cache
def columns(language: str, name: str, count: int) -> list[tuple[str, ...]]:
    """The lines of a bank whose fields are divided by `` | `` (a bar inside brackets divides nothing).

    Raises:
        BadPhrase: a line has another number of fields.
    """
    rows = []
    for line in lines(language, name):
        fields = tuple(field.strip() for field in re.split(r"\s\|(?:\s|$)(?![^\[\]]*\])", line))
        if len(fields) != count:
            raise BadPhrase(f"{count} fields are wanted in {name}: {line}")
        rows.append(fields)
    return rows

"""Messages written by hand with their personal data marked, as the NER model learns from them.

A line is a message; ``[[P|Jane Doe]]`` is marked as a person, ``L`` as a place of living, ``O`` as a firm that tells
who somebody is, other keys as something else; ``\\n`` is a line break. Firms and places that tell nothing about anybody
are not marked, so what stands outside the marks is known not to be a person, and may be a firm or a place.
"""

import random
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from tools.privacy.recipe import chinese
from tools.privacy.recipe.firms import firm
from tools.privacy.recipe.names import Names
from tools.privacy.recipe.texts import CHINESE, LABEL, Text, address, person, recased

MARKED = re.compile(r"\[\[(\w+)\|(.*?)\]\](?!\])", re.DOTALL)
ASIDE_SHARE, PLACE_SHARE = 0.15, 0.5


def messages(paths: Iterable[Path], seed: int, times: int, held: bool = False) -> Iterator[Text]:
    """Each message as it is written, and then with other names in the place of those it has.

    Args:
        paths: files of marked messages.
        seed: of the draws.
        times: how often each message is given.
        held: the held-out tenth of the messages instead of the others, once each and as they are written.
    """
    names, dice = Names(seed), random.Random(seed)
    lines = [line for path in paths for line in path.read_text("utf-8").splitlines() if line]
    lines = [line.replace("\\n", "\n") for number, line in enumerate(lines) if (number % 10 == 9) is held]
    for time in range(1 if held else times):
        for line in lines:
            text = _read(line, names if time else None)
            yield recased(text, dice) if time else text


def _read(line: str, names: Names | None) -> Text:
    """A message with its spans; with other names where there are names to draw."""
    text, at, spans = "", 0, []
    for mark in MARKED.finditer(line):
        text += line[at : mark.start()]
        key, value = mark.groups()
        at = mark.end()
        if names and key in DRAWN:
            value = _like(value, DRAWN[key](value, names))
        if key in DRAWN:
            spans += [
                (len(text) + part.start(), len(text) + part.end(), LABEL["A" if key == "L" else key])
                for part in re.finditer(r"\S[^\n]*(?<!\s)", value)
            ]
        text += value
    return Text(text + line[at:], spans)


def _person(value: str, names: Names) -> str:
    if CHINESE.search(value):
        return chinese.person(names.dice) if len(value) > 1 else value
    if names.dice.random() < ASIDE_SHARE:
        return value
    if " " in value:
        return person(names)
    return names.given() if names.dice.random() < 0.7 else names.family()


def _place(value: str, names: Names) -> str:
    """Another address where the value is a whole one; parts of addresses are kept, their forms are many."""
    if names.dice.random() < PLACE_SHARE or not any(each.isdigit() for each in value):
        return value
    if CHINESE.search(value):
        return chinese.address(names.dice)
    return address(names).replace("\n", ", ") if len(value.split()) > 2 else value


def _firm(value: str, names: Names) -> str:
    if names.dice.random() < PLACE_SHARE:
        return value
    return chinese.firm(names.dice) if CHINESE.search(value) else firm(names)


def _like(old: str, new: str) -> str:
    """In small letters or capitals where the old one is."""
    return new.lower() if old.islower() else new.upper() if old.isupper() and len(old) > 3 else new


DRAWN: dict[str, Callable[[str, Names], str]] = {"P": _person, "L": _place, "O": _firm}

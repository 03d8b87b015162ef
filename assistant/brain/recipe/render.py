"""A phrase with its slots filled, written as hurried people write, and where each value stands in it."""

import random
import re
from dataclasses import dataclass
from functools import cache

from assistant.brain.recipe import names
from assistant.brain.recipe.noise import Manner, spoil
from assistant.brain.recipe.phrases import Part, columns, lines, parse
from assistant.brain.recipe.scene import Scene

POINTING = {
    "dataset": 0.35,
    "model": 0.35,
    "job": 0.35,
    "source": 0.2,
    "text": 0.08,
}  # share of pointing phrases
THINGS = ("dataset", "model", "job")


@dataclass(frozen=True)
class Slot:
    """A value in a message: character offsets, the slot, and what it points at (``value`` for the value itself)."""

    start: int
    end: int
    slot: str
    pointer: str


@dataclass(frozen=True)
class Rendered:
    """A message and its slots."""

    text: str
    slots: tuple[Slot, ...] = ()

    def after(self, opening: str, language: str) -> "Rendered":
        """The message behind other words."""
        lead = opening if language == "zh" else f"{opening} "
        slots = (Slot(s.start + len(lead), s.end + len(lead), s.slot, s.pointer) for s in self.slots)
        return Rendered(lead + self.text, tuple(slots))


@dataclass
class Piece:
    """A stretch of the message; ``fixed`` ones are values, which noise leaves alone. ``name``: the thing it names."""

    text: str
    slot: str = ""
    pointer: str = "value"
    fixed: bool = False
    name: str = ""


@cache
def references(language: str) -> dict[str, list[tuple[str, str]]]:
    """``(meaning, words)`` of the pointing phrases of each slot."""
    found: dict[str, list[tuple[str, str]]] = {}
    for key, words in columns(language, "references", 2):
        slot, _, meaning = key.partition(":")
        found.setdefault(slot, []).append((meaning, words))
    return found


def render(
    rng: random.Random, phrase: str, scene: Scene, manner: Manner | None = None, texts: str = "texts"
) -> Rendered:
    """A phrase as a message.

    Args:
        rng: where chance comes from.
        phrase: a line of a bank.
        scene: whose names are used; what the phrase names is remembered in it.
        manner: how the writer writes; as it stands in the bank where left out.
        texts: the bank that fills ``text``.
    """
    pieces: list[Piece] = []
    for part in parse(phrase):
        pieces.append(_fill(rng, part, scene, texts, [piece.name for piece in pieces]))
    if manner:
        pieces = [*_opening(rng, manner, scene.language), *pieces]
        for piece in pieces:
            if not piece.fixed:
                piece.text = spoil(rng, piece.text, manner, scene.language)
        _ending(rng, pieces, manner, scene.language)
        if manner.case == "first" and not pieces[0].fixed:
            pieces[0].text = pieces[0].text[:1].upper() + pieces[0].text[1:]
    return _join(pieces)


def _fill(rng: random.Random, part: Part, scene: Scene, texts: str, used: list[str]) -> Piece:
    if part.kind == "words":
        return Piece(part.words)
    if part.kind == "said":
        return Piece(part.words, part.slot, part.pointer)
    slot = part.slot
    if slot == "rawtext":
        return Piece(rng.choice(lines(scene.language, texts)), "text", fixed=True)
    if not part.only and rng.random() < POINTING.get(slot, 0):
        return _pointing(rng, slot, scene)
    if slot in THINGS:
        return _thing(rng, slot, scene, used)
    if slot == "source":
        return _source(rng, scene)
    if slot == "text":
        return _quotation(rng, rng.choice(lines(scene.language, texts)), scene.language)
    if slot == "base" and scene.models and rng.random() < 0.2:
        return Piece(rng.choice(scene.models), "base", fixed=True)
    if slot == "base" and not part.only and rng.random() < 0.05:
        pointing = _pointing(rng, "model", scene)
        return Piece(pointing.text, "base", pointing.pointer)
    return Piece(names.VALUES[slot](rng, scene.language), slot, fixed=True)


def _pointing(rng: random.Random, slot: str, scene: Scene) -> Piece:
    choices = references(scene.language)[slot]
    plain = [each for each in choices if each[0] in ("it", "this")]
    meaning, words = rng.choice(plain if plain and rng.random() < 0.6 else choices)
    if meaning in ("all", "both"):  # plural does not fit where one thing is meant
        meaning, words = rng.choice(plain)
    return Piece(words, slot, meaning)


def _thing(rng: random.Random, slot: str, scene: Scene, used: list[str]) -> Piece:
    name = scene.known(rng, slot, used)
    if slot == "job":
        said = names.said_job(rng, name, scene.language)
    else:
        said = names.quoted(rng, name, 0.06, names.TABLE_QUOTES)
    return Piece(said, slot, fixed=True, name=name)


def _source(rng: random.Random, scene: Scene) -> Piece:
    chance = rng.random()
    if chance < 0.3:
        return Piece(names.address(rng, scene.language), "source", fixed=True)
    if chance < 0.4:
        return Piece(names.file_name(rng, scene.language), "source", fixed=True)
    attached = [name for name in scene.files if name.rsplit(".", 1)[-1] in names.DOCUMENT_ENDINGS]
    name = attached[0] if attached else names.document_name(rng, scene.language)
    return Piece(name, "source", fixed=True)


def _quotation(rng: random.Random, text: str, language: str) -> Piece:
    marks = [mark for mark in names.TEXT_QUOTES[language] if not set(mark) & set("'\"`‘’“”「」") & set(text)]
    return Piece(rng.choice(marks or ["“{}”"]).format(text), "text", fixed=True)


def _opening(rng: random.Random, manner: Manner, language: str) -> list[Piece]:
    return (
        [Piece(rng.choice(lines(language, "openings")) + ("" if language == "zh" else " "))]
        if manner.opens
        else []
    )


def _ending(rng: random.Random, pieces: list[Piece], manner: Manner, language: str) -> None:
    """End marks and courtesies; nothing is put after a text without quotes."""
    last = pieces[-1]
    raw = last.slot == "text" and not re.search(r"[\"'”’」』»`]$", last.text)
    if raw:
        return
    if manner.closes:
        closing = rng.choice(lines(language, "closings"))
        closing = f" {closing}" if closing[0].isascii() and closing[0].isalpha() else closing
        if last.slot == "":
            last.text = last.text.rstrip("?？!！。.")
        pieces.append(Piece(closing))
    elif manner.bare:
        if last.slot == "":
            last.text = last.text.rstrip(" .!?。！？")
    elif last.slot and rng.random() < 0.3:
        pieces.append(Piece(rng.choice(".!" if language == "en" else "。！")))


def _join(pieces: list[Piece]) -> Rendered:
    text, slots = "", []
    for piece in pieces:
        if piece.slot:
            slots.append(Slot(len(text), len(text) + len(piece.text), piece.slot, piece.pointer))
        text += piece.text
    return Rendered(text, tuple(slots))

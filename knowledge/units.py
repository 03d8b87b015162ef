"""What an answer is made of: sentences, rows and lists of a passage that can stand alone."""

import re
from dataclasses import dataclass, field

from knowledge.search import Hit
from knowledge.sentences import sentences
from knowledge.words import has_cjk

_UNFINISHED = (";", ",", "\uff1b", "\uff0c", "\u3001")
_DIGIT = re.compile(r"\d")


@dataclass(frozen=True)
class Unit:
    """A sentence, table row or list with its lead-in: characters ``start`` to ``end`` of the document."""

    hit: Hit
    start: int
    end: int
    text: str
    score: float = 0.0
    cosine: float = 0.0
    evidence: dict[str, float] = field(default_factory=dict, compare=False, repr=False)


def split(hit: Hit) -> list[Unit]:
    """A passage's units: sentences, rows and items that can stand alone.

    A line that ends with a colon takes the list below it along, one that ends in the middle of a sentence (at a comma
    or semicolon) what follows, and so does what says nothing by itself: a question, a word or two ("Cause.", "Yes.").
    """
    text, base = hit.passage.text, hit.passage.start
    spans = sentences(text)
    units: list[Unit] = []
    at = 0
    while at < len(spans):
        start, end = spans[at]
        at += 1
        leads = text[start:end].rstrip("\"'").endswith((":", "\uff1a"))
        opens = True
        while at < len(spans) and spans[at][1] - start <= 450:
            piece = text[spans[at - 1][0] : end]
            if not leads and not _unfinished(piece, opens):
                break
            opens, end = _asks(piece), spans[at][1]
            at += 1
            if leads and text[end : end + 2] == "\n\n":
                break
        units.append(Unit(hit, base + start, base + end, text[start:end]))
    return units


def _unfinished(piece: str, opens: bool) -> bool:
    """True for a piece that needs the next one: it stops within a sentence, asks, or opens with a word or two."""
    if piece.endswith(_UNFINISHED) or _asks(piece):
        return True
    short = len(piece.split()) <= 2 and not has_cjk(piece) and not _DIGIT.search(piece)
    return opens and short and piece.endswith((".", "!"))


def _asks(piece: str) -> bool:
    return piece.rstrip("\"'”").endswith(("?", "\uff1f"))

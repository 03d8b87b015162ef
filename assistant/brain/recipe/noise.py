"""How people write: case, typing errors, missing marks, courtesies, Chinese spacing and punctuation."""

# ruff: noqa: E501 - a table

import random
import re
from dataclasses import dataclass

NEIGHBOURS = {
    "a": "sq", "b": "vn", "c": "xv", "d": "sf", "e": "wr", "f": "dg", "g": "fh", "h": "gj", "i": "uo", "j": "hk", "k": "jl", "l": "k",
    "m": "n", "n": "bm", "o": "ip", "p": "o", "q": "w", "r": "et", "s": "ad", "t": "ry", "u": "yi", "v": "cb", "w": "qe", "x": "zc",
    "y": "tu", "z": "x",
}  # fmt: skip
HALF = str.maketrans("，。？！：；", ",.?!:;")


@dataclass(frozen=True)
class Manner:
    """How one message is written.

    ``case``: ``same``, ``lower``, ``first`` (a capital letter at its beginning) or ``upper``. ``typos``: share of words with
    a typing error. ``bare``: without end marks. ``opens``, ``closes``: with a greeting, with a courtesy at its end.
    ``half``: Chinese with half-width marks. ``spaced``: Chinese with spaces in place of marks.
    """

    case: str = "same"
    typos: float = 0.0
    bare: bool = False
    opens: bool = False
    closes: bool = False
    half: bool = False
    spaced: bool = False


def make_manner(rng: random.Random) -> Manner:
    """Somebody's manner."""
    return Manner(
        case=rng.choices(("same", "lower", "first", "upper"), (40, 28, 30, 2))[0],
        typos=rng.choices((0.0, 0.07, 0.18), (76, 18, 6))[0],
        bare=rng.random() < 0.4,
        opens=rng.random() < 0.14,
        closes=rng.random() < 0.1,
        half=rng.random() < 0.3,
        spaced=rng.random() < 0.08,
    )


def spoil(rng: random.Random, text: str, manner: Manner, language: str) -> str:
    """Words as this manner writes them."""
    if manner.case == "lower":
        text = text.lower()
    elif manner.case == "upper":
        text = text.upper()
    if manner.typos:
        text = re.sub(r"[A-Za-z]{4,}", lambda found: _mistype(rng, found[0], manner.typos), text)
    if language == "zh":
        text = text.translate(HALF) if manner.half else text
        return re.sub(r"[，。]", " ", text) if manner.spaced else text
    if manner.bare and rng.random() < 0.5:
        text = re.sub(r"(?<=\w)'(?=(?:s|re|m|t|ll|d|ve)\b)", "", text)
    return re.sub(r"(?<=\w),(?= )", "", text) if manner.bare and rng.random() < 0.5 else text


def _mistype(rng: random.Random, word: str, share: float) -> str:
    if rng.random() > share:
        return word
    at = rng.randrange(1, len(word) - 1)
    kind = rng.randrange(4)
    if kind == 0:
        return word[:at] + word[at + 1 :]
    if kind == 1:
        return word[:at] + word[at] + word[at:]
    if kind == 2:
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return word[:at] + rng.choice(NEIGHBOURS.get(word[at].lower(), word[at])) + word[at + 1 :]

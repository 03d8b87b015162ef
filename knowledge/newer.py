"""Where documents contradict each other, the newer one wins, and the answer says so."""

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from knowledge.dates import spoken
from knowledge.words import key_terms

if TYPE_CHECKING:
    import numpy as np

    from knowledge.answer import Unit

SAME_SUBJECT = 0.55  # the cosine of two sentences that speak of the same thing
COMMON = 0.25  # the share of meaningful words that they have in common
_VALUE = re.compile(
    r"\d+(?:[.,:]\d+)*|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|twelve)\b", re.IGNORECASE
)
_CHINESE_VALUE = re.compile(r"[一二三四五六七八九十百千两]+(?=[元年月日天周个小分点英块])")


def outdated(units: "Sequence[Unit]", encode: "Callable[[list[str]], np.ndarray]") -> "dict[int, Unit]":
    """Which units a newer document contradicts: their places, and what contradicts them.

    Args:
        units: sentences that could answer, the best first.
        encode: makes vectors of texts.
    """
    dated = [
        (place, unit) for place, unit in enumerate(units) if unit.hit.passage.dated and values(unit.text)
    ]
    if len({unit.hit.passage.source for _, unit in dated}) < 2:
        return {}
    vectors = encode([unit.text for _, unit in dated])
    cosines = vectors @ vectors.T
    found: dict[int, Unit] = {}
    for row, (place, old) in enumerate(dated):
        for column, (_, new) in enumerate(dated):
            newer = old.hit.passage.dated < new.hit.passage.dated
            if newer and cosines[row, column] >= SAME_SUBJECT and _differ(old.text, new.text):
                found.setdefault(place, new)
    return found


def values(text: str) -> set[str]:
    """The numbers a text names."""
    return {each.lower() for pattern in (_VALUE, _CHINESE_VALUE) for each in pattern.findall(text)}


def _differ(old: str, new: str) -> bool:
    one, other = set(key_terms(old)), set(key_terms(new))
    words, others = ({each for each in side if not any(map(str.isdigit, each))} for side in (one, other))
    common = len(words & others) / max(min(len(words), len(others)), 1)
    return common >= COMMON and bool(values(new) - values(old))


def told(new: "Unit", old: "Unit", chinese: bool) -> str:
    """The sentence that says which document was preferred to which."""
    now, was = new.hit.passage, old.hit.passage
    if chinese:
        return f"({was.source}（{was.dated}）说法不同；以较新的 {now.source}（{now.dated}）为准。)"
    return (
        f"({was.source} of {spoken(was.dated)} says otherwise; {now.source} of {spoken(now.dated)} is newer.)"
    )

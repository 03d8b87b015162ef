"""The order of a text's strongest words, sharpened by deleting them one after the other and looking at the model.

Figures of single words do not know of one another: of two words that say the same, neither matters while the other is
there. So the order is searched greedily for what faithfulness measures, as in Zhou and Shah 2023, "The Solvability of
Interpretability Evaluation Metrics".
"""

import math
from collections.abc import Sequence
from typing import Any

from tools.explain.attribution import Asked, shares

CANDIDATES = 3  # of the strongest words that are left
SEARCHED = 0.5  # of the words: the most that faithfulness deletes
KEPT = 0.25  # what the label keeps by these words alone counts so much of what it loses without them


class _Search:
    """One text's order.

    Args:
        asked: what is explained.
        values: one a word, signed.
        tokens: how many the model may read for it.

    Attributes:
        found: the words whose place is settled, the strongest first.
        tried: the words of which one comes next; none where the search is over.
    """

    def __init__(self, asked: Asked, values: Sequence[float], tokens: int):
        self.asked, self.values, self._tokens = asked, values, tokens
        self.found: list[int] = []
        self._next()

    def _next(self) -> None:
        """Settle what needs no trial, and choose what is tried."""
        rest = [i for i in self.ranked() if i not in self.found and self.values[i] > 0]
        self.tried = rest[:CANDIDATES]
        self._tokens -= len(self.tried) * len(self.asked.reading.ids)
        over = len(self.found) >= math.ceil(SEARCHED * len(self.values))
        if over or len(self.tried) < 2 or self._tokens < 0:
            self.tried = []

    def texts(self) -> list[str]:
        """For each word that is tried the text without it and those before it, then these alone."""
        parts = [{*self.found, i} for i in self.tried]
        everything = set(range(len(self.values)))
        return [self.asked.reading.without(part) for part in (*parts, *(everything - part for part in parts))]

    def take(self, left: Sequence[float]) -> None:
        """Settle the best word.

        Args:
            left: the label's probability for each of :meth:`texts`.
        """
        lost, alone = left[: len(self.tried)], left[len(self.tried) :]
        worth = [KEPT * b - a for a, b in zip(lost, alone, strict=True)]
        self.found.append(self.tried[worth.index(max(worth))])
        self._next()

    def ranked(self) -> list[int]:
        """All words: first those that were found, then the others as they were."""
        rest = sorted(range(len(self.values)), key=lambda i: -self.values[i])
        return [*self.found, *(i for i in rest if i not in self.found)]

    def sharpened(self) -> list[float]:
        """The same values, handed out in the order that was found; no word's sign changes."""
        out = [0.0] * len(self.values)
        for i, value in zip(self.ranked(), sorted(self.values, reverse=True), strict=True):
            out[i] = value
        return out


def sharpened(
    model: Any, asked: Sequence[Asked], values: Sequence[Sequence[float]], tokens: Sequence[int]
) -> list[list[float]]:
    """Values in the order that deleting words shows to be the best one; all texts are tried together.

    Args:
        model: anything with ``predict_proba``.
        asked: n texts.
        values: of each one's words, signed.
        tokens: how many the model may read for each.
    """
    searches = [_Search(*each) for each in zip(asked, values, tokens, strict=True)]
    while waiting := [each for each in searches if each.tried]:
        left = shares(model, [each.texts() for each in waiting], [each.asked for each in waiting])
        for each, found in zip(waiting, left, strict=True):
            each.take(found)
    return [each.sharpened() for each in searches]

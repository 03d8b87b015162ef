"""Pairs of a question and the passage that answers it, with one that does not, parted by document."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from knowledge.questions import same
from knowledge.records import Passage
from knowledge.remembering import Remembering
from knowledge.store import Store
from knowledge.vectors import Vectors

if TYPE_CHECKING:
    import numpy as np

HELD_OUT = 0.2  # of the documents; their questions are never learned from
ALIKE = 0.9  # the cosine from which two passages say the same, so that the one is not wrong where the other is right
NEAR = 20  # passages among which a wrong one is looked for
OFTEN = 3  # times that a pair which people have given is shown, each time with another wrong passage
PEOPLE = ("thumb", "example")


@dataclass(frozen=True)
class Pair:
    """A question, the passage that answers it, and where the pair comes from.

    ``origin`` is ``thumb`` or ``example`` (people), ``heading``, ``row`` or ``sentence`` (:mod:`knowledge.questions`).
    ``wrong`` are passages that people have called no answer to it.
    """

    question: str
    passage: Passage
    origin: str
    wrong: tuple[Passage, ...] = ()

    def row(self) -> dict[str, Any]:
        """The pair as a line of a file."""
        told = {"anchor": self.question, "positive": self.passage.encoded}
        return told | {"source": self.passage.source, "from": self.origin}


def part(pairs: Sequence[Pair], seed: int) -> tuple[list[Pair], list[Pair]]:
    """Pairs to learn from and to measure on: no document and no question is on both sides.

    Args:
        pairs: each question and passage once; of repetitions the first is kept.
        seed: of the choice of documents.
    """
    sources = sorted({each.passage.source for each in pairs})
    random.Random(seed).shuffle(sources)
    kept = set(sources[: max(1, round(HELD_OUT * len(sources)))] if len(sources) > 1 else [])
    once = {(same(each.question), each.passage.encoded): each for each in reversed(pairs)}
    distinct = list(reversed(once.values()))
    held = [each for each in distinct if each.passage.source in kept]
    asked = {same(each.question) for each in held}
    train = [
        each for each in distinct if each.passage.source not in kept and same(each.question) not in asked
    ]
    return train, held


class Wrong:
    """Finds for each pair to learn from a passage that looks like the answer and is none.

    Args:
        store: of the base.
        vectors: of the base.
        encoder: the base's.
        train: the pairs; wrong passages come from their documents alone.
    """

    def __init__(self, store: Store, vectors: Vectors, encoder: Remembering, train: Sequence[Pair]):
        self._store, self._vectors, self._encoder = store, vectors, encoder
        self._sources = {each.passage.source for each in train}
        self._right: dict[str, set[int]] = {}
        for each in train:
            self._right.setdefault(same(each.question), set()).add(each.passage.id)

    def rows(self, pair: Pair) -> list[dict[str, Any]]:
        """The pair as lines of the file that fine-tuning reads, each with another wrong passage; people's go first."""
        most = OFTEN if pair.origin in PEOPLE else 1
        wrong = list(dict.fromkeys(each.encoded for each in (*pair.wrong, *self._near(pair))))[:most]
        return [pair.row() | {"negative": each} for each in wrong] or [pair.row() | {"negative": None}]

    def _near(self, pair: Pair) -> list[Passage]:
        vector: np.ndarray = self._encoder.encode([pair.question])[0]
        ids = [each for each, _ in self._vectors.search(vector, NEAR)]
        there = self._store.passages(ids)
        right = self._right.get(same(pair.question), set())
        fitting = [
            each
            for each in ids
            if each in there and each not in right and there[each].source in self._sources
        ]
        if not fitting:
            return []
        cosines = self._vectors.of(fitting) @ self._vectors.of([pair.passage.id])[0]
        return [there[each] for each, cosine in zip(fitting, cosines, strict=True) if cosine < ALIKE]

"""Counts over a stream of values in bounded memory, exact until they grow large."""

import random
import re
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from typing import Any

INTEGER = re.compile(r"[-+]?\d+")
NUMBER = re.compile(r"[-+]?(\d+[.,]?\d*|[.,]\d+)([eE][-+]?\d+)?")
DATE = re.compile(r"(\d{4}[-/.]\d\d?[-/.]\d\d?|\d\d?[-/.]\d\d?[-/.]\d{4})([T ]\d\d?:\d\d.*)?")
CODE = re.compile(r"[A-Za-z]{1,6}[-_]?\d{1,8}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
BOOLEANS = frozenset({"true", "false", "yes", "no"})


class Distinct:
    """How many different values a stream holds, and how many are repeats.

    Wegman's adaptive sampling: keep the values whose hash ends in k zero bits, and raise k whenever more than
    ``room`` are kept. Exact while k is 0; afterwards within about 1 / sqrt(room / 2).
    Source: P. Flajolet, "On adaptive sampling", Computing 43 (1990).
    """

    def __init__(self, room: int = 300_000):
        self.room, self.bits = room, 0
        self.kept: dict[int, int] = {}

    def add(self, values: Iterable[Hashable]) -> None:
        """Take in some values."""
        for value, times in Counter(values).items():
            self._add(hash(value), times)

    def _add(self, number: int, times: int) -> None:
        if number & ((1 << self.bits) - 1):
            return
        self.kept[number] = self.kept.get(number, 0) + times
        while len(self.kept) > self.room:
            self.bits += 1
            mask = (1 << self.bits) - 1
            self.kept = {key: count for key, count in self.kept.items() if not key & mask}

    @property
    def exact(self) -> bool:
        """False once the counts are estimates."""
        return self.bits == 0

    @property
    def repeats(self) -> int:
        """Values that came before."""
        return sum(count - 1 for count in self.kept.values()) << self.bits

    def unique(self, total: int) -> int:
        """Different values among ``total`` that were added."""
        if self.exact:
            return len(self.kept)
        return total if self.repeats == 0 else min(total, len(self.kept) << self.bits)


class Reservoir:
    """A fair sample of a stream (Vitter's algorithm L in its simplest form, seeded)."""

    def __init__(self, size: int, seed: int = 42):
        self.size, self.seen = size, 0
        self.items: list[Any] = []
        self._dice = random.Random(seed)

    def add(self, item: Any) -> None:
        """Take in one item."""
        self.seen += 1
        if len(self.items) < self.size:
            self.items.append(item)
            return
        place = int(self._dice.random() * self.seen)
        if place < self.size:
            self.items[place] = item


def column_type(values: Sequence[Any], distinct: int) -> str:
    """A column's type in a word: integer, number, boolean, date, id, category, text, list, object or empty.

    Args:
        values: a sample without missing cells.
        distinct: different values in the whole column.
    """
    if not values:
        return "empty"
    if isinstance(values[0], list | dict):
        return "list" if isinstance(values[0], list) else "object"
    texts = [str(value) for value in values]
    if {text.casefold() for text in texts} <= BOOLEANS:
        return "boolean"
    for name, pattern in (("integer", INTEGER), ("number", NUMBER), ("date", DATE)):
        if all(pattern.fullmatch(text) for text in texts):
            return name
    if distinct > 0.9 * len(values) and all(CODE.fullmatch(text) for text in texts):
        return "id"
    short = sum(len(text.split()) for text in texts) / len(texts) < 6
    sample_distinct = len(set(texts))
    return "category" if short and min(distinct, sample_distinct) <= len(texts) / 2 else "text"

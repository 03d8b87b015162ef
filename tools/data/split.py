"""Split labelled rows into training, validation and test: stratified, seeded, and never a duplicate on two sides."""

import random
from collections import defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tools.errors import BadArgument

if TYPE_CHECKING:
    import numpy

FRACTIONS = (0.8, 0.1, 0.1)


@dataclass(frozen=True)
class Split:
    """Row numbers (int64 arrays, sorted) of the three parts; each row is in exactly one."""

    train: "numpy.ndarray"
    validation: "numpy.ndarray"
    test: "numpy.ndarray"


def split(
    texts: Sequence[str],
    labels: Sequence[Hashable] | None = None,
    seed: int = 42,
    fractions: tuple[float, float, float] = FRACTIONS,
) -> Split:
    """Split rows so that every label is spread over the parts.

    Texts that are the same but for capitals and spaces stay together, so that no test row was seen in training. A
    label with one distinct text goes to training; with two to four it is trained on and tested; from five on it is in
    all three parts (of those whose fraction is not zero).

    Args:
        texts: n texts.
        labels: n labels; one stratum where left out.
        seed: the same seed gives the same split.
        fractions: shares of train, validation and test; they sum to 1.

    Raises:
        BadArgument: fractions that make no sense, or labels of another length.
    """
    if len(fractions) != 3 or min(fractions) < 0 or abs(sum(fractions) - 1) > 1e-6 or fractions[0] == 0:
        raise BadArgument(
            "The fractions of a split must be three shares that sum to 1.", "For example 0.8, 0.1, 0.1."
        )
    if labels is not None and len(labels) != len(texts):
        raise BadArgument(f"There are {len(texts)} texts but {len(labels)} labels.", "Give one label a text.")
    parts: tuple[list[list[int]], list[list[int]], list[list[int]]] = ([], [], [])
    dice = random.Random(seed)
    for groups in _strata(texts, labels):
        dice.shuffle(groups)
        tests, validations = _shares(len(groups), fractions)
        parts[2].extend(groups[:tests])
        parts[1].extend(groups[tests : tests + validations])
        parts[0].extend(groups[tests + validations :])
    if fractions[1] and not parts[1] and len(parts[0]) > 2:
        parts[1].append(parts[0].pop(dice.randrange(len(parts[0]))))
    return Split(*(_rows(part) for part in parts))


def _strata(texts: Sequence[str], labels: Sequence[Hashable] | None) -> list[list[list[int]]]:
    """For each label its groups of rows with the same text (a group counts under its first row's label)."""
    groups: dict[str, list[int]] = defaultdict(list)
    for row, text in enumerate(texts):
        groups[" ".join(str(text).casefold().split())].append(row)
    strata: dict[Hashable, list[list[int]]] = defaultdict(list)
    for rows in groups.values():
        strata[None if labels is None else labels[rows[0]]].append(rows)
    return list(strata.values())


def _shares(count: int, fractions: tuple[float, float, float]) -> tuple[int, int]:
    """How many of ``count`` groups go to test and to validation; training keeps at least one."""
    tests = max(round(count * fractions[2]), 1 if count >= 2 else 0) if fractions[2] else 0
    validations = max(round(count * fractions[1]), 1 if count >= 5 else 0) if fractions[1] else 0
    tests = min(tests, count - 1)
    return tests, min(validations, count - 1 - tests)


def _rows(groups: list[list[int]]) -> "numpy.ndarray":
    import numpy

    return numpy.array(sorted(row for group in groups for row in group), dtype=numpy.int64)

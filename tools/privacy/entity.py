"""What the redactor finds: typed spans of a text, and which of two that overlap wins."""

from bisect import bisect_right, insort
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any

# Guesses about words; everything else is recognized by its form and wins over these.
WORDS = {"PERSON", "LOCATION", "ORGANIZATION", "TITLE", "NRP"}


@dataclass(frozen=True)
class Entity:
    """Personal data in a text.

    ``start`` and ``end`` are character offsets, ``score`` is 0..1 and ``entity_type`` a name in Presidio's manner.
    """

    entity_type: str
    start: int
    end: int
    score: float

    def as_dict(self) -> dict[str, Any]:
        """The shape of the public contract."""
        return asdict(self)


def resolve(entities: Iterable[Entity], protected: Iterable[tuple[int, int]] = ()) -> list[Entity]:
    """Entities that do not overlap, in the order of the text.

    Types with a form (cards, phones, …) win over guesses about words, then the surer and the longer win. A loser keeps
    what sticks out, so that no character that anybody found is let through.

    Args:
        entities: what the recognizers found, in any order.
        protected: spans that no entity may touch (placeholders, allowed names).
    """
    order = sorted(entities, key=lambda e: (e.entity_type in WORDS, -e.score, e.start - e.end, e.start))
    taken = _merged(protected)
    kept: list[Entity] = []
    for entity in order:
        for part in _outside(entity, taken):
            kept.append(part)
            insort(taken, (part.start, part.end))
    return sorted(kept, key=lambda e: e.start)


def _merged(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _outside(entity: Entity, taken: list[tuple[int, int]]) -> list[Entity]:
    """What of an entity lies outside the taken spans, which are in order and do not overlap."""
    parts, at = [], entity.start
    place = max(0, bisect_right(taken, (entity.start, entity.start)) - 1)
    while place < len(taken) and taken[place][0] < entity.end:
        start, end = taken[place]
        if at < start:
            parts.append(replace(entity, start=at, end=start))
        at = max(at, end)
        place += 1
    if at < entity.end:
        parts.append(replace(entity, start=at))
    return parts

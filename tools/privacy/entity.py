"""What the redactor finds: typed spans of a text, and which of two that overlap wins."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any

# Guesses about words; everything else is recognized by its form and wins over these.
WORDS = {"PERSON", "LOCATION"}


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
    taken: list[tuple[int, int]] = sorted(protected)
    kept: list[Entity] = []
    for entity in order:
        parts = _outside(entity, taken)
        kept.extend(parts)
        taken.extend((part.start, part.end) for part in parts)
    return sorted(kept, key=lambda e: e.start)


def _outside(entity: Entity, taken: list[tuple[int, int]]) -> list[Entity]:
    parts = [(entity.start, entity.end)]
    for start, end in taken:
        if end <= entity.start or start >= entity.end:
            continue
        parts = [
            (left, right)
            for a, b in parts
            for left, right in ((a, min(b, start)), (max(a, end), b))
            if left < right
        ]
    return [replace(entity, start=a, end=b) for a, b in parts]

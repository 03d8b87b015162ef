"""How well passages are found for questions whose passage is known, among all passages of a base."""

from collections.abc import Callable, Sequence
from typing import Any

from knowledge.base import KnowledgeBase

FEWEST = 10  # questions below which it is chance what is found
DEPTH = 20  # results looked at; a passage further down counts as not found
Ranks = dict[
    str, list[int]
]  # by way of searching, the place of each question's passage from 1 on, 0: not found


def ranks(
    base: KnowledgeBase, rows: Sequence[dict[str, Any]], told: Callable[[int], None] = lambda done: None
) -> Ranks:
    """Where the right passages are found.

    Args:
        base: with the encoder that is to be measured.
        rows: with ``anchor``, the question, and ``positive``, the passage as it was encoded.
        told: called with the number of questions that are done.

    Returns:
        ``vectors``: among all passages by their vectors alone; ``search``: as searches do, together with the words.
    """
    found: Ranks = {"vectors": [], "search": []}
    for done, row in enumerate(rows):
        told(done)
        question, searcher = row["anchor"], base.searcher
        near = base.retriever.near(question, DEPTH)
        if near is None:
            vector = searcher.encoder.encode([question])[0]
            near = [each for each, _ in base.vectors.search(vector, DEPTH)]
        passages = base.store.passages(near)
        texts = [passages[each].encoded for each in near if each in passages]
        found["vectors"].append(_place(row["positive"], texts))
        hits = searcher.search(question, DEPTH)
        found["search"].append(_place(row["positive"], [hit.passage.encoded for hit in hits]))
    return found


def figures(found: Ranks) -> dict[str, Any]:
    """Ranks in numbers: the share found first and among the first five, and the mean reciprocal rank."""
    return {name: _figures(places) for name, places in found.items()} | {"rows": len(found["search"])}


def better(before: Ranks, after: Ranks) -> bool:
    """Whether searches find more: no less by words and vectors together, and in one way clearly more.

    Clearly means that the mean reciprocal rank rises by more than the standard error of that rise, and that there are
    :data:`FEWEST` questions.
    """
    if len(before["search"]) < FEWEST:
        return False
    rises = {name: _rise(before[name], after[name]) for name in before}
    return rises["search"][0] >= 0 and any(rise > max(error, 1e-9) for rise, error in rises.values())


def _rise(before: list[int], after: list[int]) -> tuple[float, float]:
    """By how much the mean reciprocal rank rises, and the standard error of that."""
    changes = [_reciprocal(new) - _reciprocal(old) for old, new in zip(before, after, strict=True)]
    mean = sum(changes) / len(changes)
    spread = sum((each - mean) ** 2 for each in changes) / max(len(changes) - 1, 1)
    return mean, (spread / len(changes)) ** 0.5


def _place(wanted: str, texts: list[str]) -> int:
    return texts.index(wanted) + 1 if wanted in texts else 0


def _reciprocal(place: int) -> float:
    return 1 / place if place else 0.0


def _figures(places: list[int]) -> dict[str, float]:
    return {
        "recall@1": round(sum(place == 1 for place in places) / len(places), 4),
        "recall@5": round(sum(1 <= place <= 5 for place in places) / len(places), 4),
        "mrr": round(sum(map(_reciprocal, places)) / len(places), 4),
    }

"""Hybrid retrieval: BM25 and vectors, fused by reciprocal rank."""

from dataclasses import dataclass

from knowledge.filters import Filters
from knowledge.made_with import check
from knowledge.records import Passage
from knowledge.remembering import Remembering
from knowledge.retriever import Retriever
from knowledge.store import EVERYTHING, Store
from knowledge.vectors import Vectors
from knowledge.words import key_terms, terms

DEPTH = 40  # how far down each ranking the fusion looks
SMOOTHING = 20  # the k of reciprocal rank fusion; small, since each half is usually right at once


@dataclass(frozen=True)
class Hit:
    """A passage found. ``score`` orders the hits, 0 to 1; ``cosine`` is its likeness to the question."""

    passage: Passage
    score: float
    cosine: float


class Searcher:
    """Finds passages for questions.

    Args:
        store: the documents.
        vectors: the passages' by the base's own encoder.
        encoder: that one.
        retriever: a trained encoder, which says in its place what passages are near a question.
    """

    def __init__(
        self, store: Store, vectors: Vectors, encoder: Remembering, retriever: Retriever | None = None
    ):
        self.store, self.vectors, self.encoder, self.retriever = store, vectors, encoder, retriever

    def search(self, query: str, k: int, visitor: bool = False, filters: Filters = EVERYTHING) -> list[Hit]:
        """The best passages for a question.

        Args:
            query: a question or words.
            k: how many at most.
            visitor: published documents only.
            filters: which documents.

        Raises:
            IndexDamaged: another encoder made the vectors.
        """
        if not query.strip() or k < 1:
            return []
        check(self.store, self.encoder.encoder)
        depth = max(DEPTH, 2 * k)
        vector = self.encoder.encode([query])[0]
        near = self._tuned(query, depth, visitor, filters)
        known = dict(self.vectors.search(vector, depth, visitor, filters)) if near is None else {}
        worded = self.store.match(as_query(query), depth, visitor, filters) if as_query(query) else []
        fused = _fuse(list(known) if near is None else near, worded)
        best = sorted(fused, key=lambda each: -fused[each])[: k * 2]
        found = self.store.passages(best, visitor)
        cosines = known | self._cosines([each for each in best if each in found], known, vector)
        top = 2 / (SMOOTHING + 1)
        hits = [
            Hit(found[each], fused[each] / top, cosines[each])
            for each in best
            if each in found and each in cosines
        ]
        return _without_twins(hits)[:k]

    def state(self) -> int | None:
        """A number that changes with the documents.

        None where a trained encoder finds passages: its vectors come by and by.
        """
        return None if self.retriever and self.retriever.in_service() else self.store.changes()

    def _tuned(self, query: str, limit: int, visitor: bool, filters: Filters) -> list[int] | None:
        return self.retriever.near(query, limit, visitor, filters) if self.retriever else None

    def _cosines(self, ids: list[int], known: dict[int, float], vector) -> dict[int, float]:
        missing = [each for each in ids if each not in known]
        found = self.store.vectors(missing)
        missing = [each for each in missing if each in found]
        if not missing:
            return {}
        values = self.vectors.of(missing) @ vector
        return dict(zip(missing, map(float, values), strict=True))


def as_query(query: str) -> str:
    """An FTS5 query: any of the question's meaningful words."""
    wanted = key_terms(query) or terms(query)
    return " OR ".join(f'"{term}"' for term in wanted[:64])


def _fuse(*rankings: list[int]) -> dict[int, float]:
    scores: dict[int, float] = {}
    for ranking in rankings:
        for place, each in enumerate(ranking):
            scores[each] = scores.get(each, 0.0) + 1 / (SMOOTHING + place + 1)
    return scores


def _without_twins(hits: list[Hit]) -> list[Hit]:
    """Hits without passages that say word for word what a better one says."""
    kept: dict[str, Hit] = {}
    for hit in hits:
        kept.setdefault(" ".join(hit.passage.text.lower().split()), hit)
    return list(kept.values())

"""Search results ordered by their best sentences, where a base is small enough for that.

A passage of a hundred words about several things is like a question only as a whole; its best sentence tells better
whether it answers. Weighing sentences takes their vectors, which a small base has in memory after a while
(:class:`knowledge.remembering.Remembering`); in a large one nearly every search would have to encode a hundred of them.
"""

from dataclasses import replace

from knowledge.answer import PASSAGES, Answerer
from knowledge.confidence import take_apart
from knowledge.filters import Filters
from knowledge.search import Hit
from knowledge.store import EVERYTHING

SMALL = 1_000  # passages; their sentences fit into what the encoder remembers


def ranked(
    answerer: Answerer, query: str, k: int, visitor: bool = False, filters: Filters = EVERYTHING
) -> list[Hit]:
    """The best passages for a question or words, as :meth:`knowledge.search.Searcher.search` finds them.

    In a base of at most :data:`SMALL` passages those that hold the likeliest sentence come first; a hit's score is then
    that likelihood, 0 for passages further down than an answer reads.

    Args:
        answerer: of the base.
        query: the words.
        k: how many at most.
        visitor: published documents only.
        filters: which documents.
    """
    searcher = answerer.searcher
    if not query.strip() or k < 1 or searcher.store.count(visitor)[1] > SMALL:
        return searcher.search(query, k, visitor, filters)
    asked = take_apart(query, searcher.store, visitor)
    hits = searcher.search(asked.text, max(k, PASSAGES), visitor, filters)
    best: dict[int, float] = {}
    for unit in answerer.weigh(asked, hits[:PASSAGES]):
        best[unit.hit.passage.id] = max(best.get(unit.hit.passage.id, 0.0), unit.score)
    scored = [replace(hit, score=best.get(hit.passage.id, 0.0)) for hit in hits]
    return sorted(scored, key=lambda hit: -hit.score)[:k]

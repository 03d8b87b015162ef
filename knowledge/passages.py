"""The passages that a model writes its own answer from: numbered, so that its sentences can cite them."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from knowledge.answer import rewrite
from knowledge.impersonal import impersonal
from knowledge.ranked import ranked
from knowledge.search import Hit

if TYPE_CHECKING:
    from knowledge.base import KnowledgeBase

MOST = 8  # passages
ROOM = 8_000  # bytes of all together, as JSON; models' windows, and results of tools are shortened above that


def numbered(
    base: "KnowledgeBase",
    question: str,
    history: Sequence[str] = (),
    visitor: bool = False,
    quoted: Sequence[str] = (),
) -> list[dict[str, Any]]:
    """The best passages for a question.

    Args:
        base: the documents.
        question: as the user or the model puts it.
        history: the user's earlier questions, oldest first.
        visitor: published documents only, redacted.
        quoted: ids of passages that come first, in this order.

    Returns:
        ``number``, ``source``, ``title``, ``heading`` (title and headings above it), ``text``, ``score``, ``start`` and
        ``end`` in the document, ``passage`` (its id) of each, best first.
    """
    alone = rewrite(impersonal(question), [impersonal(each) for each in history])
    found: list[dict[str, Any]] = []
    room = ROOM
    hits = {hit.passage.id: hit for hit in ranked(base.answerer, alone, MOST, visitor)}
    first = [int(each) for each in dict.fromkeys(quoted)]
    known = base.store.passages([each for each in first if each not in hits], visitor)
    hits |= {each: Hit(passage, 1.0, 1.0) for each, passage in known.items()}
    order = [each for each in [*first, *(each for each in hits if each not in first)] if each in hits]
    for number, hit in enumerate((hits[each] for each in order), 1):
        passage = hit.passage
        each = {
            "number": number,
            "source": passage.source,
            "title": passage.title,
            "heading": passage.context,
            "text": passage.text,
            "score": round(hit.score, 4),
            "start": passage.start,
            "end": passage.end,
            "passage": str(passage.id),
            **passage.page(),
        }
        room -= len(json.dumps(each, ensure_ascii=False).encode())
        if found and room < 0:
            break
        found.append(each)
    return found

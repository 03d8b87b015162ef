"""What the retriever learns from: judged answers and made-up questions, as pairs in the files that training reads.

A thumb up pairs the question with the passage that its answer begins with, an example (put right or not) with the
passage its words stand in; a thumb down says of that passage that it is wrong for that question. Where opinions differ
the majority counts. Questions that only continue a conversation say too little alone and are left out.
"""

import json
import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from knowledge.answer import rewrite
from knowledge.base import KnowledgeBase
from knowledge.filters import Filters
from knowledge.impersonal import impersonal
from knowledge.pairs import PEOPLE, Pair, Wrong, part
from knowledge.placed import place
from knowledge.questions import made_up, same
from knowledge.records import Passage
from knowledge.store import Store
from tools.errors import BadData

MADE_UP = 1_000  # questions made from the documents, at most: training on so many takes minutes
LEAST = 8  # pairs to learn from; the embedding task asks for so many


@dataclass(frozen=True)
class Material:
    """What :func:`learning_material` found: rows to learn from, rows to measure on, and their numbers."""

    train: list[dict[str, Any]]
    held_out: list[dict[str, Any]]
    told: dict[str, Any]


def learning_material(
    base: KnowledgeBase, judged: Sequence[dict[str, Any]], internal: bool = False, seed: int = 42
) -> Material:
    """Pairs from judged answers and from the documents, parted by document.

    Args:
        base: the team's documents.
        judged: rows as :meth:`assistant.workspace.feedback.Feedback.judged` gives them.
        internal: also from documents that only the team reads. Without it, no document that visitors may not see has
            any influence on what they find.
        seed: of the split and of the made-up questions.

    Raises:
        BadData: the documents do not give enough.
    """
    filters = Filters() if internal else Filters(visibility="published")
    people, unused = _of_people(base.store, judged, filters)
    made = [
        Pair(each.text, each.passage, each.origin) for each in made_up(_some(base.store, filters, seed), seed)
    ]
    if len(made) > MADE_UP:
        made = [made[at] for at in sorted(random.Random(seed).sample(range(len(made)), MADE_UP))]
    train, held = part([*people, *made], seed)
    if len(train) < LEAST or not held:
        raise BadData(
            f"The documents give {len(train)} pairs to learn from and {len(held)} to measure on.",
            f"Add more documents{'' if internal else ', or take internal ones too: --internal'}.",
        )
    wrong = Wrong(base.store, base.vectors, base.searcher.encoder, train)
    both = [*train, *held]
    told = {
        "pairs": len(train),
        "held_out": len(held),
        "documents": len({each.passage.source for each in both}),
        "documents_held_out": len({each.passage.source for each in held}),
        "from": dict(Counter(each.origin for each in both)),
        "people_held_out": sum(each.origin in PEOPLE for each in held),
        "judged": len(judged),
        "unused": unused,
        "internal": internal,
    }
    return Material([row for each in train for row in wrong.rows(each)], [each.row() for each in held], told)


def lines(rows: Iterable[dict[str, Any]]) -> str:
    """Rows as JSON lines."""
    return "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows)


def _of_people(store: Store, judged: Sequence[dict[str, Any]], filters: Filters) -> tuple[list[Pair], int]:
    """The pairs that people have given, and how many of their judgements could not be used."""
    found = []
    for row in judged:
        question = impersonal(row["question"] or "")
        if _alone(question) and _tells(row) and (passage := place(row["answer"] or "", store, filters)):
            found.append((row, question, passage))
    votes: Counter[tuple[str, Passage]] = Counter()
    for row, question, passage in found:
        votes[same(question), passage] += 1 if row["example"] or row["good"] else -1
    examples = {(same(question), passage) for row, question, passage in found if row["example"]}
    wrong: dict[str, list[Passage]] = {}
    for (asked, passage), sum_ in votes.items():
        wrong.setdefault(asked, []).extend([passage] if sum_ < 0 else [])
    words = {same(question): question for _, question, _ in reversed(found)}
    pairs = [
        Pair(
            words[asked], passage, "example" if (asked, passage) in examples else "thumb", tuple(wrong[asked])
        )
        for (asked, passage), sum_ in votes.items()
        if sum_ > 0
    ]
    answered = {same(each.question) for each in pairs}
    return pairs, len(judged) - sum(same(question) in answered for _, question, _ in found)


def _alone(question: str) -> bool:
    """Whether a question can be understood without the one before it."""
    return bool(question.strip()) and rewrite(question, ["?"]) == question


def _tells(row: dict[str, Any]) -> bool:
    """Whether a judgement is one of an answer from the documents: it cites them, or a person has written it."""
    return bool(row["example"]) or (row["good"] is not None and "[1]" in (row["answer"] or ""))


def _some(store: Store, filters: Filters, seed: int) -> list[Passage]:
    """The passages of whole documents, all of them or as many as will do."""
    sources = sorted(
        each["source"]
        for each in store.documents()
        if not filters.visibility or each["visibility"] == filters.visibility
    )
    random.Random(seed).shuffle(sources)
    found: list[Passage] = []
    for source in sources:
        found += [each for each in store.passages_of(source) if each.source == source]
        if len(found) >= MADE_UP:
            break
    return found

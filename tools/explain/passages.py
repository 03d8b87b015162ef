"""On which passages an answer from the knowledge base rests: each is taken away, and the question answered again."""

import random
from collections.abc import Callable, Sequence, Set
from statistics import mean
from typing import Any

from knowledge.answer import SURE, Answerer
from knowledge.confidence import Asked, take_apart
from knowledge.filters import Filters
from knowledge.follow_up import readings
from knowledge.impersonal import impersonal
from knowledge.records import Passage
from knowledge.rules import Rule, Rules
from knowledge.search import Hit, Searcher
from knowledge.store import EVERYTHING, Store
from tools.errors import BadArgument
from tools.explain.likeness import matched_words
from tools.wanted import still_wanted

RANDOM_SETS = 3  # of passages, beside those that an answer rests on


class _Store:
    """A store that does not hold some passages: neither are they found, nor do the rules in them answer.

    Args:
        store: the real one.
        gone: the ids of the passages.
    """

    def __init__(self, store: Store, gone: Set[int]):
        self._store, self._gone = store, gone

    def passages(self, *given: Any, **named: Any) -> dict[int, Passage]:
        """The other passages."""
        found = self._store.passages(*given, **named)
        return {id_: passage for id_, passage in found.items() if id_ not in self._gone}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


class _Only:
    """A searcher that finds nothing but some passages.

    Args:
        searcher: the real one.
        kept: the ids of the passages.
    """

    def __init__(self, searcher: Searcher, kept: Set[int]):
        self._searcher, self._kept = searcher, kept

    def search(self, *given: Any, **named: Any) -> list[Hit]:
        """What is found of the passages."""
        return [hit for hit in self._searcher.search(*given, **named) if hit.passage.id in self._kept]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._searcher, name)


class _Again:
    """A question that is answered again and again, from all passages and without some.

    Args:
        answerer: of the knowledge base.
        question: as the user asks it; answered without what they tell of themselves, as by ``KnowledgeBase.ask``.
        history: the user's earlier questions, oldest first.
        visitor: published documents only.
        filters: which documents.
    """

    def __init__(
        self, answerer: Answerer, question: str, history: Sequence[str], visitor: bool, filters: Filters
    ):
        self._answerer, self._visitor, self._filters = answerer, visitor, filters
        self._question, self._history = impersonal(question), [impersonal(each) for each in history]

    def without(self, gone: Set[int]) -> Answerer:
        """An answerer that does not know some passages."""
        of = self._answerer.searcher
        store: Any = _Store(
            of.store, gone
        )  # a searcher drops twins after it has read the store: another moves up
        return Answerer(Searcher(store, of.vectors, of.encoder, of.retriever))

    def only(self, kept: Set[int]) -> Answerer:
        """An answerer that finds nothing but some passages."""
        searcher: Any = _Only(self._answerer.searcher, kept)
        return Answerer(searcher)

    def answer(self, answerer: Answerer) -> dict[str, Any]:
        """What an answerer says."""
        return answerer.answer(self._question, self._history, self._visitor, self._filters)

    def read(self, answerer: Answerer) -> tuple[Asked, list[Hit], Rule | None, float]:
        """The question taken apart, what is read for it (a rule that answers alone), and how sure it is that this
        holds the answer.
        """
        rules = Rules(answerer.searcher.store, self._visitor)
        meant = [rules.expand(each) for each in readings(self._question, self._history)]
        if rule := rules.answering(meant[0], self._history, answerer.likeness):
            asked = take_apart(meant[0], answerer.searcher.store, self._visitor)
            return asked, [Hit(rule.passage, 1.0, 1.0)], rule, 1.0
        for alone in meant:
            asked, hits, units = answerer.read(alone, self._visitor, self._filters)
            if (sure := answerer.sure(asked, hits, units)) >= SURE:
                break
        return asked, hits, None, sure

    def fall(self, answerer: Answerer, whole: float) -> float:
        """By how much the confidence of another answerer is lower."""
        still_wanted()
        return whole - self.read(answerer)[3]

    def lost(self, passage: int, whole: float) -> tuple[float, dict[str, Any]]:
        """By how much the confidence falls without a passage, and the answer then."""
        without = self.without({passage})
        return self.fall(without, whole), self.answer(without)


def explain_answer(
    answerer: Answerer,
    question: str,
    history: Sequence[str] = (),
    visitor: bool = False,
    words: bool = False,
    chat_model: str | None = None,
    filters: Filters = EVERYTHING,
) -> dict[str, Any]:
    """Explain an answer by ablation over the passages that were read for it.

    Args:
        answerer: of the knowledge base.
        question: as the user asks it.
        history: the user's earlier questions, oldest first.
        visitor: published documents only.
        words: also say which words of the question and of each cited passage matched.
        chat_model: the one that words the chat's answers itself, where one does: its own wording is not explained here.
        filters: which documents were asked.

    Returns:
        ``{"question", "answer", "answered", "confidence", "threshold", "passages", "rests_on", "faithfulness",
        "notes"}``. A passage has ``source``, ``title``, ``text``, ``score``, ``cited``, ``influence`` (by how much the
        confidence falls without it), ``changes_answer`` and ``without`` (the answer then, None where there is none);
        the most influential come first. ``rests_on`` are the sources without which the answer would be another one.
        Where a rule answers, its passage is the only one. ``faithfulness`` is how far the confidence falls without the
        cited passages (the most influential one where none is cited) and with them alone, beside as many random ones.

    Raises:
        BadArgument: the question is empty.
    """
    if not question.strip():
        raise BadArgument(
            "The question is empty.", "Write the question whose answer you ask about.", "question"
        )
    again = _Again(answerer, question, history, visitor, filters)
    asked, hits, rule, whole = again.read(answerer)
    answer = again.answer(answerer)
    cited = {each["passage"] for each in answer["citations"]}
    passages = [_passage(hit, cited, *again.lost(hit.passage.id, whole), answer) for hit in hits]
    strong = {hit.passage.id for hit in hits if str(hit.passage.id) in cited}
    if passages and not strong:
        strong = {hits[passages.index(max(passages, key=lambda each: each["influence"]))].passage.id}
    faith = _faithfulness(
        [hit.passage.id for hit in hits],
        strong,
        lambda gone: again.fall(again.without(gone), whole),
        lambda kept: again.fall(again.only(kept), whole),
    )
    passages.sort(key=lambda each: (-each["changes_answer"], -each["influence"]))
    if words:
        for each in passages:
            if each["cited"]:
                each["words"] = matched_words(answerer.searcher.encoder.encode, asked.text, each["text"])
    return {
        "question": question,
        "answer": answer["answer"] if answer["answered"] else None,
        "answered": answer["answered"],
        "confidence": round(whole, 4),
        "threshold": SURE,
        "passages": passages,
        "rests_on": list(dict.fromkeys(each["source"] for each in passages if each["changes_answer"])),
        "faithfulness": faith,
        "notes": [
            *([RULED] if rule else _notes(passages, answer["answered"], asked)),
            *([WORDED.format(model=chat_model)] if chat_model else []),
        ],
    }


RULED = "A rule of yours answers this question by itself; no other passage was read for it."
WORDED = (
    "In the chat {model} words answers itself; explained here is what the knowledge base answers without it."
)


def _faithfulness(
    ids: Sequence[int],
    strong: Set[int],
    without: Callable[[Set[int]], float],
    alone: Callable[[Set[int]], float],
) -> dict[str, float]:
    """Comprehensiveness and sufficiency of some passages, beside the mean of as many random ones.

    Args:
        ids: of all that were read.
        strong: those that the answer is said to rest on.
        without: by how much the confidence falls without some.
        alone: by how much it falls where nothing but some is read.
    """
    chance = random.Random(0)
    others = [frozenset(chance.sample(ids, len(strong))) for _ in range(RANDOM_SETS)]
    sets = {frozenset(strong), *others}
    lost = {each: without(each) if ids else 0.0 for each in sets}
    left = {each: alone(each) if ids else 0.0 for each in sets}
    return {
        "comprehensiveness": round(lost[frozenset(strong)], 4),
        "sufficiency": round(left[frozenset(strong)], 4),
        "random_comprehensiveness": round(mean(lost[each] for each in others), 4),
        "random_sufficiency": round(mean(left[each] for each in others), 4),
    }


def _passage(
    hit: Hit, cited: set[str], influence: float, other: dict[str, Any], answer: dict[str, Any]
) -> dict[str, Any]:
    passage = hit.passage
    return {
        "source": passage.source,
        "title": passage.title,
        "text": passage.text,
        "start": passage.start,
        "end": passage.end,
        "score": round(hit.score, 4),
        "cited": str(passage.id) in cited,
        "influence": round(influence, 4),
        "changes_answer": answer["answer"] != other["answer"],
        "without": other["answer"] if other["answered"] else None,
    }


def _notes(passages: Sequence[dict[str, Any]], answered: bool, asked: Asked) -> list[str]:
    notes = []
    if not passages:
        notes.append("The knowledge base holds no passage for this question.")
    elif not answered:
        notes.append("No answer was given: what was found is not sure enough to be one.")
    elif not any(each["changes_answer"] for each in passages):
        notes.append("Several passages say the same: without any single one the answer stays as it is.")
    if asked.absent and not answered:
        lacking = ", ".join(asked.words[term] for term in sorted(asked.absent))
        notes.append(f"These words of the question stand in no document: {lacking}.")
    return notes

"""On which passages an answer from the knowledge base rests: each is taken away, and the question answered again."""

from collections.abc import Sequence
from typing import Any

from knowledge.answer import SURE, Answerer, rewrite
from knowledge.confidence import Asked, confidence, features
from knowledge.search import Hit, Searcher
from tools.explain.likeness import matched_words


class _Without:
    """A searcher that does not find one passage.

    Args:
        searcher: the real one.
        passage: the id of the passage.
    """

    def __init__(self, searcher: Searcher, passage: int):
        self._searcher, self._passage = searcher, passage

    def search(self, *given: Any, **named: Any) -> list[Hit]:
        """What is found but for the passage."""
        return [hit for hit in self._searcher.search(*given, **named) if hit.passage.id != self._passage]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._searcher, name)


def explain_answer(
    answerer: Answerer,
    question: str,
    history: Sequence[str] = (),
    visitor: bool = False,
    words: bool = False,
) -> dict[str, Any]:
    """Explain an answer by ablation over the passages that were read for it.

    Args:
        answerer: of the knowledge base.
        question: as the user asks it.
        history: the user's earlier questions, oldest first.
        visitor: published documents only.
        words: also say which words of the question and of each cited passage matched.

    Returns:
        ``{"question", "answer", "answered", "confidence", "threshold", "passages", "rests_on", "notes"}``. A passage
        has ``source``, ``title``, ``text``, ``score``, ``cited``, ``influence`` (by how much the confidence falls
        without it), ``changes_answer`` and ``without`` (the answer then, None where there is none); the most
        influential come first. ``rests_on`` are the sources without which the answer would be another one.
    """
    alone = rewrite(question, history)
    asked, hits, _ = answerer.read(alone, visitor)
    whole, answer = _sure(answerer, alone, visitor), answerer.answer(question, history, visitor)
    cited = {each["passage"] for each in answer["citations"]}
    passages = []
    for hit in hits:
        searcher: Any = _Without(answerer.searcher, hit.passage.id)
        other = Answerer(searcher)
        told = other.answer(question, history, visitor)
        influence = whole - _sure(other, alone, visitor)
        passages.append(_passage(hit, cited, influence, answer, told))
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
        "notes": _notes(passages, answer["answered"], asked),
    }


def _sure(answerer: Answerer, question: str, visitor: bool) -> float:
    """How sure the knowledge base is that what it finds holds the answer."""
    asked, hits, units = answerer.read(question, visitor)
    return confidence(features(asked, hits, units, answerer.searcher.encoder)) if units else 0.0


def _passage(
    hit: Hit, cited: set[str], influence: float, answer: dict[str, Any], other: dict[str, Any]
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

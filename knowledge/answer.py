"""Extractive answers: the sentences of the found passages that answer best, with citations, or an honest no."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from knowledge.search import Hit, Searcher
from knowledge.sentences import sentences
from knowledge.words import STOP, has_cjk, key_terms, terms

if TYPE_CHECKING:
    pass

LONGEST = 700  # characters of an answer, its marks included
PASSAGES = 8  # how many are read
UNITS = 60  # how many sentences are weighed
_REFERS = {
    "it",
    "its",
    "they",
    "them",
    "their",
    "that",
    "this",
    "those",
    "these",
    "one",
    "ones",
    "there",
    "he",
    "she",
}
UNKNOWN = "I could not find that in the knowledge base."
UNKNOWN_ZH = "知识库里没有找到相关内容。"


@dataclass(frozen=True)
class Unit:
    """A sentence, table row or list with its lead-in: characters ``start`` to ``end`` of the document."""

    hit: Hit
    start: int
    end: int
    text: str
    score: float = 0.0
    cosine: float = 0.0


class Answerer:
    """Answers questions from what a searcher finds."""

    def __init__(self, searcher: Searcher):
        self.searcher = searcher

    def answer(self, question: str, history: Sequence[str] = (), visitor: bool = False) -> dict[str, Any]:
        """Answer from the documents.

        Args:
            question: as the user asks it.
            history: the user's earlier questions, oldest first.
            visitor: published documents only.

        Returns:
            ``answer`` with [1] marks, ``citations`` and ``answered``.
        """
        wanted = rewrite(question, history)
        hits = self.searcher.search(wanted, PASSAGES, visitor)
        units = self.weigh(wanted, hits)
        if not units or self.confidence(wanted, hits, units) < 0.5:
            return {
                "answer": UNKNOWN_ZH if has_cjk(question) else UNKNOWN,
                "citations": [],
                "answered": False,
            }
        return compose(choose(units))

    def confidence(self, question: str, hits: list[Hit], units: list[Unit]) -> float:
        """How likely the best sentence answers the question, 0 to 1."""
        values = self.features(question, hits, units)
        return 1 / (1 + math.exp(-BIAS - sum(WEIGHTS[name] * value for name, value in values.items())))

    def features(self, question: str, hits: list[Hit], units: list[Unit]) -> dict[str, float]:
        """What speaks for and against an answer being there."""
        weights = self._weights(question)
        whole = sum(weights.values()) or 1.0
        best = max(units, key=lambda each: each.score)
        near = set(terms(best.hit.passage.context + " " + best.hit.passage.text))
        inside = set(terms(best.hit.passage.context + " " + best.text))
        anywhere = self.searcher.store.frequency(list(weights))
        return {
            "sentence": max(unit.cosine for unit in units),
            "passage": max(hit.cosine for hit in hits),
            "covered": sum(weight for term, weight in weights.items() if term in near) / whole,
            "said": sum(weight for term, weight in weights.items() if term in inside) / whole,
            "unheard": sum(weight for term, weight in weights.items() if not anywhere[term]) / whole,
        }

    def _weights(self, question: str) -> dict[str, float]:
        """The question's meaningful terms and how rare they are (smoothed inverse passage frequency)."""
        wanted = key_terms(question)
        count = self.searcher.store.count()[1]
        frequency = self.searcher.store.frequency(wanted)
        return {term: math.log(1 + (count + 1) / (1 + frequency.get(term, 0))) for term in wanted}

    def weigh(self, question: str, hits: list[Hit]) -> list[Unit]:
        """The passages' sentences with their scores.

        Args:
            question: standing alone.
            hits: the passages found.
        """
        import numpy as np

        units = [unit for hit in hits for unit in split(hit)][:UNITS]
        if not units:
            return []
        texts = [f"{unit.hit.passage.context}: {unit.text}" for unit in units]
        vectors = self.searcher.encoder.encode([question, *texts, *(unit.text for unit in units)])
        asked, framed, bare = vectors[0], vectors[1 : len(units) + 1], vectors[len(units) + 1 :]
        cosines = np.maximum(framed @ asked, bare @ asked)
        lexical = self._lexical(question, units)
        return [
            Unit(
                unit.hit,
                unit.start,
                unit.end,
                unit.text,
                _blend(unit.hit, float(cosine), words),
                float(cosine),
            )
            for unit, cosine, words in zip(units, cosines, lexical, strict=True)
        ]

    def _lexical(self, question: str, units: list[Unit]) -> list[float]:
        weights = self._weights(question)
        whole = sum(weights.values()) or 1.0
        found = []
        for unit in units:
            said, framed = set(terms(unit.text)), set(terms(unit.hit.passage.context))
            gain = sum(w if term in said else w / 2 if term in framed else 0 for term, w in weights.items())
            found.append(gain / whole)
        return found


# Fitted on development questions (see tests/benchmarks); the features are those of Answerer.features.
BIAS = -2.35
WEIGHTS = {"sentence": 3.56, "passage": 3.25, "covered": 1.14, "said": 0.04, "unheard": -1.96}


def _blend(hit: Hit, cosine: float, lexical: float) -> float:
    return 0.5 * cosine + 0.2 * hit.cosine + 0.2 * lexical + 0.1 * hit.score


def rewrite(question: str, history: Sequence[str]) -> str:
    """A question that stands alone: one that refers back, or is only a fragment, takes the one before along."""
    words = [word.strip("?!.,").lower() for word in question.split()]
    meaningful = [word for word in words if word not in STOP]
    fragment = words[:2] in (["and", "what"], ["what", "about"], ["how", "about"]) or words[:1] == ["and"]
    refers = bool(_REFERS.intersection(words)) and len(meaningful) <= 4
    short_cjk = has_cjk(question) and (len(question) <= 6 or question.startswith(("那", "它", "这")))
    if history and (fragment or refers or short_cjk or not meaningful):
        return f"{history[-1]} {question}"
    return question


def split(hit: Hit) -> list[Unit]:
    """A passage's units; a line that ends with a colon takes the list below it along."""
    text, base = hit.passage.text, hit.passage.start
    spans = sentences(text)
    units: list[Unit] = []
    at = 0
    while at < len(spans):
        start, end = spans[at]
        at += 1
        if text[start:end].rstrip("\"'").endswith((":", "\uff1a")):
            while at < len(spans) and spans[at][1] - start <= 450:
                end = spans[at][1]
                at += 1
                if text[end : end + 2] == "\n\n":
                    break
        units.append(Unit(hit, base + start, base + end, text[start:end]))
    return units


def choose(units: list[Unit]) -> list[Unit]:
    """The units of the answer: the best ones that fit, none far weaker than the best."""
    ranked = sorted(units, key=lambda unit: -unit.score)
    best, chosen, length = ranked[0].score, list[Unit](), 0
    for unit in ranked:
        if unit.score < KEEP * best or (chosen and length + len(unit.text) + 6 > LONGEST):
            continue
        if any(unit.text == other.text for other in chosen):
            continue
        chosen.append(unit)
        length += len(unit.text) + 6
    return chosen


KEEP = 0.72


def compose(chosen: list[Unit]) -> dict[str, Any]:
    """Write the answer: passages in the order of their best unit, sentences in the order of the document."""
    answer: list[str] = []
    citations: list[dict[str, Any]] = []
    for number, group in enumerate(_groups(chosen), start=1):
        hit = group[0].hit
        room = LONGEST - sum(len(each) for each in answer) - len(answer) - 6
        said = _joined(group)[:room].rstrip()
        answer.append(f"{said} [{number}]")
        start, end = group[0].start, group[-1].end
        base = hit.passage.start
        citations.append(
            {
                "number": number,
                "source": hit.passage.source,
                "title": hit.passage.title,
                "text": hit.passage.text[start - base : end - base],
                "score": round(max(unit.score for unit in group), 4),
                "start": start,
                "end": end,
                "passage": str(hit.passage.id),
            }
        )
    return {"answer": "\n".join(answer), "citations": citations, "answered": True}


def _groups(chosen: list[Unit]) -> list[list[Unit]]:
    by_passage: dict[int, list[Unit]] = {}
    for unit in chosen:
        by_passage.setdefault(unit.hit.passage.id, []).append(unit)
    return [sorted(group, key=lambda unit: unit.start) for group in by_passage.values()]


def _joined(group: list[Unit]) -> str:
    """Sentences side by side; rows and list items keep their lines."""
    text = group[0].text
    for before, unit in zip(group, group[1:], strict=False):
        own_line = "\n" in unit.text or not before.text.endswith((".", "!", "?", "。", "\uff01", "\uff1f"))
        text += ("\n" if own_line else " ") + unit.text
    return text

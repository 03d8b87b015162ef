"""Extractive answers: the sentences of the found passages that answer best, with citations, or an honest no."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from knowledge.confidence import Asked, confidence, features, take_apart
from knowledge.search import Hit, Searcher
from knowledge.sentences import sentences
from knowledge.words import STOP, has_cjk, terms

LONGEST = 700  # characters of an answer, its marks included
PASSAGES = 8  # how many are read
UNITS = 60  # how many sentences are weighed
MOST = 4  # how many of them an answer has
KEEP = 0.72  # a sentence this much weaker than the best stays out
_UNFINISHED = (";", ",", "\uff1b", "\uff0c", "\u3001")
_REFERS = re.compile(r"^(its?|they|them|their|that|this|those|these|ones?|there|s?he)$")
UNKNOWN = "I could not find that in the knowledge base."
UNKNOWN_ZH = "知识库里没有找到相关内容。"
SURE = 0.45  # the mean of both shares on the two development sets is .786 here, .776 at 0.5 and .752 at 0.4


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
            visitor: published documents only, and nothing else has any influence.

        Returns:
            ``answer`` with [1] marks, ``citations`` and ``answered``.
        """
        asked, hits, units = self.read(rewrite(question, history), visitor)
        if not units or confidence(features(asked, hits, units, self.searcher.encoder)) < SURE:
            return {
                "answer": UNKNOWN_ZH if has_cjk(question) else UNKNOWN,
                "citations": [],
                "answered": False,
            }
        return compose(choose(units))

    def read(self, question: str, visitor: bool = False) -> tuple[Asked, list[Hit], list[Unit]]:
        """The question taken apart, the passages found for it, and their sentences with scores."""
        asked = take_apart(question, self.searcher.store, visitor)
        hits = self.searcher.search(asked.text, PASSAGES, visitor)
        return asked, hits, self.weigh(asked, hits)

    def warm_up(self, most: int = 200) -> None:
        """Encode the sentences of the newest passages now, so that the first questions need not wait for it.

        Args:
            most: of how many passages.
        """
        store = self.searcher.store
        ids = sorted(store.ids())[-most:]
        for visitor in (False, True):
            hits = [Hit(passage, 0.0, 0.0) for passage in store.passages(ids, visitor).values()]
            self.searcher.encoder.encode(
                [text for hit in hits for unit in split(hit) for text in _texts(unit)]
            )

    def weigh(self, asked: Asked, hits: list[Hit]) -> list[Unit]:
        """The passages' sentences with their scores.

        Args:
            asked: the question, standing alone.
            hits: the passages found.
        """
        units = [unit for hit in hits for unit in split(hit)][:UNITS]
        if not units:
            return []
        vectors = self.searcher.encoder.encode(
            [asked.text, *(text for unit in units for text in _texts(unit))]
        )
        cosines = (vectors[1:] @ vectors[0]).reshape(len(units), 2).max(axis=1).tolist()
        lexical = _lexical(asked, units)
        return [
            replace(unit, score=_blend(unit.hit, cosine, said), cosine=cosine)
            for unit, cosine, said in zip(units, cosines, lexical, strict=True)
        ]


def _texts(unit: Unit) -> tuple[str, str]:
    """What of a unit is compared with the question: under its headings, and alone."""
    return f"{unit.hit.passage.context}: {unit.text}", unit.text


def _lexical(asked: Asked, units: list[Unit]) -> list[float]:
    whole = sum(asked.weights.values()) or 1.0
    found = []
    for unit in units:
        said, framed = set(terms(unit.text)), set(terms(unit.hit.passage.context))
        gain = sum(w if term in said else w / 2 if term in framed else 0 for term, w in asked.weights.items())
        found.append(gain / whole)
    return found


def _blend(hit: Hit, cosine: float, lexical: float) -> float:
    return 0.5 * cosine + 0.2 * hit.cosine + 0.2 * lexical + 0.1 * hit.score


def rewrite(question: str, history: Sequence[str]) -> str:
    """A question that stands alone: one that refers back, or is only a fragment, takes the one before along."""
    words = [word.strip("?!.,").lower() for word in question.split()]
    meaningful = [word for word in words if word not in STOP]
    fragment = words[:2] in (["and", "what"], ["what", "about"], ["how", "about"]) or words[:1] == ["and"]
    refers = any(map(_REFERS.match, words)) and len(meaningful) <= 4
    short_cjk = has_cjk(question) and (len(question) <= 6 or question.startswith(("那", "它", "这")))
    if history and (fragment or refers or short_cjk or not meaningful):
        return f"{history[-1]} {question}"
    return question


def split(hit: Hit) -> list[Unit]:
    """A passage's units: sentences, rows and items that can stand alone.

    A line that ends with a colon takes the list below it along, and one that ends in the middle of a sentence (at a
    comma or semicolon) what follows.
    """
    text, base = hit.passage.text, hit.passage.start
    spans = sentences(text)
    units: list[Unit] = []
    at = 0
    while at < len(spans):
        start, end = spans[at]
        at += 1
        leads = text[start:end].rstrip("\"'").endswith((":", "\uff1a"))
        while at < len(spans) and spans[at][1] - start <= 450:
            if not leads and not text[start:end].endswith(_UNFINISHED):
                break
            end = spans[at][1]
            at += 1
            if text[end : end + 2] == "\n\n":
                break
        units.append(Unit(hit, base + start, base + end, text[start:end]))
    return units


def choose(units: list[Unit]) -> list[Unit]:
    """The units of the answer: at most :data:`MOST` of the best ones that fit, none far weaker than the best."""
    ranked = sorted(units, key=lambda unit: -unit.score)
    chosen, length = list[Unit](), 0
    for unit in ranked:
        if len(chosen) == MOST or unit.score < KEEP * ranked[0].score:
            break
        if chosen and length + len(unit.text) + 6 > LONGEST:
            continue
        if any(unit.text == other.text for other in chosen):
            continue
        chosen.append(unit)
        length += len(unit.text) + 6
    return chosen


def compose(chosen: list[Unit]) -> dict[str, Any]:
    """Write the answer: passages in the order of their best unit, sentences in the order of the document."""
    answer: list[str] = []
    citations: list[dict[str, Any]] = []
    for number, group in enumerate(_groups(chosen), start=1):
        hit = group[0].hit
        room = LONGEST - sum(len(each) for each in answer) - len(answer) - 6
        said = _whole(_joined(group), room)
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


def _whole(text: str, room: int) -> str:
    """A text cut, where it is too long, after a sentence or at least between words; never left at a comma."""
    if len(text) > room:
        ends = [end for _, end in sentences(text[:room])][:-1]
        text = text[: ends[-1]] if ends else text[: room - 2].rpartition(" ")[0] + " …"
    return re.sub("[;,\uff1b\uff0c\u3001]$", lambda mark: "." if mark[0] in ";," else "。", text.rstrip())

"""Extractive answers: the sentences of the found passages that answer best, with citations, or an honest no."""

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from knowledge import chinese
from knowledge.answers import Answers
from knowledge.chinese import strange
from knowledge.confidence import Asked, confidence, features, likelihood, take_apart
from knowledge.evidence import evidence
from knowledge.filters import Filters
from knowledge.follow_up import readings
from knowledge.follow_up import rewrite as rewrite
from knowledge.newer import outdated, told
from knowledge.rows import asked_rows
from knowledge.rules import ENDING, Rule, Rules
from knowledge.search import Hit, Searcher
from knowledge.sentences import sentences
from knowledge.store import EVERYTHING
from knowledge.units import Unit, split
from knowledge.verify import verifier
from knowledge.words import has_cjk, words

LONGEST = 700  # characters of an answer, its marks included
PASSAGES = 12  # how many are read
UNITS = 100  # how many sentences are weighed
NEAR = 12  # how many of the best are compared with each other
MOST = 8  # how many of them an answer has
KEEP = 0.06  # a sentence this much less likely than the best stays out; more right answers cost longer ones
_DIGIT = re.compile(r"\d")
UNKNOWN = "I could not find that in the knowledge base."
UNKNOWN_ZH = "知识库里没有找到相关内容。"
SURE = 0.5  # on sets not fitted on: .80 of the known answered right, .86 of the unknown recognised


class Answerer:
    """Answers questions from what a searcher finds."""

    def __init__(self, searcher: Searcher):
        self.searcher = searcher
        self._answers = Answers()

    def answer(
        self,
        question: str,
        history: Sequence[str] = (),
        visitor: bool = False,
        filters: Filters = EVERYTHING,
    ) -> dict[str, Any]:
        """Answer from the documents.

        Args:
            question: as the user asks it.
            history: the user's earlier questions, oldest first.
            visitor: published documents only, and nothing else has any influence.
            filters: which documents.

        Returns:
            ``answer`` with [1] marks, ``citations`` and ``answered``.
        """
        rules = Rules(self.searcher.store, visitor)
        meant = [rules.expand(each) for each in readings(question, history)]
        if rule := rules.answering(meant[0], history, self.likeness):
            return compose([_ruled(rule)])
        found: dict[str, Any] = {}
        for alone in meant:
            given = (question, alone, visitor, filters)
            found = self._answers(self.searcher.state(), given, partial(self._answer, *given))
            if found["answered"]:
                break
        return found

    def _answer(self, question: str, alone: str, visitor: bool, filters: Filters) -> dict[str, Any]:
        asked, hits, units = self.read(alone, visitor, filters)
        if self.sure(asked, hits, units) < SURE:
            return {
                "answer": UNKNOWN_ZH if has_cjk(question) else UNKNOWN,
                "citations": [],
                "answered": False,
            }
        return self._newest(asked_rows(units, asked), question, alone)

    def likeness(self, one: str, other: str) -> float:
        """The cosine of two texts."""
        vectors = self.searcher.encoder.encode([one, other])
        return float(vectors[0] @ vectors[1])

    def sure(self, asked: Asked, hits: list[Hit], units: list[Unit]) -> float:
        """How sure it is, 0 to 1, that the sentences answer the question; 0 where it asks for nothing."""
        if not units or not asked.words:
            return 0.0
        # An encoder that is not the embedded one has no verifier, and may know Chinese.
        if verifier(self.searcher.encoder.encoder) and strange(asked, units):
            return 0.0
        return confidence(features(asked, hits, units, self.searcher.encoder))

    def _newest(self, units: list[Unit], question: str, alone: str) -> dict[str, Any]:
        """The answer without what a newer document contradicts, and which document that was.

        A document of the year that the question names stays.
        """
        ranked = sorted(units, key=lambda unit: -unit.score)[:NEAR]
        found = outdated(ranked, self.searcher.encoder.encode, alone)
        old = {
            place: new for place, new in found.items() if ranked[place].hit.passage.dated[:4] not in question
        }
        gone = {(ranked[place].hit.passage.id, ranked[place].start) for place in old}
        chosen = choose([unit for unit in units if (unit.hit.passage.id, unit.start) not in gone])
        cited = {unit.hit.passage.source for unit in chosen}
        notes = [
            told(new, ranked[place], has_cjk(question))
            for place, new in old.items()
            if new.hit.passage.source in cited
        ]
        result = compose(chosen, LONGEST - len(notes[0]) - 1 if notes else LONGEST)
        return result | {"answer": "\n".join([result["answer"], *notes[:1]])}

    def read(
        self, question: str, visitor: bool = False, filters: Filters = EVERYTHING
    ) -> tuple[Asked, list[Hit], list[Unit]]:
        """The question taken apart, the passages found for it, and their sentences with scores."""
        asked = take_apart(question, self.searcher.store, visitor)
        found = self.searcher.search(asked.text, PASSAGES, visitor, filters)
        hits = [hit for hit in found if not hit.passage.source.endswith(ENDING)]  # rules answer by themselves
        return asked, hits, self.weigh(asked, hits)

    def warm_up(self, most: int = 200) -> None:
        """Encode the sentences and words of the newest passages and load the verifier, so that the first questions
        need not wait for it.

        Args:
            most: of how many passages.
        """
        store = self.searcher.store
        ids = sorted(store.ids())[-most:]
        for visitor in (False, True):
            hits = [Hit(passage, 0.0, 0.0) for passage in store.passages(ids, visitor).values()]
            texts = [text for hit in hits for unit in split(hit) for text in _texts(unit)]
            spoken = [word for hit in hits for word in words(f"{hit.passage.context} {hit.passage.text}")]
            self.searcher.encoder.encode([*texts, *(word for word in spoken if not has_cjk(word))])
        verifier(self.searcher.encoder.encoder)

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
        weighed = [replace(unit, cosine=cosine) for unit, cosine in zip(units, cosines, strict=True)]
        found = evidence(asked, weighed, self.searcher.encoder)
        return [
            replace(unit, score=likelihood(each), evidence=each)
            for unit, each in zip(weighed, found, strict=True)
        ]


def _ruled(rule: Rule) -> Unit:
    """A rule's words as the sentence of an answer."""
    return Unit(Hit(rule.passage, 1.0, 1.0), rule.start, rule.end, rule.says, 1.0, 1.0)


def _texts(unit: Unit) -> tuple[str, str]:
    """What of a unit is compared with the question: under its headings, and alone."""
    return f"{unit.hit.passage.context}: {unit.text}", unit.text


def choose(units: list[Unit]) -> list[Unit]:
    """The units of the answer: at most :data:`MOST` of the best ones that fit, none far weaker than the best."""
    ranked = sorted(units, key=lambda unit: -unit.score)
    chosen, length = list[Unit](), 0
    for unit in ranked:
        if len(chosen) == MOST or unit.score < _least(unit) * ranked[0].score:
            break
        if chosen and length + len(unit.text) + 6 > LONGEST:
            continue
        if any(unit.text == other.text for other in chosen):
            continue
        chosen.append(unit)
        length += len(unit.text) + 6
    return chosen


def _least(unit: Unit) -> float:
    """What share of the best one's likelihood a unit must have."""
    return chinese.KEEP if has_cjk(unit.text) else KEEP


def compose(chosen: list[Unit], longest: int = LONGEST) -> dict[str, Any]:
    """Write the answer: passages in the order of their best unit, sentences in the order of the document.

    Args:
        chosen: the units.
        longest: how many characters the answer may have.
    """
    answer: list[str] = []
    citations: list[dict[str, Any]] = []
    for number, group in enumerate(_groups(chosen), start=1):
        hit = group[0].hit
        room = longest - sum(len(each) for each in answer) - len(answer) - 6
        said = _whole(_heading(group) + _joined(group), room)
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
                **hit.passage.page(start),
            }
        )
    return {"answer": "\n".join(answer), "citations": citations, "answered": True}


def _heading(group: list[Unit]) -> str:
    """The heading above the units, where they lack the value that is asked for and it has one: ``8.2 (May 2026): ``."""
    unit, heading = group[0], group[0].hit.passage.context.split(" > ")[-1]
    wanted = (
        unit.evidence.get("kind_lacking") and _DIGIT.search(heading) and " > " in unit.hit.passage.context
    )
    return f"{heading}: " if wanted else ""


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

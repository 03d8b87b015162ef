"""Does a sentence answer the question, and does the best one found, or is the answer not in the knowledge base?

Two logistic models, fitted on the questions of several invented companies (``tests/benchmarks/knowledge_quality.py``):
one says how likely a sentence is to hold the answer, from its evidence (:mod:`knowledge.evidence`); the other how
likely the question is answered at all, from the best sentences' likelihoods and evidence. The latter has also seen each
question with its answer taken out of the documents, so that it knows the right topic without the fact.
"""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from knowledge.ablation import ablation
from knowledge.fitted import QUESTION, SENTENCE, VERIFIED
from knowledge.remembering import Remembering
from knowledge.search import Hit
from knowledge.store import Store
from knowledge.verify import verdict
from knowledge.words import key_words, terms

if TYPE_CHECKING:
    from knowledge.units import Unit

OWN_NAME = 0.3  # a capitalised word that stands in this share of the documents is the company's own name
_CAPITAL = re.compile(r"(?<=\s)(?:[A-Z][\w'’-]*)|\b[A-Z]\w*[A-Z0-9]\w*\b")


@dataclass(frozen=True)
class Asked:
    """A question taken apart.

    Attributes:
        text: the question without the company's own name.
        words: its meaningful terms and the words they come from.
        weights: how rare each term is (smoothed inverse passage frequency).
        absent: the terms that no document holds.
        names: the terms that are names or numbers.
    """

    text: str
    words: dict[str, str]
    weights: dict[str, float]
    absent: frozenset[str]
    names: frozenset[str]


def take_apart(question: str, store: Store, visitor: bool = False) -> Asked:
    """What a question asks for, in numbers of the documents that its reader may see."""
    named = {term for match in _CAPITAL.findall(question) for term in terms(match)}
    wanted = key_words(question)
    documents, passages = store.count(visitor)
    own = {t for t in named if t in wanted and store.spread(t, visitor) >= max(4, OWN_NAME * documents)}
    if own and len(own) < len(wanted):
        question = _without(question, {wanted[term] for term in own})
        wanted = {term: word for term, word in wanted.items() if term not in own}
    frequency = store.frequency(list(wanted), visitor)
    weights = {term: math.log(1 + (passages + 1) / (1 + frequency.get(term, 0))) for term in wanted}
    absent = frozenset(term for term in wanted if not frequency.get(term))
    numbers = {term for term in wanted if any(map(str.isdigit, term))}
    return Asked(question, wanted, weights, absent, frozenset((named | numbers).intersection(wanted)))


def _without(question: str, names: set[str]) -> str:
    pattern = "|".join(map(re.escape, sorted(names)))
    return " ".join(re.sub(rf"\b(?:{pattern})\b(?:['’]s)?", " ", question, flags=re.IGNORECASE).split())


def confidence(values: dict[str, float]) -> float:
    """How likely the best sentences answer the question, 0 to 1.

    Args:
        values: its :func:`features`.
    """
    return _logistic(VERIFIED if "verified_top" in values else QUESTION, values)


def likelihood(values: dict[str, float]) -> float:
    """How likely a sentence holds the answer, 0 to 1, compared with the others found.

    Args:
        values: its :func:`knowledge.evidence.evidence`.
    """
    return _logistic(SENTENCE, values)


def _logistic(weights: dict[str, float], values: dict[str, float]) -> float:
    total = sum(weight * values.get(name, 0.0) for name, weight in weights.items()) + weights["bias"]
    return 1 / (1 + math.exp(-max(min(total, 30.0), -30.0)))


def features(asked: Asked, hits: "list[Hit]", units: "list[Unit]", encoder: Remembering) -> dict[str, float]:
    """What speaks for and against an answer being there at all.

    Args:
        asked: the question.
        hits: the passages found.
        units: their sentences, weighed; at least one.
        encoder: encodes the question without each of its words.
    """
    values = summary([unit.evidence for unit in units], [unit.score for unit in units])
    return values | ablation(asked, units, encoder) | verdict(asked, units, encoder)


def summary(found: Sequence[dict[str, float]], scores: Sequence[float]) -> dict[str, float]:
    """The evidence of all sentences in numbers of the question.

    That of the best sentence; how much better it is than the next; and the most that any sentence has, of each by
    itself (``most_``) and where it also holds the kind of value that is asked for (``held_``).

    Args:
        found: the evidence of each sentence, at least one.
        scores: their likelihoods.
    """
    order = sorted(range(len(scores)), key=lambda place: -scores[place])
    odds = [math.log(scores[place] + 1e-9) - math.log(1 - scores[place] + 1e-9) for place in order[:4]]
    values = {"best": odds[0], "three": sum(odds[:3]) / len(odds[:3])}
    values["ahead"] = odds[0] - sum(odds[1:]) / len(odds[1:]) if len(odds) > 1 else 0.0
    for name, measure in _MEASURES.items():
        most = [measure(each) for each in found]
        held = [value * (1 - each["kind_lacking"]) for value, each in zip(most, found, strict=True)]
        values |= {f"most_{name}": max(most), f"held_{name}": max(held)}
    return values | {f"best_{name}": value for name, value in found[order[0]].items() if name not in _UNTOLD}


_MEASURES: dict[str, Callable[[dict[str, float]], float]] = {
    "cosine": lambda each: each["cosine"],
    "passage": lambda each: each["passage"],
    "framed": lambda each: each["framed"],
    "around": lambda each: each["around"],
    "there": lambda each: 1 - each["missing"],
    "there_around": lambda each: 1 - each["missing_around"],
    "both": lambda each: each["cosine"] * (1 - each["missing_around"]),
}
_UNTOLD = ("length", "rank")  # they tell nothing of whether there is an answer

"""Does the best sentence found answer the question, or is the answer not in the knowledge base?

A logistic model over evidence that carries over from one set of documents to another: no length of the question, no
absolute BM25 score, and the company's own name does not count as evidence.
"""

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from knowledge.remembering import Remembering
from knowledge.search import Hit
from knowledge.store import Store
from knowledge.words import has_cjk, key_words, terms, words

if TYPE_CHECKING:
    from knowledge.answer import Unit

OWN_NAME = 0.3  # a capitalised word that stands in this share of the documents is the company's own name
UNLIKE, ALIKE = 0.25, 0.75  # cosines of two words that have nothing, and nearly everything, in common
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
    """How likely the best sentence answers the question, 0 to 1."""
    return 1 / (1 + math.exp(-BIAS - sum(weight * values[name] for name, weight in WEIGHTS.items())))


def features(asked: Asked, hits: "list[Hit]", units: "list[Unit]", encoder: Remembering) -> dict[str, float]:
    """What speaks for and against an answer being there.

    ``sentence`` and ``passage`` are the best cosines; ``strange`` is the share of the question's terms (rare ones
    counting more) that no document holds and the best passage has nothing like; ``name_absent`` is 1 where a name or a
    number of the question stands nowhere.

    Args:
        asked: the question.
        hits: the passages found.
        units: their sentences, weighed; at least one.
        encoder: for the likeness of single words.
    """
    best = max(units, key=lambda each: each.score)
    alike = _alike(asked, f"{best.hit.passage.context} {best.hit.passage.text}", encoder)
    whole = sum(asked.weights.values()) or 1.0
    strange = sum(asked.weights[term] * (1 - value) for term, value in alike.items())
    return {
        "sentence": max(unit.cosine for unit in units),
        "passage": max(hit.cosine for hit in hits),
        "strange": strange / whole,
        "name_absent": float(bool(asked.names & asked.absent)),
    }


def _alike(asked: Asked, text: str, encoder: Remembering) -> dict[str, float]:
    """For each term of the question that no document holds: how like it the most similar word of a text is, 0 to 1.

    Single words tell that "cash" is spoken of as "money"; the encoder knows no Chinese, which has nothing like it.
    """
    found = dict.fromkeys(asked.absent, 0.0)
    wanted = [term for term in sorted(found) if not has_cjk(term)]
    others = [word for word in words(text) if not has_cjk(word)]
    if wanted and others:
        vectors = encoder.encode([*(asked.words[term] for term in wanted), *others])
        best = (vectors[: len(wanted)] @ vectors[len(wanted) :].T).max(axis=1).tolist()
        found |= {
            term: min(max((each - UNLIKE) / (ALIKE - UNLIKE), 0.0), 1.0)
            for term, each in zip(wanted, best, strict=True)
        }
    return found


# Fitted on the development questions (see tests/benchmarks/knowledge_quality.py).
BIAS = -2.80
WEIGHTS = {"sentence": 4.61, "passage": 3.42, "strange": -2.51, "name_absent": -1.62}

"""What speaks for and against a sentence being the answer to a question.

Evidence that carries over from one set of documents to another: likeness of meaning and of words, whether each word of
the question has something like it in the sentence or its passage, whether the sentence holds the kind of value that is
asked for, and whether the names and numbers of the question are there. The question's length is none of it, nor is the
company's own name.
"""

import math
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from knowledge.kinds import asked_kind, holds
from knowledge.remembering import Remembering
from knowledge.words import has_cjk, terms, words

if TYPE_CHECKING:
    import numpy as np

    from knowledge.confidence import Asked
    from knowledge.units import Unit

UNLIKE, ALIKE = 0.25, 0.75  # cosines of two words that have nothing, and nearly everything, in common
# A quantity, which no document need name; a year or "E12" is a name.
_AMOUNT = re.compile(r"^(?!(?:19|20)\d\d$)\d+(?:\.\d+)?$")
NEARLY = 0.9  # what the most similar other word counts, where the same word counts 1


class Cover:
    """How much of a question's words a text has: the same word, or the most similar one.

    Single words tell that "cash" is spoken of as "money"; the encoder knows no Chinese, which has nothing like it.

    Args:
        asked: the question.
        texts: all texts that will be asked about.
        encoder: for the likeness of single words.
    """

    def __init__(self, asked: "Asked", texts: Sequence[str], encoder: Remembering):
        import numpy as np

        self._terms = list(asked.words)
        self.weights = np.array([asked.weights[term] for term in self._terms], dtype="float32")
        self.names = np.array([term in asked.names for term in self._terms], dtype=bool)
        self.numbers = np.array([any(map(str.isdigit, term)) for term in self._terms], dtype=bool)
        self.amounts = np.array([bool(_AMOUNT.match(term)) for term in self._terms], dtype=bool)
        self.absent = np.array([term in asked.absent for term in self._terms], dtype=bool)
        self._latin = [place for place, term in enumerate(self._terms) if not has_cjk(term)]
        known = dict.fromkeys(
            word for text in dict.fromkeys(texts) for word in words(text) if not has_cjk(word)
        )
        self._places = {word: place for place, word in enumerate(known)}
        self._like = np.zeros((len(self._latin), len(known)), dtype="float32")
        if self._latin and known:
            mine = [asked.words[self._terms[place]] for place in self._latin]
            vectors = encoder.encode([*mine, *known])
            cosines = vectors[: len(mine)] @ vectors[len(mine) :].T
            self._like = np.clip((cosines - UNLIKE) / (ALIKE - UNLIKE), 0, 1) * NEARLY
        self._seen: dict[str, np.ndarray] = {}

    def of(self, text: str) -> "np.ndarray":
        """For each term of the question, 0 to 1: how much of it a text has."""
        if text not in self._seen:
            self._seen[text] = self._compute(text)
        return self._seen[text]

    def _compute(self, text: str) -> "np.ndarray":
        import numpy as np

        same = set(terms(text))
        found = np.array([float(term in same) for term in self._terms], dtype="float32")
        places = [self._places[word] for word in words(text) if word in self._places]
        if self._latin and places:
            found[self._latin] = np.maximum(found[self._latin], self._like[:, places].max(axis=1))
        return found

    def share(self, covered: "np.ndarray") -> float:
        """The share of the question that is covered, rare words counting more."""
        whole = float(self.weights.sum())
        return float((self.weights * covered).sum()) / whole if whole else 0.0

    def worst(self, covered: "np.ndarray") -> float:
        """How much of a telling word is missing, 0 to 1."""
        if not len(self.weights):
            return 0.0
        return float((self.weights / self.weights.max() * (1 - covered)).max())


def evidence(asked: "Asked", units: "Sequence[Unit]", encoder: Remembering) -> list[dict[str, float]]:
    """The evidence for each unit; what the names mean is said in :data:`knowledge.confidence.ANSWERS`.

    Args:
        asked: the question taken apart.
        units: sentences with their cosines.
        encoder: for the likeness of single words.
    """
    passages = [f"{unit.hit.passage.context} {unit.hit.passage.text}" for unit in units]
    cover, kind = Cover(asked, passages, encoder), asked_kind(asked.text)
    best = max((unit.cosine for unit in units), default=0.0)
    return [_one(unit, passage, cover, kind, best) for unit, passage in zip(units, passages, strict=True)]


def _one(unit: "Unit", passage: str, cover: Cover, kind: str, best: float) -> dict[str, float]:
    framed, alone, around = (
        cover.of(text) for text in (f"{unit.hit.passage.context}: {unit.text}", unit.text, passage)
    )
    held = holds(kind, unit.text)
    strange = cover.weights * cover.absent
    whole = float(cover.weights.sum()) or 1.0
    return {
        "cosine": unit.cosine,
        "passage": unit.hit.cosine,
        "rank": unit.hit.score,
        "behind": best - unit.cosine,
        "framed": cover.share(framed),
        "alone": cover.share(alone),
        "around": cover.share(around),
        "missing": cover.worst(framed),
        "missing_around": cover.worst(around),
        "kind_held": float(bool(kind) and held),
        "kind_lacking": float(bool(kind) and not held),
        "kind_around": float(bool(kind) and holds(kind, unit.hit.passage.text)),
        "person_lacking": float(kind == "person" and not held),
        "money_lacking": float(kind == "money" and not held),
        "name_lacking": _lacking(around, cover.names & ~cover.numbers),
        "number_lacking": _lacking(around, cover.names & cover.numbers & ~cover.amounts),
        "amount_lacking": _lacking(around, cover.amounts),
        "absent": float(strange.sum()) / whole,
        "strange": float((strange * (1 - around)).sum()) / whole,
        "row": float(" · " in unit.text),
        "length": math.log(1 + len(unit.text)),
        "chinese": float(has_cjk(unit.text)),
    }


def _lacking(covered: "np.ndarray", wanted: "np.ndarray") -> float:
    return float(bool((covered[wanted] < 0.99).any()))

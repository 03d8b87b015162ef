"""What each word of a question does: is the best sentence less like the question without it, or more?

A word that the sentence speaks of, in whatever words, makes them more alike; one that nothing in the documents speaks
of makes them less alike. That tells "do you treat parrots?" from "do you treat rabbits?", where the rest is the same,
and needs no word in common.
"""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from knowledge.remembering import Remembering
from knowledge.words import has_cjk

if TYPE_CHECKING:
    from knowledge.confidence import Asked
    from knowledge.units import Unit

NOTHING = {
    "gain_least": 0.0, "gain_mean": 0.0, "gain_most": 0.0, "loss": 0.0, "best_gain_least": 0.0, "best_gain_mean": 0.0,
    "spoken_least": 0.3, "spoken_mean": 0.3, "absent_gain": 0.02, "absent_spoken": 0.4,
}  # fmt: skip


def ablation(asked: "Asked", units: "Sequence[Unit]", encoder: Remembering) -> dict[str, float]:
    """What the words of a question do, taken together.

    ``gain`` is by how much a word makes the most similar sentence more alike (``best_gain``: the sentence most like the
    whole question), ``loss`` the sum of those that make it less so, ``spoken`` the likeness of the word alone to the
    sentence most like it; ``absent_`` of the words that no document holds.

    Args:
        asked: the question.
        units: the sentences found, at least one.
        encoder: encodes the question without each word.
    """
    import numpy as np

    kept = {term: word for term, word in asked.words.items() if not has_cjk(word)}
    if not kept:
        return NOTHING
    without = [_without(asked.text, word) for word in kept.values()]
    alone, framed = (
        [unit.text for unit in units],
        [f"{unit.hit.passage.context}: {unit.text}" for unit in units],
    )
    vectors = encoder.encode([asked.text, *without, *kept.values(), *alone, *framed])
    count, questions = len(kept), 1 + 2 * len(kept)
    there = vectors[questions:]
    like = (vectors[:questions] @ there.T).reshape(questions, 2, len(units)).max(axis=1)
    whole, less, words = like[0], like[1 : 1 + count], like[1 + count :]
    gains = whole.max() - less.max(axis=1)
    best = whole[whole.argmax()] - less[:, whole.argmax()]
    spoken = words.max(axis=1)
    absent = np.array([term in asked.absent for term in kept])
    found = {
        "gain_least": gains.min(), "gain_mean": gains.mean(), "gain_most": gains.max(),
        "loss": np.minimum(gains, 0).sum(), "best_gain_least": best.min(), "best_gain_mean": best.mean(),
        "spoken_least": spoken.min(), "spoken_mean": spoken.mean(),
        "absent_gain": gains[absent].min() if absent.any() else NOTHING["absent_gain"],
        "absent_spoken": spoken[absent].min() if absent.any() else NOTHING["absent_spoken"],
    }  # fmt: skip
    return {name: float(value) for name, value in found.items()}


def _without(question: str, word: str) -> str:
    return " ".join(re.sub(rf"\b{re.escape(word)}\b", " ", question, flags=re.IGNORECASE).split()) or "?"

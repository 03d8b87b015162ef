"""Is an explanation true to the model? Delete the words it calls important and see what the model says.

Comprehensiveness and sufficiency as areas over the perturbation curve (AOPC), after DeYoung et al. 2020 (ERASER):
the mean over several shares of the words of how far the label's probability falls when the top words are deleted
(more is better), and when nothing but the top words is left (less is better). Both are given for random orders too.
"""

import math
import random
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from tools.explain.words import Word, without

if TYPE_CHECKING:
    import numpy

SHARES = (0.05, 0.1, 0.2, 0.3, 0.5)
RANDOM_ORDERS = 3


def faithfulness(
    probabilities: Callable[[Sequence[str]], "numpy.ndarray"],
    text: str,
    words: Sequence[Word],
    attributions: Sequence[float],
    target: int,
    probability: float,
    seed: int = 0,
) -> dict[str, float]:
    """Measure an explanation by deleting words.

    Args:
        probabilities: n texts → float [n, classes].
        text: the part of the text that the model reads.
        words: its words.
        attributions: one a word, signed.
        target: the label's column.
        probability: of the label for the whole text.
        seed: of the random orders.

    Returns:
        ``comprehensiveness``, ``sufficiency``, ``random_comprehensiveness`` and ``random_sufficiency``.
    """
    ranked = sorted(range(len(words)), key=lambda place: -attributions[place])
    orders = [ranked, *_random_orders(len(words), seed)]
    texts = [each for order in orders for each in _perturbed(text, words, order)]
    drops = probability - probabilities(texts)[:, target].reshape(len(orders), len(SHARES), 2)
    mine, random_ones = drops[0].mean(axis=0), drops[1:].mean(axis=(0, 1))
    return {
        "comprehensiveness": round(float(mine[0]), 4),
        "sufficiency": round(float(mine[1]), 4),
        "random_comprehensiveness": round(float(random_ones[0]), 4),
        "random_sufficiency": round(float(random_ones[1]), 4),
    }


def _random_orders(count: int, seed: int) -> list[list[int]]:
    chance = random.Random(seed)
    return [chance.sample(range(count), count) for _ in range(RANDOM_ORDERS)]


def _perturbed(text: str, words: Sequence[Word], order: Sequence[int]) -> list[str]:
    """For each share: the text without its top words, and the top words alone."""
    texts = []
    for share in SHARES:
        count = max(1, math.ceil(share * len(words)))
        texts += [without(text, words, set(order[:count])), without(text, words, set(order[count:]))]
    return texts

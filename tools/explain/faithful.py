"""Is an explanation true to the model? Delete what it calls important and see what the model says.

Comprehensiveness and sufficiency as areas over the perturbation curve (AOPC), after DeYoung et al. 2020, "ERASER: A
Benchmark to Evaluate Rationalized NLP Models": the mean over several shares of the words of how far the model's figure
falls when the top words are deleted (more is better), and when nothing but the top words is left (less is better). Both
are given for random orders too. Words may be anything that can be taken away: patches of a picture, passages.
"""

import math
import random
from collections.abc import Sequence

SHARES = (0.05, 0.1, 0.2, 0.3, 0.5)
RANDOM_ORDERS = (
    4  # at most: one order is noisy, and each is read by the model as often as the explanation's own
)
RANDOM_WORDS = 60  # in all orders together, so that long texts have one


def perturbations(
    attributions: Sequence[float], seed: int = 0, orders: int = RANDOM_ORDERS
) -> list[set[int]]:
    """What to take away to measure an explanation: for each order and share the top words, and all but the top words.

    Args:
        attributions: one a word, signed.
        seed: of the random orders.
        orders: how many random ones, at most.
    """
    count = len(attributions)
    ranked = sorted(range(count), key=lambda place: -attributions[place])
    chance = random.Random(seed)
    times = max(1, min(orders, RANDOM_WORDS // max(1, count)))
    every = [ranked, *(chance.sample(range(count), count) for _ in range(times))]
    return [part for order in every for part in _parts(order)]


def _parts(order: Sequence[int]) -> list[set[int]]:
    parts = []
    for share in SHARES:
        count = max(1, math.ceil(share * len(order)))
        parts += [set(order[:count]), set(order[count:])]
    return parts


def faithfulness(whole: float, left: Sequence[float]) -> dict[str, float]:
    """The figures of an explanation.

    Args:
        whole: what the model says of the whole text (such as the label's probability).
        left: the same for each of :func:`perturbations`, in order.

    Returns:
        ``comprehensiveness``, ``sufficiency``, ``random_comprehensiveness`` and ``random_sufficiency``.
    """
    drops = [whole - float(each) for each in left]
    own, chance = drops[: 2 * len(SHARES)], drops[2 * len(SHARES) :]
    return {
        "comprehensiveness": _mean(own[::2]),
        "sufficiency": _mean(own[1::2]),
        "random_comprehensiveness": _mean(chance[::2]),
        "random_sufficiency": _mean(chance[1::2]),
    }


def _mean(values: Sequence[float]) -> float:
    return round(sum(values) / len(values), 4)

"""What one gets without fine-tuning, measured on the same rows: the honest yardstick of every run."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from tools.finetune.metrics import classification


def majority(train: Sequence[str], truth: Sequence[str]) -> dict[str, float]:
    """Always the most frequent label of the training rows."""
    answer = Counter(train).most_common(1)[0][0]
    return classification(truth, [answer] * len(truth))


def frozen(vectors: Any, labels: Sequence[str], test_vectors: Any, truth: Sequence[str]) -> dict[str, float]:
    """Frozen encoder and logistic regression with a strength that suits unit vectors.

    Args:
        vectors: float [n, width] of the training rows.
        labels: their labels.
        test_vectors: float [m, width] of the held-out rows.
        truth: their labels.
    """
    from tools.finetune.head import regression

    return classification(truth, list(regression(vectors, labels, strength=10.0).predict(test_vectors)))

"""The measures of classifiers, the same for models and baselines."""

from collections.abc import Sequence
from typing import Any


def classification(truth: Sequence[str], guesses: Sequence[str]) -> dict[str, float]:
    """Accuracy, and precision, recall and F1 as means over the classes (macro); ``rows`` measured on.

    Args:
        truth: n true labels.
        guesses: n predicted labels.
    """
    from sklearn.metrics import accuracy_score, precision_recall_fscore_support

    precision, recall, f1, _ = precision_recall_fscore_support(
        truth, guesses, average="macro", zero_division=0
    )
    return {
        "accuracy": round(float(accuracy_score(truth, guesses)), 4),
        "precision": round(float(precision), 4),
        "recall": round(float(recall), 4),
        "f1": round(float(f1), 4),
        "rows": len(truth),
    }


def per_class(
    truth: Sequence[str], guesses: Sequence[str], labels: Sequence[str]
) -> dict[str, dict[str, float]]:
    """Precision, recall, F1 and support of each label."""
    from sklearn.metrics import precision_recall_fscore_support

    columns = precision_recall_fscore_support(truth, guesses, labels=list(labels), zero_division=0)
    names = ("precision", "recall", "f1", "support")
    return {
        label: {
            name: int(values[i]) if name == "support" else round(float(values[i]), 4)
            for name, values in zip(names, columns, strict=True)
        }
        for i, label in enumerate(labels)
    }


def confusion(truth: Sequence[str], guesses: Sequence[str], labels: Sequence[str]) -> dict[str, Any]:
    """Rows are true labels, columns predicted ones."""
    from sklearn.metrics import confusion_matrix

    return {"labels": list(labels), "matrix": confusion_matrix(truth, guesses, labels=list(labels)).tolist()}


def mistakes(
    texts: Sequence[str],
    truth: Sequence[str],
    guesses: Sequence[str],
    scores: Sequence[float],
    most: int = 25,
) -> list[dict[str, Any]]:
    """What the model got wrong, the surest mistakes first."""
    wrong: list[dict[str, Any]] = [
        {"text": text[:300], "label": label, "predicted": guess, "score": round(float(score), 4)}
        for text, label, guess, score in zip(texts, truth, guesses, scores, strict=True)
        if label != guess
    ]
    return sorted(wrong, key=lambda row: -row["score"])[:most]


def classifier_evaluation(
    texts: Sequence[str], truth: Sequence[str], probabilities: Any, labels: Sequence[str]
) -> tuple[dict[str, float], dict[str, Any]]:
    """Metrics and the stored evaluation of a classifier's probabilities.

    Args:
        texts: n texts.
        truth: n true labels; some may be unknown to the model (then they count as wrong).
        probabilities: float [n, classes].
        labels: the label of each column.
    """
    guesses = [labels[i] for i in probabilities.argmax(axis=1)]
    everything = [*labels, *sorted(set(truth) - set(labels))]
    return classification(truth, guesses), {
        "per_class": per_class(truth, guesses, everything),
        "confusion": confusion(truth, guesses, everything),
        "mistakes": mistakes(texts, truth, guesses, probabilities.max(axis=1)),
    }

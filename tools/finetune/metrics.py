"""The measures of classifiers, the same for models and baselines."""

from collections.abc import Callable, Sequence
from typing import Any

from tools.privacy.reports import quoted

RESAMPLED = 500  # times, for the interval of F1
BINS = 10  # of confidence, for the calibration


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
    return by_label(columns, labels)


def by_label(columns: Sequence[Any], labels: Sequence[str]) -> dict[str, dict[str, float]]:
    """scikit-learn's four arrays (precision, recall, F1, support) as one entry a label, rounded."""
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
        {"text": quoted(text), "label": label, "predicted": guess, "score": round(float(score), 4)}
        for text, label, guess, score in zip(texts, truth, guesses, scores, strict=True)
        if label != guess
    ]
    return sorted(wrong, key=lambda row: -row["score"])[:most]


def intervals(truth: Sequence[str], guesses: Sequence[str], seed: int = 0) -> dict[str, list[float]]:
    """Between which values accuracy and F1 lie with a confidence of 95 %, as far as so few rows can tell.

    Accuracy by Wilson's interval (1927); macro F1 by the percentiles of resampled rows (bootstrap, Efron 1979).

    Args:
        truth: n true labels.
        guesses: n predicted labels.
        seed: of the resampling.

    Returns:
        ``{"accuracy": [low, high], "f1": [low, high]}``.
    """
    import numpy
    from scipy.stats import binomtest

    names = sorted({*truth, *guesses})
    number = {name: i for i, name in enumerate(names)}
    pairs = numpy.array([[number[t], number[g]] for t, g in zip(truth, guesses, strict=True)])
    right = int((pairs[:, 0] == pairs[:, 1]).sum())
    wilson = binomtest(right, len(pairs)).proportion_ci(method="wilson")
    dice = numpy.random.default_rng(seed)
    draws = [macro_f1(pairs[dice.integers(0, len(pairs), len(pairs))], len(names)) for _ in range(RESAMPLED)]
    low, high = numpy.percentile(draws, [2.5, 97.5])
    return {
        "accuracy": [round(float(wilson.low), 4), round(float(wilson.high), 4)],
        "f1": [round(float(low), 4), round(float(high), 4)],
    }


def macro_f1(pairs: Any, labels: int) -> float:
    """The mean F1 of the labels that occur, from pairs of true and predicted label numbers, int [n, 2]."""
    import numpy

    true, guessed = (numpy.bincount(pairs[:, side], minlength=labels) for side in (0, 1))
    hits = numpy.bincount(pairs[pairs[:, 0] == pairs[:, 1], 0], minlength=labels)
    occurs = (true + guessed) > 0
    return float((2 * hits[occurs] / (true + guessed)[occurs]).mean())


def resampled(rows: Any, measure: Callable[[Any], dict[str, float]], seed: int = 0) -> dict[str, list[float]]:
    """Between which values measures lie with a confidence of 95 %: percentiles of resampled rows (Efron 1979).

    Args:
        rows: an array of n held-out rows.
        measure: such an array to measures by name; ``rows``, their number, is passed over.
        seed: of the resampling.

    Returns:
        ``{name: [low, high]}``; empty where there are no rows.
    """
    import numpy

    if not len(rows):
        return {}
    dice = numpy.random.default_rng(seed)
    draws = [measure(rows[dice.integers(0, len(rows), len(rows))]) for _ in range(RESAMPLED)]
    edges = {
        name: numpy.percentile([draw[name] for draw in draws], [2.5, 97.5])
        for name in draws[0]
        if name != "rows"
    }
    return {name: [round(float(edge), 4) for edge in each] for name, each in edges.items()}


def calibration(truth: Sequence[str], probabilities: Any, labels: Sequence[str]) -> dict[str, Any]:
    """Whether a classifier is right as often as it says: ten bins of confidence, and their expected calibration error.

    The error is the mean distance between confidence and accuracy over the rows (Guo et al. 2017, "On Calibration of
    Modern Neural Networks").

    Args:
        truth: n true labels.
        probabilities: float [n, classes].
        labels: the label of each column.

    Returns:
        ``{"error", "bins": [{"confidence", "accuracy", "rows"}]}``; empty bins are left out.
    """
    import numpy

    guesses = numpy.array([labels[i] for i in probabilities.argmax(axis=1)])
    return reliability(probabilities.max(axis=1), guesses == numpy.array(truth))


def reliability(sure: Any, right: Any) -> dict[str, Any]:
    """The same for any statements with a probability.

    Args:
        sure: float [n], how probable each was said to be.
        right: bool [n], whether it was true.
    """
    import numpy

    place = numpy.minimum((sure * BINS).astype(int), BINS - 1)
    bins = [
        {
            "confidence": round(float(sure[place == i].mean()), 4),
            "accuracy": round(float(right[place == i].mean()), 4),
            "rows": int((place == i).sum()),
        }
        for i in range(BINS)
        if (place == i).any()
    ]
    error = sum(each["rows"] * abs(each["confidence"] - each["accuracy"]) for each in bins) / max(
        1, len(sure)
    )
    return {"error": round(error, 4), "bins": bins}


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
        "intervals": intervals(truth, guesses),
        "calibration": calibration(truth, probabilities, labels),
        "per_class": per_class(truth, guesses, everything),
        "confusion": confusion(truth, guesses, everything),
        "mistakes": mistakes(texts, truth, guesses, probabilities.max(axis=1)),
    }

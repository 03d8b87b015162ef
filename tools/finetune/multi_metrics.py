"""The measures of classifiers that give several labels a text."""

from collections.abc import Sequence
from typing import Any

from tools.data.label_sets import combined
from tools.finetune.metrics import by_label, mistakes, reliability, resampled

Sets = Sequence[Sequence[str]]
THRESHOLDS = (0.5, 0.45, 0.4, 0.35, 0.3, 0.25, 0.2, 0.55, 0.6, 0.65, 0.7)


def indicator(sets: Sets, labels: Sequence[str]) -> Any:
    """Which row has which label, int8 [n, labels]; labels that are not listed are left out."""
    import numpy

    place = {label: number for number, label in enumerate(labels)}
    found = numpy.zeros((len(sets), len(labels)), dtype=numpy.int8)
    for row, names in enumerate(sets):
        for name in names:
            if name in place:
                found[row, place[name]] = 1
    return found


def given(probabilities: Any, labels: Sequence[str], threshold: float) -> list[tuple[str, ...]]:
    """The labels at or above the threshold, the likeliest first.

    Args:
        probabilities: float [n, labels].
        labels: of the columns.
        threshold: a probability.
    """
    return [
        tuple(labels[i] for i in (-row).argsort(kind="stable") if row[i] >= threshold)
        for row in probabilities
    ]


def choose_threshold(truth: Any, probabilities: Any) -> float:
    """The probability from which a label is given: a half, unless another has a better F1 over all labels.

    Args:
        truth: int [n, labels].
        probabilities: float [n, labels].
    """
    scores = [_micro_f1(truth, probabilities >= each) for each in THRESHOLDS]
    return THRESHOLDS[scores.index(max(scores))]


def _micro_f1(truth: Any, guess: Any) -> float:
    both = truth.sum() + guess.sum()
    return 2.0 * float((truth * guess).sum()) / float(both) if both else 0.0


def multilabel(truth: Any, guess: Any) -> dict[str, float]:
    """Precision, recall and F1 as means over the labels (macro), ``f1_micro``, and ``accuracy``: all labels right.

    Args:
        truth: int [n, labels].
        guess: int or bool [n, labels].
    """
    from sklearn.metrics import precision_recall_fscore_support

    occurs = (truth.astype(bool) | guess.astype(bool)).any(
        axis=0
    )  # as for single labels: others tell nothing
    some = (truth[:, occurs], guess[:, occurs]) if occurs.any() else (truth, guess)
    precision, recall, f1, _ = precision_recall_fscore_support(*some, average="macro", zero_division=0)
    return {
        "accuracy": round(float((truth == guess).all(axis=1).mean()), 4),
        "precision": round(float(precision), 4),
        "recall": round(float(recall), 4),
        "f1": round(float(f1), 4),
        "f1_micro": round(_micro_f1(truth, guess), 4),
        "rows": len(truth),
    }


def multilabel_evaluation(
    texts: Sequence[str], truth: Sets, probabilities: Any, labels: Sequence[str], threshold: float
) -> tuple[dict[str, float], dict[str, Any]]:
    """Metrics and the stored evaluation, of the same shape as that of a classifier of single labels.

    Args:
        texts: n texts.
        truth: the labels of each; some may be unknown to the model (then they count as missed).
        probabilities: float [n, labels].
        labels: of the columns.
        threshold: from which a label is given.
    """
    import numpy

    everything = [*labels, *sorted({name for names in truth for name in names} - set(labels))]
    guesses = given(probabilities, labels, threshold)
    wanted, got = indicator(truth, everything), indicator(guesses, everything)
    sure = numpy.abs(probabilities - threshold).min(axis=1)
    shown = [combined(sorted(names)) for names in truth], [combined(sorted(names)) for names in guesses]
    return multilabel(wanted, got), {
        "per_class": _per_label(wanted, got, everything),
        "confusion": _together(wanted, got, everything),
        "mistakes": mistakes(texts, *shown, list(sure)),
        "threshold": threshold,
        "intervals": intervals(wanted, got),
        "calibration": reliability(probabilities.ravel(), wanted[:, : len(labels)].ravel() == 1),
    }


def intervals(truth: Any, guess: Any) -> dict[str, list[float]]:
    """Between which values accuracy, F1 and micro F1 lie with a confidence of 95 %, see :func:`resampled`.

    Args:
        truth: int [n, labels].
        guess: int [n, labels].
    """
    import numpy

    right, both = (truth * guess).astype(numpy.float32), (truth + guess).astype(numpy.float32)
    exact = (truth == guess).all(axis=1)

    def measure(rows: Any) -> dict[str, float]:
        times = numpy.bincount(rows, minlength=len(truth)).astype(numpy.float32)
        hits, given_ = 2 * times @ right, times @ both
        occurs = given_ > 0
        return {
            "accuracy": float(exact[rows].mean()),
            "f1": float((hits[occurs] / given_[occurs]).mean()) if occurs.any() else 0.0,
            "f1_micro": float(hits.sum() / max(1.0, given_.sum())),
        }

    return resampled(numpy.arange(len(truth)), measure)


def _per_label(wanted: Any, got: Any, labels: Sequence[str]) -> dict[str, dict[str, float]]:
    from sklearn.metrics import precision_recall_fscore_support

    return by_label(precision_recall_fscore_support(wanted, got, average=None, zero_division=0), labels)


def _together(wanted: Any, got: Any, labels: Sequence[str]) -> dict[str, Any]:
    """On the diagonal how often a label was given rightly; elsewhere how often a wrong one stood beside a true one."""
    wrong = got * (1 - wanted)
    matrix = wanted.T.astype(int) @ wrong.astype(int)
    for i in range(len(labels)):
        matrix[i, i] = int((wanted[:, i] * got[:, i]).sum())
    return {"labels": list(labels), "matrix": matrix.tolist()}

"""Labels that are likely wrong: rows that a classifier which never saw them is surer of under another label.

Confident learning (Northcutt, Jiang and Chuang 2021, "Confident Learning: Estimating Uncertainty in Dataset Labels"): a
row counts as another label's where its out-of-sample probability of that label reaches what rows of that label have on
average. The package of the paper's authors, cleanlab, is under the AGPL and cannot be used here.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from tools.privacy.reports import quoted

FOLDS = 4
MOST = 50  # rows that are listed
NOTABLE = 0.01  # share of the rows from which on it is worth a sentence


def label_errors(
    vectors: Any, labels: Sequence[str], texts: Sequence[str]
) -> tuple[int, list[dict[str, Any]]]:
    """Rows whose label is likely wrong.

    Args:
        vectors: float [n, width], of a frozen encoder.
        labels: n labels.
        texts: n texts.

    Returns:
        How many there are, and the surest of them: ``{"text", "label", "suggested", "score"}``, where the score is by
        how much the suggested label is likelier.
    """
    import numpy
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_predict

    counts = Counter(labels)
    rows = [row for row, label in enumerate(labels) if counts[label] >= FOLDS]
    names = sorted({labels[row] for row in rows})
    if len(names) < 2:
        return 0, []
    given = numpy.array([names.index(labels[row]) for row in rows])
    probabilities = cross_val_predict(
        LogisticRegression(C=10.0, max_iter=300, tol=1e-3), vectors[rows], given,
        cv=StratifiedKFold(FOLDS, shuffle=True, random_state=0), method="predict_proba",
    )  # fmt: skip
    return suspects(probabilities, given, names, [texts[row] for row in rows])


def suspects(
    probabilities: Any, given: Any, names: Sequence[str], texts: Sequence[str]
) -> tuple[int, list[dict[str, Any]]]:
    """Rows whose label is likely wrong, by probabilities of a model that has not learned from them.

    Args:
        probabilities: float [n, labels].
        given: int [n], the label each row has.
        names: the label of each column.
        texts: n texts.

    Returns:
        As :func:`label_errors`.
    """
    import numpy

    usual = numpy.array(
        [probabilities[given == k, k].mean() if (given == k).any() else numpy.inf for k in range(len(names))]
    )
    sure = numpy.where(probabilities >= usual, probabilities, 0.0)
    other = sure.argmax(axis=1)
    places = numpy.arange(len(given))
    lead = sure[places, other] - probabilities[places, given]
    wrong = [int(at) for at in (-lead).argsort(kind="stable") if other[at] != given[at] and lead[at] > 0]
    listed = [
        {
            "text": quoted(texts[at]),
            "label": names[given[at]],
            "suggested": names[other[at]],
            "score": round(float(lead[at]), 4),
        }
        for at in wrong[:MOST]
    ]
    return len(wrong), listed


def told(count: int, rows: int) -> list[str]:
    """A sentence about them, where there are enough to care."""
    if count < max(3, NOTABLE * rows):
        return []
    return [
        f"{count:,} of {rows:,} labels look wrong; the report lists the surest of them. Mend those, and train again."
    ]

"""How the classifier on a frozen encoder chooses its regularization."""

import numpy
from sklearn.linear_model import LogisticRegression

from tools.finetune.head import CHOOSING_ROWS, USUAL, _some_rows, choose_strength, label_weights, regression


def _near(count: int, apart: float, seed: int) -> tuple[numpy.ndarray, list[str]]:
    """Unit vectors that all point about the same way; every tenth leans a little to one side."""
    rng = numpy.random.default_rng(seed)
    vectors = numpy.zeros((count, 8))
    vectors[:, 0], rare = 1.0, numpy.arange(count) % 10 == 0
    vectors[:, 1] = numpy.where(rare, apart, -apart) + rng.normal(0, apart / 5, count)
    vectors /= numpy.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors, ["rare" if each else "usual" for each in rare]


def test_the_usual_strength_stays_where_no_other_does_clearly_better():
    assert choose_strength(_near(200, 0.9, 0), _near(100, 0.9, 1)) == USUAL


def test_another_strength_is_taken_where_it_does_clearly_better():
    told: list[int] = []
    assert choose_strength(_near(400, 0.02, 0), _near(300, 0.02, 1), told.append) > USUAL
    assert told == [1, 2, 3, 4]


def test_the_rows_to_choose_by_keep_every_label_and_its_share():
    labels = ["often"] * 3 * CHOOSING_ROWS + ["seldom"] * CHOOSING_ROWS + ["once"]
    some = [labels[row] for row in _some_rows(labels)]
    assert len(some) <= CHOOSING_ROWS + 3
    assert abs(some.count("often") / some.count("seldom") - 3) < 0.01
    assert some.count("once") == 1


def test_rare_labels_weigh_more_but_not_as_much_as_they_are_rare():
    weights = label_weights(["often"] * 90 + ["rare"] * 10)
    assert weights["rare"] == 3 * weights["often"]
    assert label_weights(["a", "b"] * 5) == {"a": 1.0, "b": 1.0}


def test_a_rare_label_is_found_that_plain_counting_overlooks():
    vectors, labels = _near(400, 0.04, 0)
    held, truth = _near(400, 0.04, 1)
    plain = LogisticRegression(C=USUAL).fit(vectors, labels).predict(held)
    ours = regression(vectors, labels).predict(held)
    rare = numpy.array(truth) == "rare"
    assert (ours[rare] == "rare").mean() > (plain[rare] == "rare").mean()
    assert (ours[~rare] == "usual").mean() > 0.95

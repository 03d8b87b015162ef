import numpy
import pytest
from sklearn.metrics import f1_score

from tools.finetune.metrics import calibration, classification, intervals


def test_intervals_hold_the_measure_and_narrow_with_more_rows():
    dice = numpy.random.default_rng(3)
    truth = [str(i) for i in dice.integers(0, 4, 400)]
    guesses = [label if dice.random() < 0.8 else "0" for label in truth]
    measured, many, few = (
        classification(truth, guesses),
        intervals(truth, guesses),
        intervals(truth[:40], guesses[:40]),
    )
    for name in ("accuracy", "f1"):
        assert many[name][0] < measured[name] < many[name][1]
        assert few[name][1] - few[name][0] > many[name][1] - many[name][0]
    assert intervals(truth, guesses) == many


def test_wilson_interval_of_all_right_does_not_reach_certainty_below():
    low, high = intervals(["a"] * 20, ["a"] * 20)["accuracy"]
    assert low == pytest.approx(0.8389, abs=1e-3)
    assert high == 1.0


def test_resampled_f1_is_the_one_of_scikit_learn():
    from tools.finetune.metrics import _macro_f1

    truth, guesses = [0, 0, 1, 2, 2, 2], [0, 1, 1, 2, 0, 2]
    pairs = numpy.array([truth, guesses]).T
    assert _macro_f1(pairs, 3) == pytest.approx(f1_score(truth, guesses, average="macro"))


def test_calibration_tells_a_braggart_from_an_honest_model():
    truth = ["a"] * 5 + ["b"] * 5
    honest = numpy.tile([0.5001, 0.4999], (10, 1))
    braggart = numpy.tile([0.99, 0.01], (10, 1))
    assert calibration(truth, honest, ["a", "b"])["error"] < 0.001
    found = calibration(truth, braggart, ["a", "b"])
    assert found["error"] == pytest.approx(0.49, abs=1e-3)
    assert found["bins"] == [{"confidence": 0.99, "accuracy": 0.5, "rows": 10}]

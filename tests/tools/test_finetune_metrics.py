import numpy
import pytest
from sklearn.metrics import f1_score

from tools.finetune.metrics import calibration, classification, intervals, resampled


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
    from tools.finetune.metrics import macro_f1

    truth, guesses = [0, 0, 1, 2, 2, 2], [0, 1, 1, 2, 0, 2]
    pairs = numpy.array([truth, guesses]).T
    assert macro_f1(pairs, 3) == pytest.approx(f1_score(truth, guesses, average="macro"))


def test_calibration_tells_a_braggart_from_an_honest_model():
    truth = ["a"] * 5 + ["b"] * 5
    honest = numpy.tile([0.5001, 0.4999], (10, 1))
    braggart = numpy.tile([0.99, 0.01], (10, 1))
    assert calibration(truth, honest, ["a", "b"])["error"] < 0.001
    found = calibration(truth, braggart, ["a", "b"])
    assert found["error"] == pytest.approx(0.49, abs=1e-3)
    assert found["bins"] == [{"confidence": 0.99, "accuracy": 0.5, "rows": 10}]


def test_resampled_measures_narrow_with_more_rows():
    ranks = numpy.array([1, 1, 2, 5] * 50)
    measure = lambda rows: {"mrr": float((1 / rows).mean()), "rows": len(rows)}  # noqa: E731
    many, few = resampled(ranks, measure)["mrr"], resampled(ranks[:20], measure)["mrr"]
    assert few[0] < many[0] < 0.675 < many[1] < few[1]
    assert resampled(ranks, measure) == {"mrr": many} and resampled(ranks[:0], measure) == {}


def test_several_labels_have_intervals_and_calibration():
    from tools.finetune.multi_metrics import multilabel, multilabel_evaluation

    dice = numpy.random.default_rng(0)
    probabilities = dice.random((400, 3)).astype(numpy.float32)
    truth = dice.random((400, 3)) < probabilities  # as often as they say
    labels = ["a", "b", "c", "never"]
    given = [tuple(name for name, yes in zip(labels, row, strict=False) if yes) for row in truth]
    wide = numpy.hstack([probabilities, numpy.zeros((400, 1), dtype=numpy.float32)])
    texts = [str(n) for n in range(400)]
    metrics, found = multilabel_evaluation(texts, given, wide, labels, 0.5)
    for name in ("accuracy", "f1", "f1_micro"):
        low, high = found["intervals"][name]
        assert low < metrics[name] < high < low + 0.15
    assert found["calibration"]["error"] < 0.05
    _, boasting = multilabel_evaluation(texts, given, wide**0.2, labels, 0.5)
    assert boasting["calibration"]["error"] > 0.2
    three, four = (
        multilabel(side, wide[:, : side.shape[1]] > 0.5)["f1"]
        for side in (truth, numpy.pad(truth, ((0, 0), (0, 1))))
    )
    assert three == four  # a label that does not occur tells nothing


def test_language_models_are_measured_row_by_row(tmp_path):
    import torch
    from transformers import DataCollatorForLanguageModeling

    from tests.tools.tiny_models import sentences, tokenizer
    from tools.finetune.language import by_frequency, counted, losses, perplexity

    words = tokenizer()
    rows = [{"input_ids": words(text)["input_ids"]} for text, _ in sentences(30)]

    class Flat(torch.nn.Linear):
        """Holds all words for equally likely."""

        def forward(self, input_ids, attention_mask):
            from types import SimpleNamespace

            logits = torch.zeros(*input_ids.shape, len(words))
            return SimpleNamespace(logits=logits)

    def masks():
        return DataCollatorForLanguageModeling(words, mlm_probability=0.3, seed=7)

    flat = losses(Flat(1, 1), rows, masks(), lambda done: None, shift=0)
    assert flat.shape == (30, 3)
    assert flat[:, 0] == pytest.approx(flat[:, 2] * numpy.log(len(words)), rel=1e-3)
    assert perplexity(flat)["perplexity"] == pytest.approx(len(words), rel=1e-2)
    counts = counted((row["input_ids"] for row in rows), len(words))
    guessed = by_frequency(counts, rows, masks(), 0, words.all_special_ids)
    assert guessed[:, 2].tolist() == flat[:, 2].tolist()
    assert 2 < perplexity(guessed)["perplexity"] < perplexity(flat)["perplexity"]


def test_vectors_of_no_numbers_find_nothing() -> None:
    from types import SimpleNamespace

    from tools.finetune.retrieval import retrieval, searched

    none = SimpleNamespace(embed=lambda texts, told=None: numpy.full((len(texts), 1), numpy.nan, "float32"))
    found = retrieval(searched(none, [(f"a{n}", f"b{n}", str(n)) for n in range(10)]).places)
    assert found["accuracy@1"] == found["accuracy@5"] == 0.0 and found["mrr"] <= 0.1

"""Contradictions, repeats, long and uneven rows are told, and rows of rare labels count more."""

import numpy
import pytest

from tests.tools.tiny_models import digits, sentences, tiny_bert, tiny_vit, write_csv
from tools.errors import BadData
from tools.finetune.plan import make_plan
from tools.finetune.run import train
from tools.finetune.spec import FinetuneSpec

pytestmark = pytest.mark.usefixtures("one_thread")


def _warnings(tmp_path, rows, **options):
    return make_plan(FinetuneSpec(write_csv(tmp_path / "data.csv", rows), "m", **options))["warnings"]


def test_texts_with_two_labels_and_repeats_are_counted(tmp_path):
    rows = sentences()
    assert _warnings(tmp_path, rows) == []
    (said,) = _warnings(
        tmp_path, rows + [(text.upper(), "orders") for text, label in rows[:6] if label != "orders"]
    )
    assert said.startswith("4 texts or pictures come again with another label")
    (said,) = _warnings(tmp_path, rows + rows[:9])
    assert said.startswith("9 of 69 rows repeat earlier ones")


def test_a_label_with_one_text_however_often_is_refused(tmp_path):
    with pytest.raises(BadData, match="Label new has one text only"):
        _warnings(tmp_path, sentences() + [("always the same words", "new")] * 5)


def test_a_label_with_one_text_is_learned_where_others_measure_it_and_where_it_is_one_of_many(tmp_path):
    rows = sentences() + [("always the same words", "new")] * 5
    test = write_csv(tmp_path / "test.csv", [*sentences(12, seed=5), ("other words", "new")])
    assert not any("one text" in each for each in _warnings(tmp_path, rows, test_data=test))
    many = [
        (f"{text} {number}", f"{label} {number % 5}") for number, (text, label) in enumerate(sentences(180))
    ]
    said = _warnings(tmp_path, many + [("always the same words", "new")] * 5)
    assert "Label new has one text only, again and again: it is learned or measured, but not both." in said


@pytest.mark.parametrize("task", ["text-classification", "embedding"])
def test_texts_of_which_only_the_beginning_is_read_are_counted(tmp_path, task):
    rows = sentences()
    long = [("and so on " * 2_000 + text, label) for text, label in rows[:12]]
    columns = {"task": task, "text_column": "text", "label_column": "label"}
    said = [
        each for each in _warnings(tmp_path, long + rows[12:], **columns) if "longer than 256 tokens" in each
    ]
    counted = 63 if task == "embedding" else 60  # of an embedding the labels are texts too
    assert len(said) == 1 and said[0].startswith(f"12 of {counted} texts")
    assert not any("tokens" in each for each in _warnings(tmp_path, rows, **columns))


def test_numbers_that_a_head_has_no_use_for_are_named(tmp_path):
    rows = sentences()
    (said,) = _warnings(tmp_path, rows, method="head", epochs=5, learning_rate=1e-3)
    assert "no use for epochs and learning rate" in said
    assert _warnings(tmp_path, rows, method="full", epochs=5) == []


def _uneven() -> list[tuple[str, str]]:
    rows = sentences(240)
    rare = [row for row in rows if row[1] == "money"][:6]
    return [row for row in rows if row[1] != "money"] + rare


def test_uneven_labels_are_told_and_mildly_uneven_ones_not(tmp_path):
    (said,) = _warnings(tmp_path, _uneven())
    assert said.startswith("Labels are uneven (80 rows of cards, 6 of money)")
    rows = sentences(120)
    assert _warnings(tmp_path, rows[:40] + [row for row in rows[40:] if row[1] != "money"]) == []


def test_rows_of_rare_labels_count_more_and_all_others_as_before():
    from tools.finetune.classification import accuracy
    from tools.finetune.parted import PartedTrainer
    from tools.finetune.weighted import WeightedTrainer, by_labels, weights_of

    assert by_labels([0] * 90 + [1] * 10, 2, accuracy) == (PartedTrainer, accuracy)
    assert by_labels([], 3, accuracy) == (PartedTrainer, accuracy)
    rows = [0] * 900 + [1] * 100 + [2] * 9
    weights = weights_of(rows, 3)
    assert numpy.mean([weights[row] for row in rows]) == pytest.approx(1)
    assert weights[2] / weights[0] == pytest.approx(10)  # the root of 100
    trainer, score = by_labels(rows, 3, accuracy)
    assert trainer.func is WeightedTrainer

    class Guess:
        label_ids = numpy.array([0, 0, 0, 1])
        predictions = numpy.array([[1.0, 0.0]] * 4)

    assert accuracy(Guess)["score"] == 0.75
    assert score(Guess)["score"] == pytest.approx(3 / 7)  # the mean of 6/7 and 0


def test_the_weighted_loss_of_a_batch_is_that_of_its_parts(tmp_path, monkeypatch):
    import torch
    from transformers import AutoModelForSequenceClassification, TrainingArguments

    from tools.finetune import parted
    from tools.finetune.weighted import WeightedTrainer

    model = AutoModelForSequenceClassification.from_pretrained(
        tiny_bert(tmp_path / "base"), num_labels=2
    ).train(False)
    arguments = TrainingArguments(tmp_path / "out", use_cpu=True, report_to="none")
    trainer = WeightedTrainer(model=model, args=arguments, weights=[0.5, 3.0])
    batch = {
        "input_ids": torch.randint(5, 30, (6, 8)),
        "attention_mask": torch.ones(6, 8, dtype=torch.int64),
        "labels": torch.tensor([0, 0, 0, 1, 0, 1]),
    }
    whole = trainer.compute_loss(model, dict(batch))
    logits = model(batch["input_ids"], batch["attention_mask"]).logits
    each = torch.nn.functional.cross_entropy(logits, batch["labels"], reduction="none")
    assert float(whole) == pytest.approx(
        float((each * torch.tensor([0.5, 0.5, 0.5, 3, 0.5, 3])).mean()), rel=1e-4
    )
    monkeypatch.setattr(parted, "MOST_TOKENS", 20)
    pieces = 0.0
    for share, piece in trainer._parts(batch):
        trainer._share = share
        pieces += float(trainer.compute_loss(model, piece))
    assert pieces == pytest.approx(float(whole), rel=1e-4)


@pytest.mark.parametrize("earlier", [False, True])
def test_a_run_that_an_earlier_program_began_weighs_no_rows(tmp_path, monkeypatch, earlier):
    from tools.finetune import run, weighted

    made = []
    init = weighted.WeightedTrainer.__init__
    monkeypatch.setattr(
        weighted.WeightedTrainer,
        "__init__",
        lambda self, *args, **more: made.append(self) or init(self, *args, **more),
    )
    base, data = tiny_bert(tmp_path / "base"), write_csv(tmp_path / "data.csv", _uneven())
    spec = FinetuneSpec(data, "m", "base", base, "text-classification", "full", epochs=1)
    (tmp_path / "work").mkdir()
    if earlier:
        with monkeypatch.context() as then:
            then.setattr(run, "WAYS", {})
            run._plan(spec, tmp_path / "work")
    train(spec, tmp_path / "m", tmp_path / "work", lambda _: None)
    assert len(made) == (0 if earlier else 1)


def test_a_training_on_uneven_labels_stops_by_all_of_them(tmp_path):
    base, data = tiny_bert(tmp_path / "base"), write_csv(tmp_path / "data.csv", _uneven())
    spec = FinetuneSpec(data, "m", "base", base, "text-classification", "full", epochs=2, learning_rate=3e-3)
    result = train(spec, tmp_path / "m", tmp_path / "work", lambda _: None)
    assert any("uneven" in each for each in result["warnings"])
    assert result["metrics"]["f1"] > result["baseline"]["majority"]["f1"]


def test_equal_pictures_with_two_labels_are_told(tmp_path):
    import zipfile

    base, data = tiny_vit(tmp_path / "base"), digits(tmp_path / "data.zip")
    with zipfile.ZipFile(data, "a") as archive:
        archive.writestr("zero/again.png", archive.read("one/1.png"))
    spec = FinetuneSpec(data, "m", "base", base, "image-classification", epochs=1)
    result = train(spec, tmp_path / "m", tmp_path / "work", lambda _: None)
    assert any(each.startswith("1 texts or pictures come again") for each in result["warnings"])

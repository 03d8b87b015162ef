"""Texts without labels: labelled by the model where it is sure, and kept only where that helps."""

import json

import numpy
import pytest

from tests.tools.tiny_models import sentences, tiny_bert, write_csv
from tools.errors import BadArgument, Unsupported
from tools.finetune.plan import make_plan
from tools.finetune.pseudo import confident, threshold
from tools.finetune.run import train
from tools.finetune.spec import FinetuneSpec

pytestmark = pytest.mark.usefixtures("one_thread")


def test_unlabelled_rows_are_learned_from_and_both_results_told(tmp_path):
    rows = sentences(240)
    texts = [(text, label if at < 90 else "") for at, (text, label) in enumerate(rows[:150])]
    data = write_csv(tmp_path / "data.csv", texts)
    more = write_csv(tmp_path / "more.csv", [(text,) for text, _ in rows[150:]], ("text",))
    base = tiny_bert(tmp_path / "tiny")
    spec = FinetuneSpec(data, "m", "tiny", base, method="full", unlabeled=more, epochs=6, learning_rate=5e-3)
    result = train(spec, tmp_path / "model", tmp_path / "work", lambda progress: None)
    told = result["unlabeled"]
    assert told["rows"] == 150
    assert 30 < told["used"] <= 150
    assert result["metrics"]["accuracy"] == (told["with_unlabeled"] if told["kept"] else told["supervised"])
    assert "Texts without labels" in (tmp_path / "model" / "report.html").read_text()
    assert json.loads((tmp_path / "model" / "assistant.json").read_text())["labels"] == [
        "cards",
        "money",
        "orders",
    ]
    assert not (tmp_path / "work" / "supervised").exists()


def test_how_sure_is_enough_is_read_off_the_validation_rows():
    sure = [0.99] * 20 + [0.8] * 20 + [0.5] * 20
    right = [True] * 40 + [False, True] * 10
    assert threshold(sure, right) == 0.8
    assert threshold(sure[:5], right[:5]) == 0.9
    assert threshold([0.9] * 20, [False] * 20) == 1.0


def test_no_label_gets_many_more_rows_than_it_has():
    probabilities = numpy.array([[0.9 + at / 1000, 0.1 - at / 1000] for at in range(30)] + [[0.2, 0.8]])
    chosen = confident(
        probabilities, ["a", "b"], [str(at) for at in range(31)], 0.85, [("x", "a"), ("y", "b")]
    )
    assert [label for _, label in chosen] == ["a"] * 4
    assert chosen[0][0] == "29"


def test_a_file_that_does_not_fit_is_told_before_training(tmp_path):
    data = write_csv(tmp_path / "data.csv", sentences(60))
    other = write_csv(tmp_path / "other.csv", [("a", "b")], ("first", "second"))
    with pytest.raises(BadArgument, match="text"):
        make_plan(FinetuneSpec(data, "m", unlabeled=other))
    with pytest.raises(Unsupported, match="unlabelled"):
        make_plan(FinetuneSpec(data, "m", task="masked-lm", unlabeled=other))


def test_a_head_is_judged_on_rows_it_has_not_seen_and_learns_from_them_in_the_end(tmp_path):
    rows = sentences(240)
    texts = [(text, label if at < 120 else "") for at, (text, label) in enumerate(rows)]
    data = write_csv(tmp_path / "data.csv", texts)
    spec = FinetuneSpec(data, "m", "tiny", tiny_bert(tmp_path / "tiny"), method="head")
    told = train(spec, tmp_path / "model", tmp_path / "work", lambda progress: None)["unlabeled"]
    assert told["rows"] == 120
    assert 0.4 < told["sure"] <= 1.0

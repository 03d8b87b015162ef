"""Several labels a text: how a column tells, and the whole way from file to measured model."""

import csv
import json
import random

import numpy
import pytest

from tests.tools.tiny_models import WORDS, tiny_bert, write_csv
from tools.data.inspect import inspect_file
from tools.data.label_sets import label_sets
from tools.errors import Unsupported
from tools.finetune.plan import make_plan
from tools.finetune.run import train
from tools.finetune.spec import FinetuneSpec
from tools.serving.active import choose
from tools.serving.evaluate import evaluate
from tools.serving.predictor import load

pytestmark = pytest.mark.usefixtures("one_thread")

SIGNS = {"cards": "card", "orders": "parcel", "money": "refund"}


def _rows(count: int, seed: int = 0) -> list[tuple[str, str]]:
    """Texts whose words tell which of three labels apply; some have none."""
    dice, made = random.Random(seed), {}
    while len(made) < count:
        chosen = [label for label in SIGNS if dice.random() < 0.5]
        words = [SIGNS[label] for label in chosen] * 2 + [
            dice.choice(WORDS[:3] + WORDS[7:]) for _ in range(4)
        ]
        dice.shuffle(words)
        made[" ".join(words)] = json.dumps(chosen)
    return list(made.items())


@pytest.fixture(scope="module")
def spec(tmp_path_factory):
    folder = tmp_path_factory.mktemp("several")
    data = write_csv(folder / "mails.csv", _rows(260), ("text", "labels"))
    return FinetuneSpec(data, "several", "tiny", tiny_bert(folder / "tiny"), epochs=8, learning_rate=3e-3)


@pytest.mark.parametrize(
    ("cells", "sets"),
    [
        (["a|b", "a", "b|c", "a|c", "c", None], [("a", "b"), ("a",), ("b", "c"), ("a", "c"), ("c",), None]),
        (["late; torn", "late", "torn", "torn; late"], [("late", "torn"), ("late",), ("torn",), ("torn", "late")]),
        ([["a", "b"], ["a"], []], [("a", "b"), ("a",), ()]),
        (['["a", "b"]', "[]", '["b", "b"]'], [("a", "b"), (), ("b",)]),
        (["Smith, Ann", "Jones, Bob", "Smith, Ann"], None),
        (["food, bar", "food, cafe", "food, deli"], None),
        (["1,5", "2,5", "1", "2", "5"], None),
        ([["a"], ["b"]], None),
        (["['late', 'torn']", "['late']", "[]"], [("late", "torn"), ("late",), ()]),
        (["-1,5", "-2,5", "-1", "-2", "5"], None),
        (["a", "b", "[1, 2]", "a", "b"], None),
        (["[" * 9000, "a", "b"], None),
        (["yes", "no", None], None),
    ],
)  # fmt: skip
def test_a_column_tells_whether_its_rows_have_several_labels(cells, sets):
    assert label_sets(cells) == sets


def test_a_cell_falls_apart_into_labels_that_are_known():
    assert label_sets(["a|b", "c|d", "a"], known=("a", "b")) == [("a", "b"), ("c|d",), ("a",)]


def test_inspecting_counts_labels_one_by_one(tmp_path):
    rows = [("where is my parcel please", "late|lost"), ("it came torn and late today", "late|torn")]
    rows += [("never mind it is here", "lost"), ("all in pieces again", "torn"), ("slow again", "late")]
    found = inspect_file(write_csv(tmp_path / "m.csv", rows * 3, ("text", "labels")))
    assert (found["task"], found["label_column"]) == ("text-classification", "labels")
    assert found["labels"] == {"late": 9, "lost": 6, "torn": 6}


@pytest.mark.parametrize("method", ["head", "full", "lora"])
def test_a_model_gives_every_label_that_applies(spec, tmp_path, method):
    from transformers import pipeline

    wish = FinetuneSpec.from_dict(spec.as_dict() | {"method": method})
    result = train(wish, tmp_path / "model", tmp_path / "work", lambda progress: None)
    if method != "head":  # a random encoder says little
        assert result["metrics"]["f1"] > 0.9 > result["baseline"]["majority"]["f1"]
        assert result["metrics"]["accuracy"] > 0.8
    predictor = load(tmp_path / "model")
    both, none = predictor.predict(["card refund card refund the a", "the a my i today not"])
    if method == "full":
        assert set(both["labels"]) == {"cards", "money"} and none["labels"] == []
    outside = pipeline("text-classification", model=str(tmp_path / "model"), top_k=None)
    for text in ("card refund card refund the a", "parcel the a"):
        own = predictor.predict([text])[0]["scores"]
        for each in outside([text])[0]:
            assert each["score"] == pytest.approx(own[each["label"]], abs=0.02)  # bf16 here, fp32 there
    stored = json.loads((tmp_path / "model" / "evaluation.json").read_text())
    assert set(stored["per_class"]) == set(SIGNS) and "report.html" in result["report"]


def test_measuring_on_another_file_needs_no_two_labels_in_a_row(spec, tmp_path):
    wish = FinetuneSpec.from_dict(spec.as_dict() | {"method": "full"})
    train(wish, tmp_path / "model", tmp_path / "work", lambda progress: None)
    data = tmp_path / "new.csv"
    with data.open("w", newline="") as file:
        csv.writer(file).writerows(
            [("text", "labels"), ("card card the my i a", "cards"), ("parcel refund parcel refund a i", "money|orders")]
        )  # fmt: skip
    found = evaluate(load(tmp_path / "model"), {}, data)
    assert found["metrics"]["accuracy"] == 1.0 and found["metrics"]["rows"] == 2
    assert found["confusion"]["labels"] == sorted(SIGNS)
    assert sum(map(sum, found["confusion"]["matrix"])) == 3


def test_rows_to_label_are_those_where_a_label_might_as_well_be_given():
    probabilities = numpy.array([[0.99, 0.99, 0.01], [0.5, 0.02, 0.01], [0.9, 0.01, 0.01]])
    (first,) = choose(probabilities, ["sure of two", "in doubt", "sure of one"], 1, threshold=0.5)
    assert first[0] == 1


def test_what_several_labels_cannot_do_is_said_before_the_start(spec):
    plan = make_plan(spec)
    assert plan["several_labels"] and plan["labels"] == 3
    with pytest.raises(Unsupported, match="few-shot cannot use"):
        make_plan(FinetuneSpec.from_dict(spec.as_dict() | {"method": "few-shot"}))

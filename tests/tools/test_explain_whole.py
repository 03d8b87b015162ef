"""Models explained as a whole, what turns a label, two models side by side, and where a model is weak."""

import json
import random
from pathlib import Path

import pytest

from tests.tools.tiny_models import write_csv
from tests.tools.trained import ROWS, train_head
from tools.errors import BadArgument, Unsupported
from tools.explain.explain import explain, page_html
from tools.explain.overview import overview
from tools.explain.overview_page import overview_html
from tools.explain.report import add_heat_maps
from tools.explain.versus import versus
from tools.finetune.report import write_report
from tools.finetune.weaknesses import slices, weaknesses
from tools.serving.predictor import Predictor, load


@pytest.fixture(scope="module")
def predictor(tmp_path_factory: pytest.TempPathFactory) -> Predictor:
    return load(train_head(tmp_path_factory.mktemp("models") / "router"), "cpu")


def test_a_counterfactual_really_turns_the_label(predictor: Predictor) -> None:
    text = "I want my money back, the parcel came late"
    found = explain(predictor, text, counterfactual=True)
    turned = found["counterfactual"]
    assert predictor.predict([turned["text"]])[0]["label"] == turned["label"] != found["prediction"]["label"]
    assert all(text[c["start"] : c["end"]] == c["from"] for c in turned["changes"])
    assert len(turned["changes"]) <= 2
    assert "What would turn it" in page_html(found)


def test_the_predicted_label_is_turned_in_the_whole_text(predictor: Predictor) -> None:
    words = "Hello there, I want my money back, the parcel came late."
    asked = explain(predictor, words, target="password", counterfactual=True)
    assert asked["target"] == "password"
    assert asked["counterfactual"] == explain(predictor, words, counterfactual=True)["counterfactual"]
    long = f"I want my money back {'so ' * 70}and nothing else at all."
    found = explain(predictor, long, counterfactual=True)
    turned = found["counterfactual"]
    assert turned["text"].endswith("and nothing else at all.")
    assert predictor.predict([turned["text"]])[0]["label"] == turned["label"] != found["prediction"]["label"]


def test_long_texts_are_not_tried_without_each_word(
    predictor: Predictor, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tools.explain import counterfactual

    sizes = []

    def rows(model: object, texts: list[str]) -> object:
        sizes.append(len(texts))
        return predictor.model.predict_proba(texts)

    monkeypatch.setattr(counterfactual, "probabilities", rows)
    explain(predictor, "parcel " * 60, counterfactual=True)
    assert max(sizes) == counterfactual.SINGLE < 60


def test_where_nothing_can_be_deleted_words_are_replaced(predictor: Predictor) -> None:
    turned = explain(predictor, "parcel", counterfactual=True)["counterfactual"]
    assert turned["changes"][0]["from"] == "parcel" and turned["changes"][0]["to"]
    assert predictor.predict([turned["text"]])[0]["label"] == turned["label"] != "shipping"


def test_two_models_side_by_side(predictor: Predictor, tmp_path: Path) -> None:
    swapped = {"refund": ROWS["shipping"], "shipping": ROWS["refund"], "password": ROWS["password"]}
    other = load(train_head(tmp_path / "other", name="other", rows=swapped), "cpu")
    found = versus(predictor, other, "Where is my parcel?")
    assert found["agreement"]["same_label"] is False
    assert found["versus"]["prediction"]["label"] == "refund"
    assert found["agreement"]["rank_correlation"] > 0.5
    page = page_html(found)
    assert "router" in page and "They give different labels" in page and "Every word for other" in page
    found = versus(predictor, other, "Where is my parcel?", names=("router@1", "router@2"))
    assert (found["model"], found["versus"]["model"]) == ("router@1", "router@2")
    strange = Predictor(tmp_path, {"name": "e", "task": "embedding"}, None)
    with pytest.raises(BadArgument, match="cannot stand side by side"):
        versus(predictor, strange, "text")


def test_a_model_is_explained_as_a_whole(predictor: Predictor, tmp_path: Path) -> None:
    rows = [(f"Hello, {text}", label) for label, group in ROWS.items() for text in group]
    rows += [("Please refund the money", "shipping"), ("A reimbursement, please", "shipping")]
    rows += [("John Smith asks where the parcel of Mary Johnson is", "shipping")] * 6
    data = write_csv(tmp_path / "rows.csv", rows)
    found = overview(predictor, {}, data)
    assert {"parcel", "delivery"} & {each["word"] for each in found["words"]["shipping"]}
    assert found["words"]["password"][0]["word"] in ("password", "log", "login")
    assert found["confused"][0] | {"examples": []} == {
        "label": "shipping", "predicted": "refund", "count": 2, "examples": [],
    }  # fmt: skip
    assert "Please refund the money" in [row["text"] for row in found["label_errors"]]
    assert found["calibration"]["bins"]
    assert not {"john", "smith", "mary", "johnson"} & {
        each["word"] for words in found["words"].values() for each in words
    }
    assert not any("Smith" in text for pair in found["confused"] for text in pair["examples"])
    page = overview_html(found)
    assert "router on rows.csv" in page and "<script" not in page and "http" not in page


def test_what_cannot_be_explained_as_a_whole(predictor: Predictor, tmp_path: Path) -> None:
    data = write_csv(tmp_path / "rows.csv", [("a", "b")])
    with pytest.raises(BadArgument, match="no method"):
        overview(predictor, {}, data, "magic")
    embedder = Predictor(tmp_path, {"name": "e", "task": "embedding"}, None)
    with pytest.raises(Unsupported, match="a model for embedding"):
        overview(embedder, {}, data)


def test_a_weak_slice_is_found() -> None:
    dice = random.Random(0)
    texts = [f"{'cheque' if i % 10 == 0 else 'card'} payment {dice.randint(0, 9)}" for i in range(300)]
    truth = ["a" if i % 2 else "b" for i in range(300)]
    guesses = [("x" if "cheque" in text else label) for text, label in zip(texts, truth, strict=True)]
    found = weaknesses(texts, truth, guesses)
    assert found["slices"][0] == {"slice": "contains “cheque”", "rows": 30, "accuracy": 0.0}
    assert found["confused"][0]["count"] == 30 and len(found["confused"][0]["examples"]) == 3
    assert slices(texts, truth, truth) == []


def test_a_model_that_is_always_right_is_weak_nowhere() -> None:
    texts = [f"money {number} {'for the card' * (number % 5)}" for number in range(79)]
    labels = [str(number % 3) for number in range(79)]
    assert slices(texts, labels, labels) == []


def test_slices_name_nobody() -> None:
    rows = [f"my name is Anna Berg and parcel {number} is lost" for number in range(8)]
    rows += [f"please write to jane.roe@example.org about order {number} lost" for number in range(8)]
    rows += [f"where is my refund, number {number}" for number in range(40)]
    guesses = ["b"] * 16 + ["a"] * 40
    found = [each["slice"] for each in weaknesses(rows, ["a"] * 56, guesses)["slices"]]
    assert "contains “lost”" in found
    assert not [each for each in found if any(word in each for word in ("anna", "berg", "jane", "example"))]


def test_chinese_rows_are_a_slice_of_their_own() -> None:
    texts = [*["退款什么时候到账"] * 20, *["where is my parcel"] * 60]
    truth = ["a"] * 80
    guesses = [*["b"] * 15, *["a"] * 65]
    names = [each["slice"] for each in slices(texts, truth, guesses)]
    assert "language Chinese, Japanese or Korean" in names


def test_the_report_of_a_run_shows_heat_maps(tmp_path: Path) -> None:
    folder = train_head(tmp_path / "router")
    wrong = [
        {"text": "Where is my <b>parcel</b>?", "label": "refund", "predicted": "shipping", "score": 0.9},
        {"text": "I forgot the password", "label": "shipping", "predicted": "refund", "score": 0.9},
        {"text": "I forgot it", "label": "shipping", "predicted": "refund, password", "score": 0.9},
    ]
    info = {
        "name": "router", "task": "text-classification", "base": "minilm", "method": "head", "seconds": 1.0,
        "metrics": {"accuracy": 0.5}, "baseline": {},
    }  # fmt: skip
    write_report(folder, info, {"mistakes": wrong})
    (folder / "evaluation.json").write_text(json.dumps({"mistakes": wrong}))
    assert add_heat_maps(folder) == 3
    page = (folder / "report.html").read_text()
    assert "the words that drove these mistakes" in page and "border-bottom" in page
    assert "<b>parcel" not in page
    # The label that it was taken for is explained, also where the text as it stands here is not taken for it.
    assert "Explained is <b>refund" in page and page.count("no longer taken for that") == 1
    assert add_heat_maps(folder) == 0

import json
from pathlib import Path

import pytest

from tests.tools.trained import ROWS, train_head
from tools.errors import BadArgument, BadData, NotFound, Unsupported
from tools.finetune.recommend import recommend
from tools.serving.evaluate import compare, evaluate, stored_evaluation
from tools.serving.predictor import Predictor, load
from tools.workspace import ModelEntry


@pytest.fixture(scope="module")
def predictor(tmp_path_factory: pytest.TempPathFactory) -> Predictor:
    return load(train_head(tmp_path_factory.mktemp("models") / "router"), "cpu")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    lines = [f'"{text}",{label}' for label, group in ROWS.items() for text in group]
    path = tmp_path / "test.csv"
    path.write_text("\n".join(["text,label", *lines, '"How are you?",smalltalk', "no label at all,"]) + "\n")
    return path


def test_a_file_is_measured_with_picture_and_report(predictor: Predictor, data: Path, tmp_path: Path) -> None:
    found = evaluate(predictor, {}, data, tmp_path / "c.png", tmp_path / "r.html")
    assert found["metrics"]["rows"] == 19
    assert 0.9 < found["metrics"]["accuracy"] < 1
    assert found["per_class"]["smalltalk"]["recall"] == 0
    assert found["confusion"]["labels"] == [*ROWS, "smalltalk"]
    assert sum(map(sum, found["confusion"]["matrix"])) == 19
    assert "smalltalk" in found["warnings"][-1]
    assert {each["kind"] for each in found["artifacts"]} == {"confusion-matrix", "report"}
    assert (tmp_path / "c.png").read_bytes().startswith(b"\x89PNG")
    assert "How are you?" in Path(found["report"]).read_text()
    assert json.loads(json.dumps(found)) == found


def test_data_that_does_not_fit_is_explained(predictor: Predictor, tmp_path: Path) -> None:
    other = tmp_path / "other.csv"
    other.write_text("text,label\ngood film,positive\nbad film,negative\nfine film,positive\n")
    with pytest.raises(BadData, match="knows none of the labels"):
        evaluate(predictor, {}, other)
    unknown = Predictor(tmp_path, {"name": "g", "task": "translation"}, predictor.model)
    with pytest.raises(Unsupported, match="no measure for new data"):
        evaluate(unknown, {}, other)


def test_the_evaluation_of_the_training_is_read_back(predictor: Predictor, tmp_path: Path) -> None:
    folder = train_head(tmp_path / "again", "again")
    with pytest.raises(NotFound, match="no stored evaluation"):
        stored_evaluation(folder)
    (folder / "evaluation.json").write_text(json.dumps({"metrics": {"accuracy": 0.9}, "per_class": {}}))
    (folder / "confusion.png").write_bytes(b"\x89PNG")
    found = stored_evaluation(folder)
    assert found["metrics"] == {"accuracy": 0.9}
    assert found["artifacts"][0]["path"] == str(folder / "confusion.png")
    (folder / "evaluation.json").write_text("{")
    with pytest.raises(BadData, match="damaged"):
        stored_evaluation(folder)


def _entry(name: str, f1: float | None, task: str = "text-classification") -> ModelEntry:
    metrics = {"accuracy": 0.9} if f1 is None else {"accuracy": 0.9, "f1": f1, "rows": 100}
    return ModelEntry(name, task, "minilm", "head", Path("/nowhere"), metrics=metrics)


def test_the_best_model_is_named_with_the_reason() -> None:
    found = compare([_entry("a", 0.8), _entry("b", 0.85), _entry("c", 0.7)])
    assert [row["name"] for row in found["models"]] == ["b", "a", "c"]
    assert found["best"] == "b"
    assert found["why"] == "b has the highest F1: 0.85, the next 0.8."
    assert found["warnings"] == []


def test_lower_perplexity_is_better() -> None:
    entries = [
        ModelEntry(
            name, "text-generation", "smollm2", "lora", Path("/nowhere"), metrics={"perplexity": value}
        )
        for name, value in (("a", 9.0), ("b", 7.5))
    ]
    assert compare(entries)["best"] == "b"


def test_what_cannot_be_compared_is_said() -> None:
    with pytest.raises(BadArgument, match="two different"):
        compare([_entry("a", 0.8), _entry("a", 0.8)])
    with pytest.raises(BadArgument, match="different tasks"):
        compare([_entry("a", 0.8), _entry("b", 0.8, "embedding")])
    assert "different held-out rows" in compare([_entry("a", 0.8), _entry("b", None)])["warnings"][0]


def test_recommendations_follow_the_data(data: Path, tmp_path: Path) -> None:
    few = recommend(data=data)
    assert few["task"] == "text-classification"
    assert (few["candidates"][0]["model"], few["candidates"][0]["method"]) == ("minilm", "full")
    assert few["rows"] == 20
    many = tmp_path / "many.csv"
    rows = [f"this is {label} text number {i},{label}" for i in range(400) for label in ("a", "b", "c")]
    many.write_text("text,label\n" + "\n".join(rows) + "\n")
    found = recommend(data=many)
    assert found["candidates"][0]["method"] == "full"
    assert found["labels"] == 3
    head = next(each for each in found["candidates"] if each["method"] == "head")
    assert head["estimated_seconds"] < found["candidates"][0]["estimated_seconds"]
    assert [each["fits"] for each in found["candidates"]] == sorted(
        (each["fits"] for each in found["candidates"]), reverse=True
    )


def test_recommendations_notice_another_script(tmp_path: Path) -> None:
    path = tmp_path / "zh.csv"
    path.write_text("text,label\n" + "我的包裹在哪里,物流\n我要退款,退款\n" * 30, encoding="utf-8")
    found = recommend(data=path)
    assert "multilingual" in found["candidates"][0]["model"]
    assert "Latin" in found["notes"][-1]


def test_recommending_for_nothing_asks_back() -> None:
    with pytest.raises(BadArgument, match="What shall be trained"):
        recommend()
    with pytest.raises(NotFound, match="text-classification"):
        recommend("text-classificaton")
    assert recommend("text-classification")["notes"]

"""A model explained as a whole in the chat and over MCP: the wish, the tool, what is told of it, and its page."""

# ruff: noqa: E501 - tables of cases read best in one line

import json
from pathlib import Path
from typing import Any

import pytest

from assistant.access.principal import Principal
from assistant.agent.binder import arguments_of
from assistant.agent.calls import checked
from assistant.brain.decide import Decision, decide
from assistant.brain.replies.compose import compose
from assistant.brain.situation import Situation
from tests.assistant.api_server import Server, server
from tests.tools.trained import ROWS
from tools.catalog.models import explain_prediction
from tools.errors import BadArgument, NotFound, Unsupported
from tools.finetune.run import sha256_of

__all__ = ["server"]
OWNER = Principal.owner()
NAME = "Nadia Quill"
DATA = "text,label\n" + "".join(
    f'"Hello, {text}",{label}\n' for label, group in ROWS.items() for text in group
)
DATA += f'Please refund the second payment,shipping\n"A reimbursement, please, {NAME}",shipping\n'
SITUATION = Situation(
    datasets=["tickets.csv", "rows.csv"],
    models=[{"name": "router", "task": "text-classification"}, {"name": "router-old", "task": "text-classification"}],
)  # fmt: skip


def _ask(words: str, situation: Situation = SITUATION, *before: dict[str, Any]) -> Decision:
    return decide([*before, {"role": "user", "content": words}], situation)


@pytest.mark.parametrize(
    ("words", "dataset"),
    [
        ("what does router look at overall?", "held-out"),
        ("Overall, what does router pay attention to?", "held-out"),
        ("explain router as a whole", "held-out"),
        ("explain router as a whole on rows.csv", "rows.csv"),
        ("please explain router on rows.csv as a whole", "rows.csv"),
        ("which words drive each label of router?", "held-out"),
        ("Which words drive router's labels on rows.csv?", "rows.csv"),
        ("show me the top words for each label of router", "held-out"),
        ("how does router decide overall?", "held-out"),
        ("explain router globally on the held-out rows of its training", "held-out"),
        ("is router well calibrated?", "held-out"),
        ("which labels in tickets.csv look wrong to router?", "tickets.csv"),
        ("router 整体上看重哪些词？", "held-out"),
        ("用 rows.csv 整体解释 router", "rows.csv"),
        ("请从整体上解释一下 router", "held-out"),
        ("整体解释 router，用 rows.csv", "rows.csv"),
        ("哪些词决定 router 的每个标签？", "held-out"),
        ("router 的每个类别由哪些词决定？", "held-out"),
        ("router 的校准怎么样？", "held-out"),
    ],
)
def test_a_model_as_a_whole_is_a_wish_of_its_own(words: str, dataset: str):
    found = _ask(words)
    assert (found.tool, found.args) == ("explain_prediction", {"model": "router", "dataset": dataset})
    assert (found.missing, found.options) == ([], [])


@pytest.mark.parametrize(
    ("words", "args", "missing"),
    [
        ("why did router call this billing?", {"model": "router"}, ["text"]),
        ('why did router call "explain it as a whole" billing?', {"model": "router", "text": "explain it as a whole"}, []),
        ("explain the model as a whole", {"dataset": "held-out"}, ["model"]),
    ],
)  # fmt: skip
def test_a_text_is_explained_as_before(words: str, args: dict[str, Any], missing: list[str]):
    found = _ask(words)
    assert (found.tool, found.args, found.missing) == ("explain_prediction", args, missing)


@pytest.mark.parametrize(
    ("words", "tool"),
    [
        ("what is in rows.csv overall?", "inspect_dataset"),
        ("how good is router overall?", "evaluate_model"),
        ("explain the refund policy as a whole", "search_knowledge"),
    ],
)
def test_like_words_are_other_wishes(words: str, tool: str):
    assert _ask(words).tool == tool


def test_a_visitor_has_no_such_wish():
    visitor = Situation(models=["router"], role="visitor")
    assert _ask("explain router as a whole", visitor).tool in (None, "search_knowledge")


def test_an_attached_file_is_meant_and_the_model_spoken_of():
    attached = Situation(files=["new.csv"], datasets=["new.csv", "rows.csv"], models=SITUATION.models)
    assert _ask("explain router as a whole", attached).args == {"model": "router", "dataset": "new.csv"}
    assert _ask("explain router as a whole on this file", attached).args["dataset"] == "new.csv"
    talk = _talk(
        "try router on 'where is it'", "predict", {"model": "router", "text": "where is it"}, "shipping (0.9)"
    )
    assert _ask("and what does it look at overall?", SITUATION, *talk).args == {"model": "router", "dataset": "held-out"}  # fmt: skip


def _talk(words: str, tool: str, args: dict[str, Any], said: str, result: str = "{}") -> list[dict[str, Any]]:
    return [
        {"role": "user", "content": words},
        {"role": "assistant", "content": "", "tool_calls": [{"id": "c", "name": tool, "args": args}]},
        {"role": "tool", "content": result, "tool_call_id": "c"},
        {"role": "assistant", "content": said},
    ]


def test_a_talk_goes_on_after_it():
    talk = _talk("explain router as a whole", "explain_prediction", {"model": "router", "dataset": "held-out"}, "**router**: …")  # fmt: skip
    assert _ask("the same for router-old", SITUATION, *talk).args == {"model": "router-old", "dataset": "held-out"}  # fmt: skip
    assert _ask("rows.csv", SITUATION, *talk).args == {"model": "router", "dataset": "rows.csv"}
    gone = '{"error": "The held-out rows of router are gone.", "hint": "Name a file.", "code": "not_found"}'
    failed = _talk(
        "explain router as a whole",
        "explain_prediction",
        {"model": "router", "dataset": "held-out"},
        "That did not work: the held-out rows of router are gone. Name a file of texts with their labels.",
        gone,
    )
    assert _ask("rows.csv", SITUATION, *failed).args == {"model": "router", "dataset": "rows.csv"}
    assert _ask("rows.csv", SITUATION, *failed).tool == "explain_prediction"
    assert _ask("用 rows.csv", SITUATION, *failed).args == {"model": "router", "dataset": "rows.csv"}
    why = _ask('why did it call "where is my money" billing?', SITUATION, *talk)
    assert why.args == {"model": "router", "text": "where is my money"}
    train = _ask("fine-tune a classifier on it", SITUATION, *talk)
    assert train.args.get("dataset") != "held-out"


def test_a_text_that_was_asked_for_is_no_such_wish():
    talk = [
        {"role": "user", "content": "classify a text with router"},
        {"role": "assistant", "content": "Which text shall router classify?"},
    ]
    assert "dataset" not in _ask("explain router as a whole", SITUATION, *talk).args


def _rows(server: Server, name: str = "rows.csv") -> None:
    sent = server.admin.post("/v1/files", files={"file": (name, DATA)}, data={"purpose": "fine-tune"})
    assert sent.status_code == 200, sent.text


def test_the_tool_explains_it_over_a_file_and_makes_its_page(server: Server):
    _rows(server)
    found = explain_prediction(server.app.workspace(OWNER), "router", dataset="rows.csv")
    assert (found["rows"], found["labels"], found["label_errors"] >= 1) == (20, 3, True)
    assert {"parcel", "delivery"} & {*found["words"]["shipping"]}
    assert all(len(words) <= 5 for words in found["words"].values())
    assert found["confused"][0] | {"examples": []} == {"label": "shipping", "predicted": "refund", "count": 2, "examples": []}  # fmt: skip
    assert 0 <= found["calibration"]["error"] <= 1 and found["metrics"]["accuracy"] == 0.9
    page = Path(found["artifacts"][0]["path"]).read_text()
    assert "router on rows.csv" in page and "The words that drive each label" in page
    assert NAME not in json.dumps(found) and NAME not in page
    assert len(json.dumps(found)) < 3_000


def test_over_the_rows_held_out_when_it_was_trained(server: Server, tmp_path: Path):
    data, entry = tmp_path / "train.csv", server.app.registry.get("router")
    data.write_text("text,label\n" + "".join(f"{t} {n},{label}\n" for label, g in ROWS.items() for t in g for n in range(5)))  # fmt: skip
    source = {"data": str(data), "sha256": sha256_of(data), "test_data": None, "seed": 0, "text_column": "text", "label_column": "label"}  # fmt: skip
    workspace, lineage = server.app.workspace(OWNER), entry.path / "lineage.json"
    lineage.write_text(json.dumps([source]))
    try:
        found = explain_prediction(workspace, "router", dataset="held-out")
        assert 0 < found["rows"] < 90 and found["words"]
        assert "held-out rows of its training" in found["artifacts"][0]["title"]
        data.write_text("text,label\na,b\n")
        with pytest.raises(NotFound, match="held-out rows of router are gone"):
            explain_prediction(workspace, "router", dataset="held-out")
    finally:
        lineage.unlink()


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ({}, "There is no text"),
        ({"text": "a", "dataset": "rows.csv"}, "not explained together"),
        ({"dataset": "rows.csv", "target": "refund"}, "without target"),
    ],
)
def test_a_text_or_a_dataset(server: Server, args: dict[str, str], said: str):
    with pytest.raises(BadArgument, match=said):
        explain_prediction(server.app.workspace(OWNER), "router", **args)


def test_other_models_are_not_explained_as_a_whole(server: Server):
    _rows(server)
    with pytest.raises(Unsupported, match="text-generation"):
        explain_prediction(server.app.workspace(OWNER), "writer", dataset="rows.csv")


def test_its_arguments_need_no_text(server: Server):
    args = {"model": "router", "dataset": "rows.csv"}
    assert checked("explain_prediction", args, ["explain_prediction"]) == args
    assert arguments_of("explain_prediction").model_json_schema()["required"] == ["model"]


WHOLE = {
    "model": "router", "dataset": "rows.csv", "rows": 1234, "explained": 300, "labels": 3, "metrics": {"accuracy": 0.912},
    "words": {"shipping": ["parcel", "late"], "refund": ["money"]}, "calibration": {"error": 0.031}, "label_errors": 4,
    "confused": [{"label": "shipping", "predicted": "refund", "count": 7, "examples": ["send it back"]}],
    "slices": [{"slice": "contains “cheque”", "rows": 30, "accuracy": 0.5}], "warnings": [],
}  # fmt: skip


@pytest.mark.parametrize(
    ("language", "wanted"),
    [
        ("en", ["rows.csv (1,234 rows): accuracy 91.2 %", "- **shipping**: parcel, late", "1 more on the page", "“shipping” taken for “refund” (7 rows)", "“send it back”", "contains “cheque” (30 rows, 50.0 % right)", "4 rows have labels that may be wrong", "3.1 %", "Next: look at the doubtful labels"]),
        ("zh", ["在 rows.csv 上（1,234 行）：准确率 91.2 %", "- **shipping**：parcel、late", "另有 1 个标签", "把“shipping”当成“refund”（7 行）", "含有“cheque”（30 行，准确率 50.0 %）", "有 4 行的标签可能有误", "3.1 %", "下一步"]),
    ],
)  # fmt: skip
def test_the_reply_has_the_figures_and_a_next_step(language: str, wanted: list[str]):
    reply = compose("explain_prediction", {}, WHOLE, language, team=True)
    assert [each for each in wanted if each not in reply.text] == []
    step = _ask(reply.suggestions[0])
    assert (step.tool, step.args["model"], step.language) == ("evaluate_model", "router", language)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_held_out_rows_are_called_so(language: str):
    text = compose("explain_prediction", {}, WHOLE | {"dataset": "held-out"}, language).text
    assert "held-out" not in text.replace("held-out rows of its training", "")
    assert ("训练时留出的数据" if language == "zh" else "the held-out rows of its training") in text

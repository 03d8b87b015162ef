# ruff: noqa: E501 - tables of cases read best in one line
import json
import time
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage

from assistant.brain.embedded import EmbeddedChatModel
from assistant.brain.replies.compose import COMPOSERS, compose
from assistant.brain.situation import Situation
from tools.catalog.registry import catalog

RESULTS: dict[str, dict[str, Any]] = {
    "inspect_dataset": {
        "dataset": "tickets.csv", "rows": 1360, "columns": [{"name": "text", "type": "text", "missing": 2, "unique": 350}],
        "task": "text-classification", "text_column": "text", "label_column": "category",
        "labels": {"billing": 760, "delivery": 600}, "duplicates": 8, "pii": {"EMAIL_ADDRESS": 3}, "warnings": ["Line 7 is ragged."],
    },
    "finetune_model": {
        "job": "job-1", "status": "queued", "model": "tickets-1", "dataset": "tickets.csv", "task": "text-classification",
        "base": "minilm", "method": "head", "text_column": "text", "label_column": "category", "rows": 1360, "estimated_seconds": 45,
    },
    "show_job": {"id": "job-1", "kind": "finetune", "status": "running", "progress": 0.42, "step": 10, "steps": 24, "time_left": 33.2},
    "predict": {"model": "tickets-1", "text": "where is my parcel",
                "predictions": [{"label": "delivery", "score": 0.94, "scores": {"delivery": 0.94, "billing": 0.06}}]},
    "explain_prediction": {
        "prediction": {"label": "delivery", "score": 0.94}, "method": "integrated-gradients",
        "tokens": [{"text": "parcel", "start": 12, "end": 18, "attribution": 0.8}, {"text": "my", "start": 9, "end": 11, "attribution": -0.1}],
        "faithfulness": {"comprehensiveness": 0.5, "sufficiency": 0.1, "random_comprehensiveness": 0.1},
    },
    "deploy_model": {"name": "tickets-1", "task": "text-classification", "status": "deployed"},
    "search_knowledge": {"answer": "You have 30 days [1].", "citations": [{"number": 1}], "answered": True},
}  # fmt: skip
JOURNEY = [
    ("what is in this file?", "这个文件里有什么？", "inspect_dataset", {"dataset": "tickets.csv"}),
    ("fine-tune a classifier on it", "用它微调一个分类器", "finetune_model", {"dataset": "tickets.csv"}),
    ("how is it going?", "训练得怎么样了？", "show_job", {"job": "job-1"}),
    ("try it on 'where is my parcel'", "用它试试“where is my parcel”", "predict", {"model": "tickets-1", "text": "where is my parcel"}),
    ("why?", "为什么？", "explain_prediction", {"model": "tickets-1", "text": "where is my parcel"}),
    ("deploy it", "部署它", "deploy_model", {"model": "tickets-1"}),
    ("what is your refund policy?", "你们的退款政策是什么？", "search_knowledge", None),
    ("thanks!", "谢谢！", None, None),
]  # fmt: skip
WORKSPACE = Situation(
    datasets=["tickets.csv", "orders.csv"],
    models=[{"name": "tickets-1"}, {"name": "old"}],
    jobs=[{"id": "job-1", "status": "running"}],
)


def _prompt(files: list[str] = []) -> SystemMessage:  # noqa: B006
    situation = Situation(files, WORKSPACE.datasets, WORKSPACE.models, WORKSPACE.jobs)
    return SystemMessage(f"You are an assistant.\n{situation.to_prompt()}")


@pytest.mark.parametrize("language", [0, 1], ids=["en", "zh"])
def test_the_whole_journey(language: int):
    model = EmbeddedChatModel()
    talk: list[Any] = []
    for at, step in enumerate(JOURNEY):
        tool, args = step[2:]
        prompt = _prompt(["tickets.csv"] if at == 0 else [])
        talk.append(HumanMessage(step[language]))
        said = model.invoke([prompt, *talk])
        talk.append(said)
        if tool is None:
            assert not said.tool_calls
            continue
        (call,) = said.tool_calls
        assert call["name"] == tool
        assert call["id"]
        assert args is None or call["args"] == args
        talk.append(ToolMessage(json.dumps(RESULTS[tool]), tool_call_id=call["id"]))
        talk.append(model.invoke([prompt, *talk]))
        assert not talk[-1].tool_calls
        assert talk[-1].content
    assert ("不客气" if language else "welcome") in talk[-1].content


def test_runs_in_the_agent_graph_with_streaming():
    def predict(model: str, text: str) -> dict:
        """Run a model on one text."""
        return RESULTS["predict"] | {"model": model, "text": text}

    agent = create_agent(EmbeddedChatModel(), [predict], system_prompt=_prompt().content)
    state = {"messages": [HumanMessage("try tickets-1 on 'where is my parcel'")]}
    pieces = [
        chunk.content
        for chunk, meta in agent.stream(state, stream_mode="messages")
        if meta["langgraph_node"] == "model"
    ]
    assert sum(bool(piece) for piece in pieces) > 5
    assert "delivery" in "".join(pieces)
    assert "94.0 %" in "".join(pieces)


def test_only_bound_tools_are_called():
    def search_knowledge(query: str) -> dict:
        """Answer a question."""
        return {}

    bound = EmbeddedChatModel().bind_tools([search_knowledge])
    said = bound.invoke([_prompt(), HumanMessage("deploy tickets-1")])
    assert [call["name"] for call in said.tool_calls] in ([], ["search_knowledge"])


def test_streamed_message_equals_the_invoked_one():
    model, talk = EmbeddedChatModel(), [_prompt(), HumanMessage("hello there")]
    whole = model.invoke(talk)
    parts = list(model.stream(talk))
    joined = parts[0]
    for part in parts[1:]:
        joined = joined + part
    assert joined.content == whole.content
    assert joined.additional_kwargs["suggestions"] == whole.additional_kwargs["suggestions"]
    assert len(parts) > 4


def test_missing_arguments_become_a_question_with_buttons():
    said = EmbeddedChatModel().invoke([_prompt(), HumanMessage("deploy a model")])
    assert not said.tool_calls
    assert said.content.endswith("?")
    assert said.additional_kwargs["suggestions"] == ["tickets-1", "old"]


def test_answers_pass_through_with_their_marks():
    reply = compose("search_knowledge", {"query": "refunds"}, RESULTS["search_knowledge"], "en")
    assert reply.text == "You have 30 days [1]."


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("tool", sorted(catalog()))
def test_every_tool_has_replies(tool: str, language: str):
    assert tool in COMPOSERS
    full = compose(
        tool,
        {"model": "m"},
        RESULTS.get(tool, {"name": "m", "model": "m", "id": "job-1", "status": "succeeded"}),
        language,
    )
    failed = compose(
        tool, {}, {"error": "No such thing.", "hint": "Look again.", "code": "not_found"}, language
    )
    declined = compose(tool, {}, {"declined": True}, language)
    assert full.text
    assert "No such thing. Look again." in failed.text
    assert declined.text


def test_figures_come_from_the_result():
    text = compose("inspect_dataset", {}, RESULTS["inspect_dataset"], "en").text
    for figure in (
        "1,360",
        "2 missing",
        "billing 760",
        "Duplicate rows: 8",
        "3 × email address",
        "Line 7 is ragged.",
    ):
        assert figure in text


def test_finished_job_tells_metrics_and_baselines():
    done = {
        "id": "job-1", "status": "succeeded",
        "result": {"model": "t-1", "metrics": {"accuracy": 0.929, "precision": 0.93, "recall": 0.928, "f1": 0.927},
                   "baseline": {"majority": {"accuracy": 0.013}, "frozen_encoder": {"accuracy": 0.9}}, "seconds": 31},
    }  # fmt: skip
    reply = compose("show_job", {}, done, "en")
    for figure in ("t-1", "92.9 %", "92.7 %", "1.3 %", "90.0 %", "31 s"):
        assert figure in reply.text
    assert "Deploy t-1" in reply.suggestions


def test_a_failed_job_is_told_with_its_reason():
    text = compose(
        "show_job", {}, {"id": "job-2", "status": "failed", "error": "The disk is full."}, "en"
    ).text
    assert "The disk is full." in text


def test_a_choice_is_quick():
    model = EmbeddedChatModel()
    model.invoke([_prompt(), HumanMessage("hello")])
    times = []
    for number in range(15):
        start = time.perf_counter()
        said = model.invoke([_prompt(), HumanMessage(f"try tickets-1 on 'parcel number {number}'")])
        times.append(time.perf_counter() - start)
        assert isinstance(said, AIMessage)
    assert sorted(times)[7] < 0.15  # a whole choice, on a machine that may be busy

"""Long conversations: what goes to the model is kept within bounds and in one piece, what is stored stays whole."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain.agents import create_agent
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage

from assistant.agent.trimming import BUDGET, EARLIER, MOST, RESULT, Trimming, shortened, trim
from assistant.brain.embedded import EmbeddedChatModel
from tests.assistant.slow_model import SlowModel


def turn(number: int, result: str = "{}", calls: int = 1) -> list:
    """A question, calls of a tool, their results, the answer."""
    ids = [f"call-{number}-{at}" for at in range(calls)]
    return [
        HumanMessage(f"question {number}"),
        AIMessage("", tool_calls=[{"name": "predict", "args": {}, "id": each} for each in ids]),
        *(ToolMessage(result, tool_call_id=each, name="predict") for each in ids),
        AIMessage(f"answer {number}"),
    ]


def talk(turns: int, result: str = "{}") -> list:
    return [message for number in range(turns) for message in turn(number, result)]


def test_a_short_conversation_is_left_alone() -> None:
    messages = [AIMessage("Welcome."), *talk(5)]
    assert trim(messages, BUDGET) == messages


def test_the_newest_turns_stay() -> None:
    messages = talk(2_000)
    kept = trim(messages, 1_000)
    assert kept == messages[-len(kept) :] and 40 < len(kept) < 400


def test_the_last_turn_stays_whatever_it_takes() -> None:
    long = HumanMessage("word " * 6_000)
    assert trim([*talk(3), long], 100) == [long]


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 9_000)), min_size=1, max_size=30),
    st.integers(0, 6_000),
    st.booleans(),
)
def test_calls_keep_their_results_and_a_person_speaks_first(
    shape: list[tuple[int, int]], budget: int, shorten: bool
) -> None:
    messages = [
        each
        for number, (calls, length) in enumerate(shape)
        for each in turn(number, json.dumps({"text": "x" * length}), calls)
    ]
    kept = trim(messages, budget, shorten)
    assert kept[0].type == "human" and kept[-1] is messages[-1]
    called = [call["id"] for each in kept if isinstance(each, AIMessage) for call in each.tool_calls]
    assert called == [each.tool_call_id for each in kept if isinstance(each, ToolMessage)]
    if not shorten:
        assert kept == messages[-len(kept) :]


@pytest.mark.parametrize(
    "result",
    [
        {"jobs": [{"id": f"job-{n}", "kind": "finetune", "note": "x" * 300} for n in range(500)]},
        {"text": "word " * 50_000, "job": "job-1"},
        {"labels": {f"label {n}": n for n in range(20_000)}},
        {"deep": [[["x" * 100] * 100] * 100] * 100},
        {f"key {n}": "x" * 2_000 for n in range(40)},
        {"text": "退款" * 40_000},
    ],
)
def test_a_gigantic_result_is_shortened_and_stays_json(result: dict) -> None:
    for most in (RESULT, EARLIER):
        short = shortened(json.dumps(result, ensure_ascii=False), most)
        assert len(short.encode()) <= most * 1.1
        read = json.loads(short)
        assert isinstance(read, dict) and next(iter(read)) in result


def test_what_lists_lose_is_told_beside_them() -> None:
    jobs = [{"id": f"job-{n}", "note": "x" * 300} for n in range(500)]
    read = json.loads(shortened(json.dumps({"jobs": jobs, "total": 500}), RESULT))
    assert all(set(job) == {"id", "note"} for job in read["jobs"])
    assert len(read["jobs"]) + read["jobs_left_out"] == 500 and read["total"] == 500


def test_a_text_that_is_no_json_is_cut() -> None:
    assert shortened("x" * 50_000, RESULT).startswith("xxx")
    assert len(shortened("x" * 50_000, RESULT)) < RESULT + 50


def test_results_of_earlier_turns_are_shortened_more() -> None:
    result = json.dumps({"passages": ["word " * 100] * 20})
    kept = [each for each in trim(talk(2, result), MOST) if isinstance(each, ToolMessage)]
    assert len(kept[0].text) <= EARLIER < len(kept[1].text) <= RESULT
    assert [each.tool_call_id for each in kept] == ["call-0-0", "call-1-0"]


def test_many_large_results_in_one_turn() -> None:
    result = json.dumps({"passages": ["word " * 400] * 20})
    kept = trim(turn(0, result, calls=12), BUDGET)
    assert sum(len(each.text) for each in kept) < BUDGET * 5


def agent(model: BaseChatModel, trimming: Trimming):
    return create_agent(model, [], middleware=[trimming], system_prompt="Be brief.")


def test_the_model_sees_the_newest_turns_and_a_note_of_the_rest() -> None:
    model = SlowModel()
    messages = [*talk(1_000), HumanMessage("and now?")]
    state = agent(model, Trimming(budget=500)).invoke({"messages": messages})
    system, *seen = model.seen[0]
    assert f"({1_000 * 4 + 1 - len(seen)} earlier messages" in system.text and "Be brief." in system.text
    assert len(seen) < 200 and seen[0].type == "human" and seen[-1].text == "and now?"
    assert len(state["messages"]) == len(messages) + 1  # the conversation itself stays whole


def test_no_note_where_nothing_is_left_out() -> None:
    model = SlowModel()
    agent(model, Trimming()).invoke({"messages": [*talk(2), HumanMessage("and now?")]})
    assert model.seen[0][0].text == "Be brief."


@pytest.mark.parametrize("window, budget", [(8_192, 4_096), (400_000, MOST), (None, BUDGET)])
def test_the_budget_follows_the_models_window(window: int | None, budget: int) -> None:
    model = SlowModel(profile={"max_input_tokens": window} if window else None)
    assert Trimming.fitting(model)._budget == budget and Trimming.fitting(model)._shorten


def test_the_embedded_model_reads_results_whole() -> None:
    trimming = Trimming.fitting(EmbeddedChatModel())
    result = json.dumps({"jobs": [{"id": n, "note": "x" * 300} for n in range(500)]})
    assert not trimming._shorten and trim(talk(3, result), BUDGET, shorten=False)[-2].text == result

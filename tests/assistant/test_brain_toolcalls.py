# ruff: noqa: E501 - tables of cases read best in one line
"""Tool calls in the words of local models, and calls that are written badly."""

import json

import pytest
from langchain_core.messages import AIMessage

from assistant.brain.mend import UNREADABLE, HeldCalls, mended, read_arguments, tool_name
from assistant.brain.toolcalls import Unthought, Visible, parse

QWEN_CODER = "<tool_call>\n<function=weather>\n<parameter=city>\n{}\n</parameter>\n{}</tool_call>"


@pytest.mark.parametrize(
    "raw",
    [
        '<think>hm</think>\n<tool_call>\n{"name": "weather", "arguments": {"city": "Rome"}}\n</tool_call><|im_end|>',
        '<think>\n\n</think>\n<tool_call>{"name": "weather", "arguments": {"city": "Rome"}}</tool_call>',
        '<tool_call>[{"name": "weather", "arguments": {"city": "Rome"}}]</tool_call>',
        '<tool_call>{"name": "weather", "arguments": "{\\"city\\": \\"Rome\\"}"}',
        "<tool_call>{'name': 'weather', 'arguments': {'city': 'Rome'}}</tool_call>",
        '<tool_call>```json\n{"name": "weather", "arguments": {"city": "Rome"}}\n```</tool_call>',
        QWEN_CODER.format("Rome", "</function>\n"),
        '{"name": "weather", "parameters": {"city": "Rome"}}',
        '```json\n{"name": "weather", "parameters": {"city": "Rome"}}\n```',
        '{"type": "function", "name": "weather", "parameters": {"city": "Rome"}}<|eot_id|>',
        '<|python_tag|>{"name": "weather", "parameters": {"city": "Rome"}}<|eom_id|>',
        '<|python_tag|>weather.call(city="Rome")<|eom_id|>',
        '<function=weather>{"city": "Rome"}</function><|eot_id|>',
        '[weather(city="Rome")]<|eot_id|>',
        'weather(city="Rome")',
    ],
    ids=["qwen3", "smollm3", "list", "hermes", "python", "fence", "qwen3.5", "llama3", "llama3-fence", "llama3-type",
         "llama3-tag", "llama3-builtin", "llama3-function", "llama3-list", "llama3-call"],
)  # fmt: skip
def test_tool_calls_of_several_models(raw: str):
    found = parse(raw, ["weather"])
    assert [(call["name"], call["args"]) for call in found.calls] == [("weather", {"city": "Rome"})]
    assert found.text == ""
    visible = Visible(["weather"])
    assert "".join(visible.feed(letter) for letter in raw) + visible.rest() == ""


@pytest.mark.parametrize(
    "raw",
    [
        '<tool_call>{"name": "weather", "arguments": {"city": "Rome"}}</tool_call><tool_call>{"name": "weather", "arguments": {"city": "Oslo"}}</tool_call>',
        '<tool_call>{"name": "weather", "arguments": {"city": "Rome"}}\n{"name": "weather", "arguments": {"city": "Oslo"}}</tool_call>',
        QWEN_CODER.format("Rome", "</function>\n") + "\n" + QWEN_CODER.format("Oslo", "</function>\n"),
        '{"name": "weather", "parameters": {"city": "Rome"}}; {"name": "weather", "parameters": {"city": "Oslo"}}',
        '[weather(city="Rome"), weather(city="Oslo")]',
    ],
    ids=["tags", "lines", "xml", "semicolon", "python"],
)
def test_parallel_calls_of_several_models(raw: str):
    found = parse(raw, ["weather"])
    assert [call["args"] for call in found.calls] == [{"city": "Rome"}, {"city": "Oslo"}]
    assert len({call["id"] for call in found.calls}) == 2


def test_broken_calls_stand_beside_good_ones():
    raw = 'Let me see.<tool_call>{"name": "weather", "arguments": {}}</tool_call><tool_call>{"name": weather}</tool_call>'
    found = parse(raw, ["weather"])
    assert (found.text, len(found.calls), len(found.broken)) == ("Let me see.", 1, 1)


@pytest.mark.parametrize(
    "raw",
    [
        '<tool_call>{"name": "weather", "arguments": {"city": "Ro',
        '<tool_call>{"name": "weather", "arguments": "{\\"city\\": \\"Ro"}</tool_call>',
        QWEN_CODER.format("Rome", "<parameter=day>\nMon"),
        QWEN_CODER.format("Rome", ""),
        '<function=weather>{"city": "Ro',
    ],
    ids=["json", "text", "parameter", "function", "llama3"],
)
def test_half_a_call_is_none(raw: str):
    found = parse(raw, ["weather"])
    assert all(set(call["args"]) == {UNREADABLE} for call in found.calls)
    assert len(found.calls) + len(found.broken) == 1 and found.text == ""


@pytest.mark.parametrize(
    "raw",
    [
        '{"degrees": 21}',
        "[1] says so",
        '{"name": "rm", "parameters": {}}',
        "[rm(path='x')]",
        "weather is fine",
        "weather(",
        '<function=rm>{"a": 1}</function>',
    ],
)
def test_what_is_no_call_is_shown(raw: str):
    found = parse(raw, ["weather"])
    assert found.text == raw and not found.calls
    visible = Visible(["weather"])
    assert "".join(visible.feed(letter) for letter in raw) + visible.rest() == raw


@pytest.mark.parametrize(
    "raw",
    ["a < b and b > c", "hello <|im_end|>", "x <tool", "plain words  with  gaps", "wea", "<think>endless"],
)
def test_shown_text_is_what_was_written(raw: str):
    visible = Visible(["weather"])
    shown = "".join(visible.feed(letter) for letter in raw) + visible.rest()
    assert shown == parse(raw, ["weather"]).text


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("<think>a</think>\n\nHello", "Hello"),
        ("\n<think>a</think>", ""),
        ("<think>endless", ""),
        ("Hello <think>", "Hello <think>"),
        ("<thin air", "<thin air"),
        ("<", "<"),
    ],
)  # fmt: skip
def test_thoughts_are_taken_out_of_a_stream(raw: str, shown: str):
    for size in (1, 5, 100):
        words = Unthought()
        pieces = [raw[at : at + size] for at in range(0, len(raw), size)]
        assert "".join(words.feed(piece) for piece in pieces) + words.rest() == shown


@pytest.mark.parametrize(
    ("raw", "arguments"),
    [
        ("", {}),
        (None, {}),
        ("null", {}),
        ({"a": 1}, {"a": 1}),
        ('{"a": 1}', {"a": 1}),
        ('```\n{"a": 1}\n```', {"a": 1}),
        ('"{\\"a\\": 1}"', {"a": 1}),
        ('{"a": "two\nlines"}', {"a": "two\nlines"}),
        ("{'a': True, 'b': None}", {"a": True, "b": None}),
        ('{"a": 1,}', {"a": 1}),
        ('{"a": 1', None),
        ('{"a": 1} and more', None),
        ("[1]", None),
        ("{1: 2}", None),
        ("{'a': {1, 2}}", None),
        ("__import__('os')", None),
    ],
)
def test_arguments_are_read_or_refused(raw: object, arguments: dict | None):
    assert read_arguments(raw) == arguments


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("weather", "weather"), (" weather ", "weather"), ("functions.weather", "weather"), ("Weather", "weather"),
        ("get-it", "get_it"), ("rm -rf", "rm_-rf"), ("", "unknown"), (None, "unknown"), ("天气", "__"),
    ],
)  # fmt: skip
def test_names_are_brought_to_a_form_that_servers_accept(written: str | None, name: str):
    assert tool_name(written, ["weather", "get_it"]) == name


def test_ids_are_unique_in_a_conversation():
    calls = [{"name": "weather", "args": {}, "id": each} for each in ("call_0", "call_1", "call_1", "", None)]
    ids = [call["id"] for call in mended(AIMessage("", tool_calls=calls), ["weather"], ["call_0"]).tool_calls]
    assert ids[1] == "call_1" and "call_0" not in ids and len(set(ids)) == 5 and all(ids)


@pytest.mark.parametrize(
    "pieces",
    [
        [{"index": 0, "id": "a", "name": "f", "args": ""}, {"index": 0, "args": '{"x"'}, {"index": 0, "args": ": 1}"}, {"index": 1, "id": "b", "name": "g", "args": "{}"}],
        [{"index": 0, "id": "a", "name": "f", "args": '{"x": 1}'}, {"index": 0, "id": "b", "name": "g", "args": "{}"}],
        [{"index": None, "id": "a", "name": "f", "args": '{"x": 1}'}, {"index": None, "id": "b", "name": "g", "args": ""}],
        [{"index": 0, "id": "a", "name": "f", "args": '{"x'}, {"index": 1, "id": "b", "name": "g", "args": ""}, {"index": 0, "id": "a", "name": "f", "args": '": 1}'}],
    ],
    ids=["openai", "one index", "no index", "interleaved"],
)  # fmt: skip
def test_calls_of_a_stream_are_put_together(pieces: list[dict]):
    held = HeldCalls()
    for piece in pieces:
        held.take([piece])
    assert [(chunk["name"], json.loads(chunk["args"])) for chunk in held.chunks()] == [
        ("f", {"x": 1}),
        ("g", {}),
    ]

"""``assistant chat`` and ``assistant plan``: the agent from a terminal."""

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from assistant.agent import events
from assistant.brain.plans import matches
from tests.ui.commands import apart, here, typed
from ui.cli.opened import lines
from ui.cli.output import Out
from ui.cli.spoken import Spoken

KEYS = {"thread", "reply", "tool_calls", "citations", "redactions", "approval", "artifacts"}


def test_a_conversation_up_to_its_approval(home: Path, tmp_path: Path, capfd) -> None:
    rows = "".join(f"please refund order {n},refund\nparcel {n} is late,shipping\n" for n in range(20))
    (tmp_path / "mails.csv").write_text("text,label\n" + rows)
    first = here(capfd, "chat", "what is in this file?", "--file", "mails.csv", "--json").json
    assert set(first) >= KEYS
    assert first["tool_calls"] == [
        {"name": "inspect_dataset", "args": {"dataset": "mails.csv"}, "status": "succeeded"}
    ]
    assert "40 rows" in first["reply"]
    asked = here(capfd, "chat", "fine-tune a classifier on it", "--thread", first["thread"], "--json").json
    assert (
        asked["approval"]["tool"] == "finetune_model" and asked["approval"]["args"]["dataset"] == "mails.csv"
    )
    assert asked["tool_calls"][-1]["status"] == "waiting"
    declined = here(capfd, "chat", "no", "--thread", first["thread"], "--json").json
    assert declined["approval"] is None and declined["reply"]
    assert here(capfd, "jobs", "list", "--json").json == {"jobs": []}


def test_words_on_stdout_and_steps_on_stderr(home: Path, tmp_path: Path, capfd) -> None:
    (tmp_path / "refunds.md").write_text(
        "# Refunds\n\nA refund takes five working days after we have the parcel.\n"
    )
    here(capfd, "knowledge", "add", "refunds.md")
    ran = here(capfd, "chat", "How long does a refund take? I am ann@example.com")
    assert ran.code == 0
    assert "five working days" in ran.out and "[1] refunds.md" in ran.out and "thr-" not in ran.out
    assert "Searched the documents" in ran.err and "EMAIL_ADDRESS" in ran.err and "--thread thr-" in ran.err
    assert "ann@example.com" not in ran.out + ran.err
    assert not any(b"ann@example.com" in path.read_bytes() for path in home.rglob("*") if path.is_file())


def test_a_tool_that_takes_a_while_says_what_it_does(capsys: pytest.CaptureFixture[str]) -> None:
    told = Spoken(Out(io.StringIO(), False))
    told.tell(events.ToolStarted("c1", "evaluate_model", {"model": "m"}))
    for step, message in ((1, "Measuring the model"), (2, "Measuring the model"), (1, "Measuring its base")):
        told.tell(events.ToolProgress("c1", message, step, 2))
    told.tell(events.ToolFinished("c1", "evaluate_model", "succeeded"))
    assert capsys.readouterr().err.splitlines() == [
        "· Measuring the model …",
        "· Measuring its base …",
        "· Measured the model (model m)",
    ]


def test_an_unknown_conversation(home: Path, capfd) -> None:
    ran = here(capfd, "chat", "hello", "--thread", "thr-0", "--json")
    assert ran.code == 2 and "There is no conversation thr-0" in ran.error


CASES: list[dict[str, Any]] = [
    {"messages": [{"role": "user", "content": "hello"}], "expect": {"tool": None, "args": {}}},
    {
        "messages": [{"role": "user", "content": "what have we got in orders.xlsx?"}],
        "datasets": ["orders.xlsx"],
        "expect": {"tool": "inspect_dataset", "args": {"dataset": "orders.xlsx"}},
    },
]
BAD = [
    b"not json",
    b"[]",
    b'{"messages": []}',
    b'{"messages": [{"role": "user"}]}',
    b'{"messages": 3}',
    b"\xff\xfe",
    b'{"messages": [{"role": "system", "content": "Be kind."}]}',
    b'{"messages": [{"role": "user", "content": [3]}, {"role": "tool", "content": "{}"}]}',
]
LIKE_OPENAI = {  # a content of parts, calls without words, one cut off, half a surrogate pair, a new name of the system
    "messages": [
        {"role": "developer", "content": "Be kind."},
        {"role": "user", "content": [{"type": "text", "text": "what have we got in orders.xlsx?"}]},
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [
                {
                    "id": "call-1",
                    "type": "function",
                    "function": {"name": "inspect_dataset", "arguments": '{"dataset": "orders.xlsx"}'},
                },
                {"id": "call-2", "type": "function", "function": {"name": "list_jobs", "arguments": '{"cut'}},
            ],
        },
        {"role": "tool", "tool_call_id": "call-1", "content": '{"rows": 40, "columns": []}'},
        {"role": "user", "content": "fine-tune a classifier on it \ud800"},
    ],
    "datasets": ["orders.xlsx"],
}


def test_plan_answers_each_line_at_once(home: Path) -> None:
    command = [sys.executable, "-m", "ui.cli", "plan"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin and process.stdout
        for case in CASES:
            process.stdin.write(json.dumps(case) + "\n")
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["tool"] == case["expect"]["tool"]
        process.stdin.close()
        assert process.stdout.read() == "" and process.wait() == 0
    assert not home.exists()


def test_plan_goes_on_after_bad_lines(home: Path, monkeypatch: pytest.MonkeyPatch, capfd) -> None:
    good = [json.dumps(case).encode() for case in (CASES[0], LIKE_OPENAI, CASES[1])]
    monkeypatch.setattr("sys.stdin", typed(b"\n".join([good[0], *BAD, b"", *good[1:]])))
    ran = here(capfd, "plan", "--json")
    assert ran.code == 2 and ran.err.count("\n") == 1 and "8 lines" in ran.err
    small_talk, *refused, like_openai, inspected = [json.loads(line) for line in ran.out.splitlines()]
    assert set(small_talk) == {"tool", "args", "missing", "confidence", "options"}
    assert len(refused) == len(BAD) and all(set(each) == {*small_talk, "error"} for each in refused)
    assert small_talk["tool"] is None and all(each["tool"] is None for each in refused)
    assert like_openai["tool"] == "finetune_model" and like_openai["args"] == {"dataset": "orders.xlsx"}
    assert inspected["tool"] == "inspect_dataset" and inspected["args"] == {"dataset": "orders.xlsx"}


def test_plan_scores_what_is_expected(home: Path, monkeypatch: pytest.MonkeyPatch, capfd) -> None:
    wrong = {**CASES[1], "expect": {"tool": "deploy_model", "args": {}}}
    lines = "\n".join(map(json.dumps, [*CASES, wrong]))
    monkeypatch.setattr("sys.stdin", typed(lines))
    score = here(capfd, "plan", "--expect", "--json").json
    assert score["cases"] == 3 and score["tool_accuracy"] == score["accuracy"] == 0.6667
    (miss,) = score["misses"]
    assert miss["line"] == 3 and miss["got"]["tool"] == "inspect_dataset"
    monkeypatch.setattr("sys.stdin", typed(lines))
    said = here(capfd, "plan", "--expect").out
    assert "right tool 66.7 %" in said and "line 3: what have we got in orders.xlsx?" in said


def test_what_counts_as_right() -> None:
    expected = {"tool": "predict", "args": {"model": "Router", "text": "a"}}
    assert matches(expected, {"tool": "predict", "args": {"model": "router", "text": "a"}})
    assert not matches(expected, {"tool": "predict", "args": {"model": "router"}})
    assert not matches({"tool": "cancel_job", "args": {}}, {"tool": "cancel_job", "args": {"job": "job-1"}})
    assert matches(
        {"tool": "search_knowledge", "args": {}}, {"tool": "search_knowledge", "args": {"query": "x"}}
    )
    assert not matches({"tool": None, "args": {}}, {"error": "bad"})


def test_a_line_of_stdin_is_one_text_whatever_it_holds(monkeypatch: pytest.MonkeyPatch, capfd) -> None:
    monkeypatch.setattr("sys.stdin", typed("one\u2028still one\r\n\n\x0ctwo\x85\n"))
    assert lines(["-", "three"]) == ["one\u2028still one", "\x0ctwo\x85", "three"]
    assert capfd.readouterr().err == ""


def test_redacting_keeps_every_character_of_stdin(home: Path) -> None:
    text = "A naïve café question\r\ncall Ann on 020 7946 0000\r\n"
    found = apart(home, "redact", "--json", stdin=text).json
    phone = next(each for each in found["entities"] if each["entity_type"] == "PHONE_NUMBER")
    assert text[phone["start"] : phone["end"]] == "020 7946 0000"
    assert found["text"].startswith("A naïve café question\r\n") and found["text"].endswith("\r\n")

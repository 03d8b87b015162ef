"""The chat gate: quiet on ordinary requests, deaf to no personal data."""

import json
import time
from pathlib import Path

import pytest

from tools.privacy.redactor import Redactor

HERE = Path(__file__).parent
CLEAN = (HERE / "privacy_clean.txt").read_text("utf-8").splitlines()
CAUGHT = [json.loads(line) for line in (HERE / "privacy_caught.jsonl").read_text("utf-8").splitlines()]


@pytest.fixture(scope="module")
def redactor():
    return Redactor()


@pytest.mark.parametrize("message", CLEAN)
def test_an_ordinary_request_comes_through_untouched(redactor, message):
    assert redactor.gate(message) == (message, [])


@pytest.mark.parametrize(("message", "secret"), CAUGHT)
def test_personal_data_is_taken_out(redactor, message, secret):
    cleaned, found = redactor.gate(message)
    assert secret not in cleaned and found
    assert redactor.gate(cleaned) == (cleaned, [])


@pytest.mark.parametrize(("message", "secret"), CAUGHT)
def test_redact_takes_out_what_the_gate_does(redactor, message, secret):
    result = redactor.redact(message)
    assert secret not in result["text"]
    assert any(
        message.find(secret) < e["end"] and message.find(secret) + len(secret) > e["start"]
        for e in result["entities"]
    )


def test_the_gate_is_quick(redactor):
    redactor.gate("Ann said hello.")
    took = []
    for number in range(60):
        began = time.perf_counter()
        redactor.gate(f"My name is Jane Doe, mail jane{number}@example.com about order {number}, thanks.")
        took.append(time.perf_counter() - began)
    assert sorted(took)[len(took) // 2] < 0.015


def test_the_gate_remembers_where_something_stands_and_no_text(redactor, monkeypatch):
    text = "Please call Maria Lindqvist on 020 7946 0018."
    first = redactor.gated(text)
    monkeypatch.setattr(redactor._engine, "analyze", lambda *_, **__: pytest.fail("looked through again"))
    assert redactor.gated(text) == first and len(first) == 2
    assert redactor.gated(text, ["Maria Lindqvist"]) == first[1:]  # what is left alone may differ
    assert "Lindqvist" not in repr(vars(redactor._gated))

"""What a tool gives back loses addresses and numbers also where they are names: of labels, columns, models."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from assistant.agent.outcome import public
from assistant.agent.redaction import clean_result
from tools.privacy.redactor import Redactor


@pytest.fixture(scope="module")
def context() -> Any:
    redactor = Redactor()
    return SimpleNamespace(
        redactor=redactor, personal=redactor, allow=["ann@models.example"], quoted=set(), vault=None
    )


def test_keys_and_names_lose_what_is_somebody_s(context: Any) -> None:
    result = {
        "labels": {"jane.doe@example.com": 3, "max.roe@example.com": 2, "Refund": 1, 7: 2},
        "columns": [{"name": "call +44 7700 900461", "type": "text"}],
        "label": "4111 1111 1111 1111",
    }
    cleaned, found = clean_result(result, context)
    assert cleaned == {
        "labels": {"<EMAIL_ADDRESS>": 3, "<EMAIL_ADDRESS> (2)": 2, "Refund": 1, 7: 2},
        "columns": [{"name": "call <PHONE_NUMBER>", "type": "text"}],
        "label": "<CREDIT_CARD>",
    }
    assert sorted(found) == ["CREDIT_CARD", "EMAIL_ADDRESS", "EMAIL_ADDRESS", "PHONE_NUMBER"]


def test_names_that_only_look_like_people_and_what_is_made_here_stay(context: Any) -> None:
    result = {
        "model": "Anna Bell", "label": "Sarah Connor", "name": "ann@models.example", "id": "13800138000",
        "report": "/reports/13800138000.html", "scores": {"George Miller": 0.5, "entity_type": "PERSON"},
    }  # fmt: skip
    assert clean_result(result, context) == (result, [])


def test_places_of_files_are_left_out_and_labels_of_their_names_stay() -> None:
    result = {
        "report": "/home/report.html",
        "artifacts": [{"kind": "curve", "path": "/home/curve.png"}],
        "jobs": [{"id": "job-1", "result": {"report": None, "path": Path("/home/models/m")}}],
        "scores": {"report": 0.9, "path": 0.1},
        "per_class": {"artifacts": {"f1": 1.0}, "path": {"f1": 0.5}},
        "words": {"artifacts": [{"word": "scan", "attribution": 0.5}], "report": []},
    }
    assert public(result) == {
        "jobs": [{"id": "job-1", "result": {}}],
        **{name: result[name] for name in ("scores", "per_class", "words")},
    }

"""Texts with marked spans, as labelling tools export them, as data of token classification."""

import json
from pathlib import Path

import pytest

from tools.data.inspect import inspect_file
from tools.data.read import read_table
from tools.data.spans import are_spans, span, tagged
from tools.errors import BadData
from tools.finetune.tasks.token_classification import TASK, sentences

ROWS = [
    ("Ann Bell lives in Leeds.", [(0, 8, "PERSON"), (18, 23, "PLACE")]),
    ("Nothing here.", []),
    ("请寄给陈思远,谢谢", [(3, 6, "PERSON")]),
    ("Write to Bob", [(9, 12, "PERSON")]),
]


def _dicts(spans, start="start", end="end", label="label"):
    return [{start: a, end: b, label: kind} for a, b, kind in spans]


FORMS = {
    "spans": _dicts,
    "label": lambda spans: [list(each) for each in spans],  # doccano
    "entities": lambda spans: _dicts(spans, "start_offset", "end_offset"),
    "ents": lambda spans: _dicts(spans, label="entity_group"),
}


def _write(path: Path, column: str, rows=ROWS) -> Path:
    lines = [json.dumps({"text": text, column: FORMS[column](spans)}) for text, spans in rows]
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


@pytest.mark.parametrize("column", FORMS)
def test_spans_are_recognized_and_become_tags(tmp_path: Path, column: str) -> None:
    path = _write(tmp_path / "data.jsonl", column)
    report = inspect_file(path)
    assert (report["task"], report["text_column"], report["label_column"]) == (
        "token-classification",
        "text",
        column,
    )
    assert report["labels"] == {"PERSON": 3, "PLACE": 1}
    rows, uneven = sentences(read_table(path), "text", column)
    assert not uneven
    assert rows[0] == (
        ["Ann", "Bell", "lives", "in", "Leeds", "."],
        ["B-PERSON", "I-PERSON", "O", "O", "B-PLACE", "O"],
    )
    assert rows[1] == (["Nothing", "here", "."], ["O", "O", "O"])
    assert rows[2][1][3:6] == ["B-PERSON", "I-PERSON", "I-PERSON"]


def test_spans_beyond_the_text_are_left_out_and_told(tmp_path: Path) -> None:
    bad = ("Short", [(0, 99, "PERSON")])
    path = _write(tmp_path / "data.jsonl", "spans", [*ROWS, bad])
    facts = TASK.check(read_table(path), "text", "spans")
    assert facts.rows == 4 and "1 rows are left out" in facts.warnings[0]
    path = _write(tmp_path / "worse.jsonl", "spans", [bad] * 5)
    with pytest.raises(BadData, match="does not fit"):
        TASK.check(read_table(path), "text", "spans")


def test_of_overlapping_spans_the_longer_one_counts() -> None:
    assert tagged("Leeds Road 5", [(0, 5, "PLACE"), (0, 12, "ADDRESS")]) == (
        ["Leeds", "Road", "5"],
        ["B-ADDRESS", "I-ADDRESS", "I-ADDRESS"],
    )
    assert tagged("Ann Bell", [(3, 4, "SPACE")]) is None


@pytest.mark.parametrize(
    "value",
    ["x", 3, None, [1, 2], [1, "2", "X"], {"start": 1, "end": 2}, {"start": True, "end": 2, "label": "X"}],
)
def test_what_is_no_span(value) -> None:
    assert span(value) is None
    assert not are_spans([[value]])


def test_lists_of_labels_are_no_spans() -> None:
    assert not are_spans([["late", "damaged"], ["late"]]) and not are_spans([[], []])

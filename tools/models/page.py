"""An evaluation as a page that stands alone."""

import base64
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from tools.privacy.reports import without_personal

STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;"
    "max-width:60em;margin:2em auto;padding:0 1em;color:#1a1a1a;background:#fff}"
    "table{border-collapse:collapse;margin-bottom:1.5em}td,th{border:1px solid #ccc;padding:.3em .6em;text-align:left}"
    "img{max-width:100%}"
)


def evaluation_html(name: str, data: str, result: Mapping[str, Any], picture: Path | None) -> str:
    """A page with the measures, the confusion matrix, each label, the weak spots, the surest mistakes and examples.

    Args:
        name: the model's name.
        data: the data file's name.
        result: what ``tools.serving.evaluate.evaluate`` found.
        picture: the confusion matrix (PNG), put into the page; None of models without labels.
    """
    result = without_personal(result)
    title = escape(f"{name} on {data}")
    mistakes = [
        [row[k] for k in ("text", "label", "predicted", "score")] for row in result.get("mistakes", [])
    ]
    parts = [
        f"<h1>{title}</h1>",
        *(f"<p>{escape(warning)}</p>" for warning in result.get("warnings", [])),
        _measures(result),
        _matrix(picture),
        _labels(result["per_class"]),
        _confused(result.get("confused") or []),
        _slices(result.get("slices") or []),
        "<h2>Surest mistakes</h2>" + _table(["text", "label", "predicted", "score"], mistakes)
        if mistakes
        else "",
        _examples(result.get("examples") or []),
    ]
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f"<style>{STYLE}</style></head><body>{''.join(parts)}</body></html>\n"
    )


def _measures(result: Mapping[str, Any]) -> str:
    """The metrics with what they can be trusted to, beside those of others on the same rows."""
    others, intervals = result.get("baseline") or {}, result.get("intervals") or {}
    head = ["measure", "this model", *(name.replace("_", " ") for name in others)]
    rows = [
        [key, value, *(other.get(key, "") for other in others.values())]
        for key, value in result["metrics"].items()
    ]
    if intervals:
        head.append("95 % interval of this model")
        rows = [[*row, " to ".join(map(str, intervals.get(row[0], [])))] for row in rows]
    return _table(head, rows)


def _matrix(picture: Path | None) -> str:
    if picture is None:
        return ""
    image = base64.b64encode(picture.read_bytes()).decode()
    return f'<h2>Confusion matrix</h2><img alt="Confusion matrix" src="data:image/png;base64,{image}">'


def _examples(rows: Sequence[Mapping[str, Any]]) -> str:
    if not rows:
        return ""
    return f"<h2>{examples_heading(rows)}</h2>" + _table([*rows[0]], [[*row.values()] for row in rows])


def examples_heading(rows: Sequence[Mapping[str, Any]]) -> str:
    """What the examples of an evaluation are."""
    known = {"got": "Some answers", "place": "Worst misses: texts whose partners came last"}
    return next((heading for key, heading in known.items() if key in rows[0]), "Examples")


def _confused(pairs: Sequence[Mapping[str, Any]]) -> str:
    rows = [[p["label"], p["predicted"], p["count"], " · ".join(p["examples"])] for p in pairs]
    heading = "<h2>Labels that are confused most</h2>"
    return heading + _table(["label", "taken for", "rows", "examples"], rows) if rows else ""


def _slices(weak: Sequence[Mapping[str, Any]]) -> str:
    rows = [[each["slice"], each["rows"], each["accuracy"]] for each in weak]
    heading = "<h2>Where it is weak</h2>"
    return heading + _table(["rows", "number", "accuracy"], rows) if rows else ""


def _labels(classes: Mapping[str, Mapping[str, Any]]) -> str:
    if not classes:
        return ""
    names = ("precision", "recall", "f1", "support")
    ordered = sorted(classes.items(), key=lambda item: item[1]["f1"])
    rows = [[label, *(scores[n] for n in names)] for label, scores in ordered]
    return "<h2>Labels, the hardest first</h2>" + _table(["label", *names], rows)


def _table(head: list[str], rows: list[list[Any]]) -> str:
    top = "".join(f"<th>{escape(name)}</th>" for name in head)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>" for row in rows
    )
    return f"<table><tr>{top}</tr>{body}</table>"

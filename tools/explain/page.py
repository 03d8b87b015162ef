"""Explanations as a page that stands alone: no script, nothing from elsewhere."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from tools.explain.coloured import percent, signed
from tools.explain.heatmap import heatmap_html

STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;"
    "max-width:50em;margin:2em auto;padding:0 1em;color:#1a1a1a;background:#fff}"
    "table{border-collapse:collapse}td,th{padding:.2em .8em;border-bottom:1px solid #ddd;text-align:left}"
    "img{max-width:100%}figure,table,tr{break-inside:avoid}"
    "@media print{body{margin:0;max-width:none}*{-webkit-print-color-adjust:exact;print-color-adjust:exact}}"
)


def whole_page(title: str, body: str) -> str:
    """A page.

    Args:
        title: its heading.
        body: HTML below it.
    """
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body><h1>{escape(title)}</h1>{body}"
        "</body></html>\n"
    )


def page_html(explanation: Mapping[str, Any]) -> str:
    """A whole page: prediction, heat map with the further windows of a long text, every word's figure.

    Args:
        explanation: what ``tools.explain.explain.explain`` returned.
    """
    scores = explanation["prediction"].get("scores")
    parts = [
        heatmap_html(explanation),
        f"<h2>Probabilities</h2>{_scores(scores)}" if scores else "",
        _every(explanation),
        f"<p>Method: {escape(str(explanation['method']))}{_delta(explanation)}.</p>",
    ]
    return whole_page(_title(explanation), "".join(parts))


def pages_html(explanations: Sequence[tuple[str, Mapping[str, Any]]]) -> str:
    """A page of many explanations, each under its text.

    Args:
        explanations: pairs of a text and what was explained of it.
    """
    return whole_page(
        f"{len(explanations):,} explanations",
        "".join(
            f"<h2>{number}. {escape(text[:80])}</h2>{heatmap_html(each)}"
            for number, (text, each) in enumerate(explanations, 1)
        ),
    )


def _title(explanation: Mapping[str, Any]) -> str:
    target = explanation.get("target") or explanation["prediction"]["label"]
    return f"Why {target['entity']}?" if isinstance(target, Mapping) else f"Why {target}?"


def _scores(scores: Mapping[str, float]) -> str:
    rows = [[name, percent(value)] for name, value in list(scores.items())[:10]]
    return table_html(["label", "probability"], rows)


def _every(explanation: Mapping[str, Any]) -> str:
    if "patches" in explanation:
        rows = [
            [
                f"row {p['row']}, column {p['column']}",
                ", ".join(map(str, p["box"])),
                signed(p["attribution"], 4),
            ]
            for p in explanation["patches"]
        ]
        return f"<h2>Every patch</h2>{table_html(['patch', 'left, top, right, bottom', 'attribution'], rows)}"
    sides = [("Every word", explanation["tokens"])]
    if "other" in explanation:
        sides.append(("Every word of the second text", explanation["other"]["tokens"]))
    if "versus" in explanation:
        sides.append(
            (f"Every word for {explanation['versus'].get('model')}", explanation["versus"]["tokens"])
        )
    return "".join(f"<h2>{escape(title)}</h2>{_words(tokens)}" for title, tokens in sides)


def _words(tokens: Sequence[Mapping[str, Any]]) -> str:
    rows = [[t["text"], f"{t['start']}–{t['end']}", signed(t["attribution"], 4)] for t in tokens]
    return table_html(["word", "characters", "attribution"], rows)


def table_html(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """A table; everything in it is escaped."""
    top = "".join(f"<th>{escape(name)}</th>" for name in head)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>" for row in rows
    )
    return f"<table><tr>{top}</tr>{body}</table>"


def _delta(explanation: Mapping[str, Any]) -> str:
    delta = explanation.get("convergence_delta")
    return f", {explanation.get('steps')} steps, convergence delta {delta:.4f}" if delta is not None else ""

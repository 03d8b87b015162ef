"""Explanations as HTML: a heat map without scripts, and a page that stands alone.

Blue speaks for the label, orange against it; underline (solid or dotted) and weight say the same without colour.
"""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

FOR, AGAINST = "0,114,178", "230,120,0"
STRONG, WEAK = 0.5, 0.05
NAMED = 5


def heatmap_html(explanation: Mapping[str, Any]) -> str:
    """The text with its words coloured, as a fragment with inline styles (readable on light and dark pages).

    Args:
        explanation: what ``tools.explain.explain.explain`` returned.
    """
    prediction = explanation["prediction"]
    label = f"<b>{escape(str(prediction['label']))}</b> ({_percent(prediction['score'])})"
    return (
        f'<figure style="margin:0" aria-label="Which words drove the label {escape(str(prediction["label"]))}">'
        f'<p style="line-height:2;overflow-wrap:anywhere">{_words(explanation["tokens"])}</p>'
        f'<figcaption style="font-size:.85em;opacity:.85">Predicted {label}. {_said(explanation["tokens"])} {_legend()}'
        f"{_faith(explanation)}{_notes(explanation)}</figcaption></figure>"
    )


def _words(tokens: Sequence[Mapping[str, Any]]) -> str:
    most = max((abs(token["attribution"]) for token in tokens), default=0.0) or 1.0
    pieces, at = [], tokens[0]["start"] if tokens else 0
    for token in tokens:
        if token["start"] > at:
            pieces.append(" ")
        pieces.append(_word(str(token["text"]), token["attribution"], token["attribution"] / most))
        at = token["end"]
    return "".join(pieces)


def _word(text: str, value: float, share: float) -> str:
    """One word; ``share`` is its attribution relative to the largest, -1 to 1."""
    if abs(share) < WEAK:
        return escape(text)
    colour, line = (FOR, "solid") if share > 0 else (AGAINST, "dotted")
    weight = "bold" if abs(share) >= STRONG else "normal"
    style = (
        f"background:rgba({colour},{0.12 + 0.5 * abs(share):.2f});border-bottom:{1 + round(2 * abs(share))}px {line} "
        f"rgb({colour});font-weight:{weight};padding:1px 2px;border-radius:2px"
    )
    about = f"{'for' if share > 0 else 'against'} the label: {value:+.3f}"
    return f'<span style="{style}" title="{about}">{escape(text)}</span>'


def _said(tokens: Sequence[Mapping[str, Any]]) -> str:
    """The strongest words in a sentence, for those who cannot see the colours."""
    ranked = sorted(tokens, key=lambda token: -token["attribution"])
    most = max((abs(token["attribution"]) for token in tokens), default=0.0)
    spoke_for = [t["text"] for t in ranked[:NAMED] if t["attribution"] > WEAK * most]
    against = [t["text"] for t in ranked[::-1][:NAMED] if t["attribution"] < -WEAK * most]
    parts = [("Words for it", spoke_for), ("Words against it", against)]
    return " ".join(f"{name}: {escape(', '.join(words))}." for name, words in parts if words)


def _legend() -> str:
    return (
        f'<span style="background:rgba({FOR},.4);border-bottom:2px solid rgb({FOR});padding:0 3px">for</span> '
        f'<span style="background:rgba({AGAINST},.4);border-bottom:2px dotted rgb({AGAINST});padding:0 3px">'
        "against</span>"
    )


def _faith(explanation: Mapping[str, Any]) -> str:
    found = explanation.get("faithfulness")
    if not found:
        return ""
    doubt = (
        " That is no more than random words do: read this picture with care."
        if found["comprehensiveness"] <= found["random_comprehensiveness"]
        else ""
    )
    return (
        f"<br>Check: deleting the top words lowers the probability by {_points(found['comprehensiveness'])} "
        f"on average, deleting random words by {_points(found['random_comprehensiveness'])}; keeping the top words "
        f"alone lowers it by {_points(found['sufficiency'])}.{doubt}"
    )


def _notes(explanation: Mapping[str, Any]) -> str:
    return "".join(f"<br>{escape(note)}" for note in explanation.get("notes") or [])


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _points(share: float) -> str:
    return f"{round(100 * share, 1) + 0.0:.1f} points"  # adding zero turns -0.0 into 0.0


def page_html(explanation: Mapping[str, Any]) -> str:
    """A whole page: prediction, heat map, every word's figure, and the further windows of a long text."""
    label = escape(str(explanation["prediction"]["label"]))
    windows = "".join(
        _window(each, number) for number, each in enumerate(explanation.get("windows") or [], 2)
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>Why {label}?</title><style>{STYLE}</style></head><body><h1>Why {label}?</h1>"
        f"{heatmap_html(explanation)}{windows}<h2>Probabilities</h2>{_scores(explanation)}"
        f"<h2>Every word</h2>{_table(explanation['tokens'])}<p>Method: {escape(str(explanation['method']))}"
        f"{_delta(explanation)}.</p></body></html>\n"
    )


STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;"
    "max-width:50em;margin:2em auto;padding:0 1em;color:#1a1a1a;background:#fff}"
    "table{border-collapse:collapse}td,th{padding:.2em .8em;border-bottom:1px solid #ddd;text-align:left}"
    "@media print{*{-webkit-print-color-adjust:exact;print-color-adjust:exact}}"
)


def _window(window: Mapping[str, Any], number: int) -> str:
    label, score = window["prediction"]["label"], window["prediction"]["score"]
    return (
        f"<h2>Part {number}</h2><p>On its own it would be <b>{escape(str(label))}</b> ({_percent(score)}).</p>"
        f'<p style="line-height:2;overflow-wrap:anywhere">{_words(window["tokens"])}</p>'
    )


def _scores(explanation: Mapping[str, Any]) -> str:
    best = list(explanation["prediction"].get("scores", {}).items())[:10]
    rows = "".join(f"<tr><td>{escape(str(name))}</td><td>{_percent(value)}</td></tr>" for name, value in best)
    return f"<table><tr><th>label</th><th>probability</th></tr>{rows}</table>"


def _table(tokens: Sequence[Mapping[str, Any]]) -> str:
    rows = "".join(
        f"<tr><td>{escape(str(t['text']))}</td><td>{t['start']}–{t['end']}</td><td>{t['attribution']:+.4f}</td></tr>"
        for t in tokens
    )
    return f"<table><tr><th>word</th><th>characters</th><th>attribution</th></tr>{rows}</table>"


def _delta(explanation: Mapping[str, Any]) -> str:
    delta = explanation.get("convergence_delta")
    return f", convergence delta {delta:.4f}" if delta is not None else ""

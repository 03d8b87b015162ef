"""Explanations as fragments of HTML: a heat map without scripts, readable on light and dark pages and on paper.

Blue speaks for the label, orange against it (the pair that colour-blind people tell apart, after Okabe and Ito 2008);
underline (solid or dotted) and weight say the same without colour, and screen readers hear each word's figure.
"""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

FOR, AGAINST = "0,114,178", "230,120,0"
STRONG, WEAK = 0.5, 0.05
NAMED = 5
# For screen readers alone: takes no room, and is not hidden from them as display:none would be.
HEARD = "position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap"
PRINTED = "-webkit-print-color-adjust:exact;print-color-adjust:exact"


def heatmap_html(explanation: Mapping[str, Any]) -> str:
    """What was explained with its words (or patches) coloured, as a fragment with inline styles.

    Args:
        explanation: what ``tools.explain.explain.explain`` returned; ``counterfactual`` and ``versus`` are shown too.
    """
    shown = _figure(explanation) + _flip(explanation)
    second = explanation.get("versus")
    if not second:
        return shown
    agreement = explanation.get("agreement") or {}
    return (
        '<div style="display:flex;flex-wrap:wrap;gap:1.5em">'
        f"{_column(str(explanation.get('model', 'The first model')), shown)}"
        f"{_column(str(second.get('model', 'The second model')), _figure(second))}</div>{_agreement(agreement)}"
    )


def _column(title: str, body: str) -> str:
    return f'<div style="flex:1 1 20em;min-width:0"><b>{escape(title)}</b>{body}</div>'


def _agreement(agreement: Mapping[str, Any]) -> str:
    if not agreement:
        return ""
    same = "Both give the same label." if agreement["same_label"] else "They give different labels."
    alike = agreement.get("rank_correlation")
    told = (
        ""
        if alike is None
        else f" Their orders of the words correlate by {alike:+.2f} (Spearman; 1 is the same)."
    )
    return f'<p style="font-size:.85em">{same}{told}</p>'


def _figure(explanation: Mapping[str, Any]) -> str:
    if "patches" in explanation:
        return _picture(explanation)
    if "other" in explanation:
        return _two_texts(explanation)
    about = _target(explanation)
    return _frame(
        f"Which words drove {about}",
        f'<p style="line-height:2;overflow-wrap:anywhere">{words_html(explanation["tokens"])}</p>',
        f"{_predicted(explanation)} {said(explanation['tokens'])} {_legend()}{_faith(explanation)}"
        f"{_notes(explanation)}",
    )


def _frame(label: str, body: str, caption: str) -> str:
    return (
        f'<figure style="margin:0" aria-label="{escape(label)}">{body}'
        f'<figcaption style="font-size:.85em;opacity:.85">{caption}</figcaption></figure>'
    )


def _target(explanation: Mapping[str, Any]) -> str:
    target = explanation.get("target") or explanation["prediction"].get("label")
    if isinstance(target, Mapping):
        return f"“{target['text']}” as {target['entity']}"
    return f"the label {target}"


def _predicted(explanation: Mapping[str, Any]) -> str:
    prediction, target = explanation["prediction"], explanation.get("target")
    if "entities" in prediction:
        known = ", ".join(f"{each['text']} ({each['entity']})" for each in prediction["entities"][:12])
        about = f" Explained is <b>{escape(_target(explanation))}</b>." if target else ""
        return f"Found: {escape(known) or 'nothing'}.{about}"
    found = f"Predicted <b>{escape(str(prediction['label']))}</b> ({percent(prediction['score'])})."
    if target in (None, prediction["label"]):
        return found
    share = prediction.get("scores", {}).get(target)
    return f"{found} Explained is <b>{escape(str(target))}</b>{f' ({percent(share)})' if share is not None else ''}."


def _two_texts(explanation: Mapping[str, Any]) -> str:
    other = explanation["other"]
    body = "".join(
        f'<p style="line-height:2;overflow-wrap:anywhere"><b>{name}</b> {words_html(side["tokens"])}</p>'
        for name, side in (("First text:", explanation), ("Second text:", other))
    )
    alike = f"Likeness (cosine) {explanation['prediction']['score']:.3f}."
    notes = {"notes": [*explanation.get("notes", []), *other.get("notes", [])]}
    heard = f"{said(explanation['tokens'], 'what matched')} {said(other['tokens'], 'what matched')}"
    return _frame("Which words of both texts matched", body, f"{alike} {heard} {_legend()}{_notes(notes)}")


def _picture(explanation: Mapping[str, Any]) -> str:
    ranked = sorted(explanation["patches"], key=lambda patch: -patch["attribution"])[:3]
    places = ", ".join(f"row {p['row']} column {p['column']}" for p in ranked if p["attribution"] > 0)
    alt = f"Heat map of {_target(explanation)}; strongest patches (from the top left): {places or 'none'}"
    body = (
        f'<img alt="{escape(alt)}" style="max-width:100%;{PRINTED}" src="{escape(str(explanation["picture"]))}">'
        if explanation.get("picture")
        else f"<p>{escape(alt)}</p>"
    )
    legend = "Blue patches speak for the label (the strongest are framed), struck-out orange ones against it."
    return _frame(alt, body, f"{_predicted(explanation)} {legend}{_faith(explanation)}{_notes(explanation)}")


def words_html(tokens: Sequence[Mapping[str, Any]]) -> str:
    """Words in their colours, with single spaces between those that stand apart.

    Args:
        tokens: as an explanation has them.
    """
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
        f"rgb({colour});font-weight:{weight};padding:1px 2px;border-radius:2px;position:relative;{PRINTED}"
    )
    about = f"{'for' if share > 0 else 'against'}: {value:+.3f}"
    return (
        f'<span style="{style}" title="{about}">{escape(text)}<span style="{HEARD}"> ({about}) </span></span>'
    )


def said(tokens: Sequence[Mapping[str, Any]], what: str = "it") -> str:
    """The strongest words in a sentence, for those who cannot see the colours."""
    ranked = sorted(tokens, key=lambda token: -token["attribution"])
    most = max((abs(token["attribution"]) for token in tokens), default=0.0)
    spoke_for = [t["text"] for t in ranked[:NAMED] if t["attribution"] > WEAK * most]
    against = [t["text"] for t in ranked[::-1][:NAMED] if t["attribution"] < -WEAK * most]
    parts = [(f"Words for {what}", spoke_for), (f"Words against {what}", against)]
    return " ".join(f"{name}: {escape(', '.join(words))}." for name, words in parts if words)


def _legend() -> str:
    return " ".join(
        f'<span style="background:rgba({colour},.4);border-bottom:2px {line} rgb({colour});padding:0 3px;{PRINTED}">'
        f"{name}</span>"
        for name, colour, line in (("for", FOR, "solid"), ("against", AGAINST, "dotted"))
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
    what = "patches" if "patches" in explanation else "words"
    return (
        f"<br>Check: without the top {what} the probability falls by {_points(found['comprehensiveness'])} "
        f"on average, without random ones by {_points(found['random_comprehensiveness'])}; with the top {what} alone "
        f"it falls by {_points(found['sufficiency'])}.{doubt}"
    )


def _flip(explanation: Mapping[str, Any]) -> str:
    """The smallest change found that turns the label."""
    if "counterfactual" not in explanation:
        return ""
    found = explanation["counterfactual"]
    if not found:
        return '<p style="font-size:.85em">No small change that was tried turns the label.</p>'
    changes = ", ".join(
        f"“{change['from']}” → “{change['to']}”" if change["to"] else f"without “{change['from']}”"
        for change in found["changes"]
    )
    return (
        f'<p style="font-size:.85em">What would turn it: {escape(changes)} gives '
        f"<b>{escape(str(found['label'] or 'no label'))}</b> ({percent(found['score'])}): “{escape(found['text'])}”</p>"
    )


def _notes(explanation: Mapping[str, Any]) -> str:
    return "".join(f"<br>{escape(note)}" for note in explanation.get("notes") or [])


def percent(share: float) -> str:
    """A share of one as a percentage."""
    return f"{100 * share:.1f} %"


def _points(share: float) -> str:
    return f"{round(100 * share, 1) + 0.0:.1f} points"  # adding zero turns -0.0 into 0.0

"""Explanations as fragments of HTML: a heat map without scripts, readable on light and dark pages and on paper."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from tools.explain.coloured import AGAINST, FOR, PRINTED, WEAK, Say, english, percent, words_html

NAMED = 5
SMALL = 'style="font-size:.85em"'
LINES = 'style="line-height:2;overflow-wrap:anywhere"'


def heatmap_html(explanation: Mapping[str, Any], say: Say = english) -> str:
    """What was explained with its words (or patches) coloured, as a fragment with inline styles.

    Args:
        explanation: what ``tools.explain.explain.explain`` returned; ``counterfactual`` and ``versus`` are shown too.
        say: puts the fragment's own words into the reader's language.
    """
    draws = _Drawing(say)
    shown = draws.figure(explanation) + draws.flip(explanation)
    second = explanation.get("versus")
    if not second:
        return shown
    first = _column(str(explanation.get("model") or say("The first model")), shown)
    beside = _column(str(second.get("model") or say("The second model")), draws.figure(second))
    both = f'<div style="display:flex;flex-wrap:wrap;gap:1.5em">{first}{beside}</div>'
    return both + draws.agreement(explanation.get("agreement") or {})


def _column(title: str, body: str) -> str:
    return f'<div style="flex:1 1 20em;min-width:0"><b>{escape(title)}</b>{body}</div>'


class _Drawing:
    """The parts of a heat map in a reader's language.

    Args:
        say: see :func:`heatmap_html`.
    """

    def __init__(self, say: Say):
        self._say = say

    def _told(self, words: str, **values: Any) -> str:
        """Words that are escaped, in which each value stands bold where its name begins with ``b_``."""
        marks = {name: f"\0{name}\0" for name in values}
        told = escape(self._say(words, **marks) if marks else self._say(words))
        for name, value in values.items():
            shown = escape(str(value))
            told = told.replace(f"\0{name}\0", f"<b>{shown}</b>" if name.startswith("b_") else shown)
        return told

    def figure(self, explanation: Mapping[str, Any]) -> str:
        """What one model says of a text (or two), or of a picture."""
        if "patches" in explanation:
            return self._picture(explanation)
        if "other" in explanation:
            return self._two_texts(explanation)
        caption = (
            f"{self._predicted(explanation)} {self._strongest(explanation['tokens'])} {self._legend()}"
            f"{self._faith(explanation)}{self._notes(explanation)}"
        )
        body = f"<p {LINES}>{words_html(explanation['tokens'], self._say)}</p>"
        heard = self._say("Which words drove {what}", what=self._target(explanation))
        return _frame(heard, body, caption) + self._windows(explanation)

    def _target(self, explanation: Mapping[str, Any]) -> str:
        target = explanation.get("target") or explanation["prediction"].get("label")
        if isinstance(target, Mapping):
            return self._say("“{text}” as {kind}", text=target["text"], kind=target["entity"])
        return self._say("the label {label}", label=target)

    def _predicted(self, explanation: Mapping[str, Any]) -> str:
        prediction, target = explanation["prediction"], explanation.get("target")
        if "entities" in prediction:
            known = ", ".join(f"{each['text']} ({each['entity']})" for each in prediction["entities"][:12])
            found = self._told("Found: {what}.", what=known or self._say("nothing"))
            about = self._told("Explained is {b_what}.", b_what=self._target(explanation)) if target else ""
            return f"{found} {about}".strip()
        score = percent(prediction["score"])
        found = self._told("Predicted {b_label} ({score}).", b_label=prediction["label"], score=score)
        if target in (None, prediction["label"]):
            return found
        share = prediction.get("scores", {}).get(target)
        what = target if share is None else f"{target} ({percent(share)})"
        return f"{found} {self._told('Explained is {b_what}.', b_what=what)}"

    def _two_texts(self, explanation: Mapping[str, Any]) -> str:
        other = explanation["other"]
        sides = [(self._told("First text:"), explanation), (self._told("Second text:"), other)]
        body = "".join(
            f"<p {LINES}><b>{name}</b> {words_html(side['tokens'], self._say)}</p>" for name, side in sides
        )
        heard = " ".join(f"{name} {self._strongest(side['tokens'])}" for name, side in sides)
        faith = "".join(self._faith(side, cosine=name) for name, side in sides)
        notes = {"notes": [*explanation.get("notes", []), *other.get("notes", [])]}
        caption = f"{self._alike(explanation)} {heard} {self._legend()}{faith}{self._notes(notes)}"
        further = "".join(self._windows(side, cosine=name) for name, side in sides)
        return _frame(self._say("Which words of both texts matched"), body, caption) + further

    def _alike(self, explanation: Mapping[str, Any]) -> str:
        return self._told("Likeness (cosine) {cosine}.", cosine=f"{explanation['prediction']['score']:z.3f}")

    def _picture(self, explanation: Mapping[str, Any]) -> str:
        ranked = sorted(explanation["patches"], key=lambda patch: -patch["attribution"])[:3]
        places = ", ".join(
            self._say("row {row} column {column}", row=p["row"], column=p["column"])
            for p in ranked
            if p["attribution"] > 0
        )
        alt = self._say(
            "Heat map of {what}; strongest patches (from the top left): {places}",
            what=self._target(explanation),
            places=places or self._say("none"),
        )
        body = f"<p>{escape(alt)}</p>"
        if explanation.get("picture"):
            source = escape(str(explanation["picture"]))
            body = f'<img alt="{escape(alt)}" style="max-width:100%;{PRINTED}" src="{source}">'
        legend = self._told(
            "Blue patches speak for the label (the strongest are framed), struck-out orange ones against it."
        )
        caption = (
            f"{self._predicted(explanation)} {legend}{self._faith(explanation)}{self._notes(explanation)}"
        )
        return _frame(alt, body, caption)

    def _strongest(self, tokens: Sequence[Mapping[str, Any]]) -> str:
        """The strongest words in a sentence, for those who cannot see the colours."""
        ranked = sorted(tokens, key=lambda token: -token["attribution"])
        most = max((abs(token["attribution"]) for token in tokens), default=0.0)
        spoke_for = [t["text"] for t in ranked[:NAMED] if t["attribution"] > WEAK * most]
        against = [t["text"] for t in ranked[::-1][:NAMED] if t["attribution"] < -WEAK * most]
        parts = [
            self._told("Words for it: {which}.", which=", ".join(spoke_for)) if spoke_for else "",
            self._told("Words against it: {which}.", which=", ".join(against)) if against else "",
        ]
        return " ".join(filter(None, parts))

    def _legend(self) -> str:
        return " ".join(
            f'<span style="background:rgba({colour},.4);border-bottom:2px {line} rgb({colour});padding:0 3px;'
            f'{PRINTED}">{escape(name)}</span>'
            for name, colour, line in (
                (self._say("for"), FOR, "solid"),
                (self._say("against"), AGAINST, "dotted"),
            )
        )

    def _faith(self, explanation: Mapping[str, Any], cosine: str = "") -> str:
        """What deleting the strongest shows; nothing where there is but one word or patch, or nothing is explained.

        Args:
            explanation: of a text, or of one of two.
            cosine: which of two texts, escaped.
        """
        found = explanation.get("faithfulness")
        if not found or not compared(explanation):
            return ""
        told = {
            "drop": _points(found["comprehensiveness"]),
            "random": _points(found["random_comprehensiveness"]),
            "alone": _points(found["sufficiency"]),
        }
        if cosine:
            told = {name: f"{found[key]:z.3f}" for name, key in FIGURES.items()}
            said = f"{cosine} {self._told(CHECK_COSINE, **told)}"
        elif "patches" in explanation:
            said = self._told(CHECK_PATCHES, **told)
        elif isinstance(explanation.get("target"), Mapping):
            said = self._told(CHECK_ENTITY, **told)
        else:
            said = self._told(CHECK_WORDS, **told)
        doubt = self._told("That is no more than random ones do: read this picture with care.")
        doubtful = found["comprehensiveness"] <= found["random_comprehensiveness"]
        return f"<br>{said}{f' {doubt}' if doubtful else ''}"

    def _windows(self, explanation: Mapping[str, Any], cosine: str = "") -> str:
        """What lies beyond the model's window, part by part; ``cosine`` as for the check."""
        parts = []
        for number, window in enumerate(explanation.get("windows") or [], 2):
            best = window["prediction"]
            about = self._told(
                "On its own it would be {b_label} ({score}).",
                b_label=best["label"],
                score=percent(best["score"]),
            )
            title = f"{cosine} {self._told('Part {number}', number=number)}".lstrip()
            parts.append(
                f"<p><b>{title}</b> {self._alike(window) if cosine else about}</p>"
                f"<p {LINES}>{words_html(window['tokens'], self._say)}</p>"
                f"<p {SMALL}>{self._faith(window, cosine).removeprefix('<br>')}</p>"
            )
        return "".join(parts)

    def flip(self, explanation: Mapping[str, Any]) -> str:
        """The smallest change found that turns the label."""
        if "counterfactual" not in explanation:
            return ""
        found = explanation["counterfactual"]
        if not found:
            return f"<p {SMALL}>{self._told('No small change that was tried turns the label.')}</p>"
        changes = ", ".join(
            f"“{change['from']}” → “{change['to']}”"
            if change["to"]
            else self._say("without “{word}”", word=change["from"])
            for change in found["changes"]
        )
        told = self._told(
            "What would turn it: {changes} gives {b_label} ({score}): “{text}”",
            changes=changes,
            b_label=found["label"] or self._say("no label"),
            score=percent(found["score"]),
            text=found["text"],
        )
        return f"<p {SMALL}>{told}</p>"

    def agreement(self, agreement: Mapping[str, Any]) -> str:
        """How far two models agree."""
        if not agreement:
            return ""
        same = "Both give the same label." if agreement["same_label"] else "They give different labels."
        alike = agreement.get("rank_correlation")
        order = "Their orders of the words correlate by {alike} (Spearman; 1 is the same)."
        told = "" if alike is None else self._told(order, alike=f"{alike:+.2f}")
        return f"<p {SMALL}>{f'{self._told(same)} {told}'.strip()}</p>"

    def _notes(self, explanation: Mapping[str, Any]) -> str:
        return "".join(f"<br>{escape(note)}" for note in explanation.get("notes") or [])


FIGURES = {"drop": "comprehensiveness", "random": "random_comprehensiveness", "alone": "sufficiency"}
CHECK_WORDS = (
    "Check: without the top words the probability falls by {drop} points on average, without random ones by {random} "
    "points; with the top words alone it falls by {alone} points."
)
CHECK_PATCHES = (
    "Check: without the top patches the probability falls by {drop} points on average, without random ones by {random} "
    "points; with the top patches alone it falls by {alone} points."
)
CHECK_ENTITY = (
    "Check: where the top words are masked the probability falls by {drop} points on average, where random ones are by "
    "{random} points; where all but the top words are it falls by {alone} points."
)
CHECK_COSINE = (
    "Check: without its top words the likeness falls by {drop} on average, without random ones by {random}; with them "
    "alone it falls by {alone}."
)


def compared(explanation: Mapping[str, Any]) -> bool:
    """Whether an explanation can be held against random words: there are two at least, and something is explained."""
    parts = explanation.get("patches") or explanation.get("tokens") or []
    return len(parts) > 1 and any(part["attribution"] for part in parts)


def _frame(label: str, body: str, caption: str) -> str:
    return (
        f'<figure style="margin:0" aria-label="{escape(label)}">{body}'
        f'<figcaption style="font-size:.85em;opacity:.85">{caption}</figcaption></figure>'
    )


def _points(share: float) -> str:
    return f"{100 * share:z.1f}"

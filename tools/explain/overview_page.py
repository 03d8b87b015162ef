"""The page of a model explained as a whole."""

import base64
import tempfile
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from tools.explain.coloured import FOR, PRINTED, Say, english, signed
from tools.explain.page import table_html, whole_page
from tools.workspace import HELD_OUT


def overview_html(found: Mapping[str, Any]) -> str:
    """A page that stands alone.

    Args:
        found: what ``tools.explain.overview.overview`` returned.
    """
    return whole_page(title(found), overview_body(found))


def title(found: Mapping[str, Any]) -> str:
    """What the page is about."""
    data = "the held-out rows of its training" if found["data"] == HELD_OUT else found["data"]
    return f"{found['model']} on {data}"


def overview_body(found: Mapping[str, Any], say: Say = english) -> str:
    """What stands on the page, as a fragment.

    Args:
        found: as for :func:`overview_html`.
        say: puts the fragment's own words into the reader's language.
    """
    measures = [[say(name.replace("_", " ")), value] for name, value in found["metrics"].items()]
    confused = [
        [p["label"], p["predicted"], p["count"], " · ".join(p["examples"])] for p in found["confused"]
    ]
    weak = [[each["slice"], each["rows"], each["accuracy"]] for each in found["slices"]]
    doubtful = [[row["text"], row["label"], row["suggested"], row["score"]] for row in found["label_errors"]]
    parts = [
        *(f"<p>{escape(say(warning))}</p>" for warning in found["warnings"]),
        _table(("measure", "value"), measures, say),
        _words(found, say),
        _part("Labels that are confused most", ("label", "taken for", "rows", "examples"), confused, say),
        _part("Where it is weak", ("rows", "number", "accuracy"), weak, say, SLICES),
        _part(
            "Labels that look wrong", ("text", "label in the data", "likelier", "by"), doubtful, say, DOUBTFUL
        ),
        _calibration(found["calibration"], say),
    ]
    return "".join(parts)


SLICES = (
    "Kinds of rows that are right less often than all are, by more than chance. Of many kinds that were looked at some "
    "are here by luck: a place to look, no proof."
)
WORDS = (
    "Over {n} texts, by {method}; the numbers are a word's mean attribution, and in how many texts it stands."
)
DOUBTFUL = (
    "Rows that the model is surer of under another label than it usually is of that label. Mend the data where they "
    "are wrong."
)


def _table(head: Sequence[str], rows: Sequence[Sequence[Any]], say: Say) -> str:
    return table_html([say(each) for each in head], rows)


def _part(title: str, head: Sequence[str], rows: Sequence[Sequence[Any]], say: Say, about: str = "") -> str:
    said = f"<p>{escape(say(about))}</p>" if about and rows else ""
    body = _table(head, rows, say) if rows else f"<p>{escape(say('None.'))}</p>"
    return f"<h2>{escape(say(title))}</h2>{said}{body}"


def _words(found: Mapping[str, Any], say: Say) -> str:
    """For each label its words with bars; the figures stand beside them."""
    rows = []
    for label, words in found["words"].items():
        most = max((each["attribution"] for each in words), default=0.0) or 1.0
        rows.append(f'<tr><th scope="row">{escape(label)}</th><td>{_bars(words, most)}</td></tr>')
    about = say(WORDS, n=f"{found['explained']:,}", method=found["method"])
    title = say("The words that drive each label")
    return f"<h2>{escape(title)}</h2><p>{escape(about)}</p><table>{''.join(rows)}</table>"


def _bars(words: Sequence[Mapping[str, Any]], most: float) -> str:
    found = []
    for each in words:
        line = f"border-bottom:{1 + round(3 * each['attribution'] / most)}px solid rgb({FOR});{PRINTED}"
        about = f"<small>{signed(each['attribution'], 2)} · {each['texts']}</small>"
        style = f"display:inline-block;margin:0 .8em .3em 0;{line}"
        found.append(f'<span style="{style}">{escape(each["word"])} {about}</span>')
    return "".join(found)


def _calibration(calibration: Mapping[str, Any], say: Say) -> str:
    from tools.finetune.pictures import calibration_picture

    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder) / "calibration.png"
        calibration_picture(dict(calibration), picture)
        data = base64.b64encode(picture.read_bytes()).decode()
    rows = [[each["confidence"], each["accuracy"], each["rows"]] for each in calibration["bins"]]
    about = say("How often the model is right against how sure it is; the table has the numbers")
    return (
        f'<h2>{escape(say("Calibration"))}</h2><img alt="{escape(about)}" src="data:image/png;base64,{data}">'
        f"{_table(('how sure', 'how often right', 'rows'), rows, say)}"
    )

"""Small pieces of HTML for the cards: every text from outside is escaped here."""

import html
import json
from collections.abc import Iterable, Sequence
from typing import Any

from ui.languages import say


def text(value: Any) -> str:
    """A value as escaped text: numbers with thousands separators and at most four significant decimals."""
    if isinstance(value, bool) or value is None:
        return "" if value is None else say("yes" if value else "no")
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:.4g}" if abs(value) < 1000 else f"{value:,.0f}"
    return escape(str(value))


def escape(words: str) -> str:
    """Text for HTML that stands in Markdown: an empty line would end the HTML, and what follows would be Markdown."""
    return html.escape(words).replace("\r", "").replace("\n", "&#10;")


class Raw(str):
    """HTML that is safe already."""


def exact(value: Any) -> Raw:
    """A value as escaped text, just as it is: nothing rounded, grouped or translated."""
    if value is None or isinstance(value, str):
        return Raw(escape(value or ""))
    return Raw(escape(json.dumps(value, ensure_ascii=False, default=str)))


def percent(share: float) -> str:
    """A share of one as a percentage with one decimal."""
    return f"{100 * share:.1f} %"


def duration(seconds: float | None) -> str:
    """Seconds as people say them."""
    if seconds is None:
        return ""
    if seconds < 90:
        return f"{max(0, round(seconds))} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"


def card(title: str, *parts: str, kind: str = "") -> str:
    """A card with a heading; empty parts are left out."""
    body = "".join(part for part in parts if part)
    return f'<div class="sa-card {kind}"><div class="sa-title">{escape(say(title))}</div>{body}</div>'


def facts(pairs: Iterable[tuple[str, Any]]) -> str:
    """Names and values in a row of small tiles; empty values are left out."""
    tiles = "".join(
        f'<span class="sa-fact"><b>{text(value)}</b> <span>{escape(say(name))}</span></span>'
        for name, value in pairs
        if value not in (None, "")
    )
    return f'<div class="sa-facts">{tiles}</div>' if tiles else ""


def table(heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A table that scrolls inside its card. Heads and cells marked with :class:`Raw` are HTML already."""
    named = heads if any(heads) else ()
    head = "".join(f"<th>{_cell(each if isinstance(each, Raw) else say(each))}</th>" for each in named)
    body = "".join("<tr>" + "".join(f"<td>{_cell(each)}</td>" for each in row) + "</tr>" for row in rows)
    top = f"<thead><tr>{head}</tr></thead>" if head else ""
    whole = f"<table>{top}<tbody>{body}</tbody></table>"
    return f'<div class="sa-scroll" tabindex="0">{whole}</div>'


def _cell(value: Any) -> str:
    return value if isinstance(value, Raw) else text(value)


def bars(shares: Iterable[tuple[str, float, str]]) -> str:
    """Horizontal bars: a name, a share of one, and what is written behind."""
    rows = "".join(
        f'<div class="sa-bar"><span class="sa-bar-name">{escape(name)}</span>'
        f'<span class="sa-bar-track"><span class="sa-bar-fill" style="width:{100 * min(1, max(0, share)):.1f}%"></span>'
        f'</span><span class="sa-bar-value">{escape(label)}</span></div>'
        for name, share, label in shares
    )
    return f'<div class="sa-bars">{rows}</div>'


def notes(lines: Iterable[str]) -> str:
    """Remarks, one a line."""
    items = "".join(f"<li>{escape(line)}</li>" for line in lines)
    return f'<ul class="sa-notes">{items}</ul>' if items else ""


def details(summary: str, body: str, opened: bool = False) -> str:
    """Something folded away; ``body`` is HTML."""
    state = " open" if opened else ""
    return f"<details{state}><summary>{escape(say(summary))}</summary>{body}</details>"


def marked(words: str, entities: list[dict[str, Any]]) -> str:
    """A text with the words in it that a model found, and what it says they are."""
    made, at, others = [], 0, []
    for each in sorted(entities, key=lambda entity: entity["start"]):
        # Looked for, as the text may have lost personal data since: the places are those of the one that was read.
        start, kind = words.find(each["text"], at), str(each["entity"])
        if start < 0:
            others.append(f"{each['text']}: {kind}")
            continue
        made += [
            escape(words[at:start]),
            f"<mark>{escape(each['text'])} <small>{escape(kind)}</small></mark>",
        ]
        at = start + len(each["text"])
    nothing = "" if entities else f'<p class="sa-more">{text(say("Nothing was found."))}</p>'
    return f"<blockquote>{''.join(made)}{escape(words[at:])}</blockquote>{notes(others)}{nothing}"

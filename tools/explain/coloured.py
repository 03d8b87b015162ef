"""Words in the colours of what they spoke for, as fragments of HTML, and the figures beside them.

Blue speaks for the label, orange against it (the pair that colour-blind people tell apart, after Okabe and Ito 2008);
underline (solid or dotted) and weight say the same without colour, and screen readers hear each word's figure.
"""

from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

FOR, AGAINST = "0,114,178", "230,120,0"
STRONG, WEAK = 0.5, 0.05
# For screen readers alone: takes no room, and is not hidden from them as display:none would be.
HEARD = "position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap"
PRINTED = "-webkit-print-color-adjust:exact;print-color-adjust:exact"

Say = Callable[
    ..., str
]  # words in English with {names} in them, and what takes their places -> the reader's words


def english(words: str, **values: Any) -> str:
    """Words as they stand, filled in."""
    return words.format(**values) if values else words


def words_html(tokens: Sequence[Mapping[str, Any]], say: Say = english) -> str:
    """Words in their colours, with single spaces between those that stand apart.

    Args:
        tokens: as an explanation has them.
        say: puts what is heard of each into the reader's language.
    """
    most = max((abs(token["attribution"]) for token in tokens), default=0.0) or 1.0
    pieces, at = [], tokens[0]["start"] if tokens else 0
    for token in tokens:
        if token["start"] > at:
            pieces.append(" ")
        pieces.append(_word(str(token["text"]), token["attribution"], token["attribution"] / most, say))
        at = token["end"]
    return "".join(pieces)


def _word(text: str, value: float, share: float, say: Say) -> str:
    """One word; ``share`` is its attribution relative to the largest, -1 to 1."""
    if abs(share) < WEAK:
        return escape(text)
    colour, line = (FOR, "solid") if share > 0 else (AGAINST, "dotted")
    weight = "bold" if abs(share) >= STRONG else "normal"
    style = (
        f"background:rgba({colour},{0.12 + 0.38 * abs(share):.2f});border-bottom:{1 + round(2 * abs(share))}px {line} "
        f"rgb({colour});font-weight:{weight};padding:1px 2px;border-radius:2px;position:relative;{PRINTED}"
    )
    about = escape(f"{say('for') if share > 0 else say('against')}: {signed(value)}")
    return (
        f'<span style="{style}" title="{about}">{escape(text)}<span style="{HEARD}"> ({about}) </span></span>'
    )


def signed(value: float, digits: int = 3) -> str:
    """A figure with its sign; what rounds to nothing has none.

    Args:
        value: the figure.
        digits: behind the point.
    """
    shown = f"{value:+.{digits}f}"
    return shown if float(shown) else shown[1:]


def percent(share: float) -> str:
    """A share of one as a percentage."""
    return f"{100 * share:.1f} %"

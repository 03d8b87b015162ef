"""A conversation to read: who said what, one below the other."""

from collections.abc import Iterable, Mapping
from typing import Any

from ui.pages.html import text
from ui.pages.words import say


def transcript(lines: Iterable[Mapping[str, Any]]) -> str:
    """HTML of a conversation's lines, every text inert.

    Args:
        lines: ``role`` (user or assistant) and ``text`` of each.
    """
    said = "".join(
        f'<li class="sa-line sa-{"user" if each["role"] == "user" else "assistant"}">'
        f"<b>{text(say('Visitor' if each['role'] == 'user' else 'Assistant'))}</b>"
        f"<span>{text(each['text'])}</span></li>"
        for each in lines
    )
    return f'<ol class="sa-transcript">{said}</ol>' if said else ""

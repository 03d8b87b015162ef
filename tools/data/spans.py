"""Marked spans of texts as tags of words: ``{"start", "end", "label"}``, or ``[start, end, label]``.

The forms are those of spaCy, Prodigy, doccano and the pipelines of Hugging Face; offsets count characters from 0, and
the end is the place after the last one.
"""

import re
from collections.abc import Mapping
from typing import Any

KINDS = ("label", "entity", "entity_group", "entity_type", "type", "tag", "labels")
WORD = re.compile(r"[\u3400-\u9fff]|[^\W\u3400-\u9fff]+|[^\w\s]")  # each Chinese character is a word
Span = tuple[int, int, str]  # start, end, kind


def words_of(text: str) -> list[tuple[str, int, int]]:
    """Words and punctuation marks of a text with their character offsets."""
    return [(m.group(), m.start(), m.end()) for m in WORD.finditer(text)]


def span(value: Any) -> Span | None:
    """One marked span, in any of the forms; None for what is none."""
    if isinstance(value, Mapping):
        kind = next((value[key] for key in KINDS if value.get(key)), None)
        kind = kind[0] if isinstance(kind, list) and kind else kind
        start, end = value.get("start", value.get("start_offset")), value.get("end", value.get("end_offset"))
    elif isinstance(value, list | tuple) and len(value) == 3:
        start, end, kind = value
    else:
        return None
    whole = all(isinstance(at, int) and not isinstance(at, bool) for at in (start, end))
    return (start, end, kind) if whole and isinstance(kind, str) and kind else None


def are_spans(cells: list[Any]) -> bool:
    """Whether a column's cells are lists of spans, of which some may be empty."""
    lists = [cell for cell in cells if cell is not None]
    marked = [value for cell in lists if isinstance(cell, list | tuple) for value in cell]
    return bool(marked) and all(isinstance(cell, list | tuple) for cell in lists) and all(map(span, marked))


def tagged(text: str, marked: list[Span]) -> tuple[list[str], list[str]] | None:
    """Words of a text and their tags (B-, I- and O); None where a span lies outside of the text or holds no word.

    Args:
        text: as it was when it was marked.
        marked: its spans; of two that overlap the longer one counts.
    """
    words = words_of(text)
    tags = ["O"] * len(words)
    for start, end, kind in sorted(marked, key=lambda each: each[0] - each[1]):
        held = [at for at, (_, first, last) in enumerate(words) if first < end and start < last]
        if not 0 <= start < end <= len(text) or not held:
            return None
        if all(tags[at] == "O" for at in held):
            tags[held[0]] = f"B-{kind}"
            for at in held[1:]:
                tags[at] = f"I-{kind}"
    return [word for word, _, _ in words], tags

"""Reports quote the data a model was trained or measured on: here those texts lose what is personal in them."""

import re
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tools.privacy.redactor import Redactor

QUOTING = ("mistakes", "label_errors", "confused", "slices", "examples")  # parts of an evaluation that quote
NAMES = {"label", "predicted", "suggested", "slice"}
_PIECE = re.compile(r"[\u3400-\u9fff]|[^\s\u3400-\u9fff]+")  # words; Chinese ones are not parted


def without_personal(evaluation: Mapping[str, Any]) -> dict[str, Any]:
    """An evaluation whose quoted texts are redacted; labels and figures stay.

    Args:
        evaluation: what a task's training or ``tools.serving.evaluate`` found.
    """
    return {key: _clean(value) if key in QUOTING else value for key, value in evaluation.items()}


def quoted(text: str, most: int = 300) -> str:
    """The beginning of a text as reports quote it, before what is personal in it is looked for.

    Half an address or half a number of a card is not known as one: it ends before the word that is cut, and before
    the groups of digits that may go on there.

    Args:
        text: the text.
        most: characters.
    """
    if len(text) <= most:
        return text
    pieces = list(_PIECE.finditer(text[:most]))[:-1]
    while pieces and any(map(str.isdigit, pieces[-1][0])):
        pieces.pop()
    return text[: pieces[-1].end() if pieces else most]


def personal(text: str) -> list[tuple[int, int]]:
    """Where a text is personal: first and last character (exclusive) of each place."""
    return [(entity.start, entity.end) for entity in _redactor().gated(text)]


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return _redactor().gate(value)[0] if value.strip() else value
    if isinstance(value, Mapping):
        return {key: each if key in NAMES else _clean(each) for key, each in value.items()}
    return [_clean(each) for each in value] if isinstance(value, list | tuple) else value


@cache
def _redactor() -> "Redactor":
    from tools.privacy.redactor import Redactor

    return Redactor()

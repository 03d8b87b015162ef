"""Texts with several labels at once: recognized in a column, and read as sets."""

import ast
import json
import re
from collections.abc import Collection, Sequence
from typing import Any

SEPARATORS = ("|", ";", ",")
LONGEST_LIST = 10_000  # characters
_NO_COMMA = re.compile(
    r"""(?<=\w)(['"])\s+(?=['"]\w)"""
)  # numpy writes ['a' 'b'], which Python reads as ['ab']
_Sets = list[tuple[str, ...] | None]


def label_sets(cells: Sequence[Any], known: Collection[str] = ()) -> _Sets | None:
    """The labels of each row, where a column holds several a row.

    A cell may be a list, a list written as JSON, or names with ``|``, ``;`` or ``,`` between them. A separator counts
    where names that it parts come back in other company: "refund; damage" and "damage; delay" are sets, "Smith, Ann" is
    one name.

    Args:
        cells: of the label column; missing ones are None.
        known: labels of a model; a cell that falls apart into these is a set, whatever the other cells say.

    Returns:
        For each cell its different labels in order (an empty tuple where none applies, None where the cell is missing),
        or None where the column holds one label a row.
    """
    lists = [listed(cell) for cell in cells]
    words = [cell for cell in cells if isinstance(cell, str) and cell.strip()]
    several = any(found and len(set(map(str, found))) > 1 for found in lists) and _mostly(lists, cells)
    sign = None if several else separator(words)
    if not several and sign is None and not known:
        return None
    return [
        None if missing(cell) else _names(found if found is not None else _parted(cell, sign, known))
        for found, cell in zip(lists, cells, strict=True)
    ]


def _parted(cell: Any, sign: str | None, known: Collection[str]) -> list[Any]:
    """One cell by the file's separator, or by one that makes known labels of it."""
    if not isinstance(cell, str) or cell.strip() in known:
        return [cell]
    for each in SEPARATORS:
        parts = [part.strip() for part in cell.split(each)]
        if known and all(part in known for part in parts):
            return parts
    return cell.split(sign) if sign else [cell]


def separator(words: Sequence[str]) -> str | None:
    """The sign that stands between labels, if cells hold several.

    Args:
        words: the cells that hold text.
    """
    return next((sign for sign in SEPARATORS if _separates(sign, words)), None)


def label_name(cell: Any) -> str:
    """A label as text: 1.0 is ``1`` (spreadsheets store whole numbers as floats), a list of one is that one."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, list | tuple) and len(cell) == 1:
        return label_name(cell[0])
    return str(cell).strip()


def missing(cell: Any) -> bool:
    """None, not-a-number and blank text."""
    return cell is None or cell != cell or (isinstance(cell, str) and not cell.strip())


def _mostly(lists: Sequence[list[Any] | None], cells: Sequence[Any]) -> bool:
    """Whether at least half of the cells that hold something hold lists."""
    return 2 * sum(found is not None for found in lists) >= sum(not missing(cell) for cell in cells)


def listed(cell: Any) -> list[Any] | None:
    """A cell's list, also where it was written as JSON, or as Python writes it (which pandas does); None for others."""
    if isinstance(cell, str) and cell.strip().startswith("[") and len(cell) < LONGEST_LIST:
        try:
            cell = json.loads(cell)
        except ValueError:
            try:
                cell = ast.literal_eval(_NO_COMMA.sub(r"\1, ", cell.strip()))
            except (ValueError, SyntaxError, MemoryError, RecursionError):
                return None
        except RecursionError:
            return None
    return list(cell) if isinstance(cell, list | tuple) else None


def _names(parts: Sequence[Any]) -> tuple[str, ...]:
    """The different labels among the parts of a cell, as text."""
    named = (label_name(part) for part in parts if not missing(part))
    return tuple(dict.fromkeys(name for name in named if name))


def _separates(sign: str, words: Sequence[str]) -> bool:
    """Whether a separator parts the cells into names that come back in other company."""
    wholes = {tuple(part.strip() for part in word.split(sign)) for word in words}
    joint = [whole for whole in wholes if len(whole) > 1]
    parts = {part for whole in wholes for part in whole}
    if len(joint) < 2 or len(parts) >= len(wholes):
        return False
    if sign == "," and all(part.lstrip("+-").replace(".", "").isdigit() for part in parts):
        return False  # decimals: "1,5"
    return all(len(part.split()) <= 5 for part in parts)


def combined(names: Sequence[str]) -> str:
    """A set of labels as one text, for tables."""
    return " | ".join(names) or "–"

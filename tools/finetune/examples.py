"""From a table to rows to learn from, and how they are parted into training, validation and test."""

import math
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from tools.data.label_sets import label_name, label_sets, listed, missing
from tools.errors import BadArgument, BadData

if TYPE_CHECKING:
    import pandas

Row = TypeVar("Row")
WORD_TOKENS = 1.4  # of an ordinary encoder
SIGNS = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]")  # each a token of its own
COUNTED = 2000  # texts


@dataclass(frozen=True)
class Parts(Generic[Row]):
    """Rows to train on, to choose by, and to measure on; no text is in two of them."""

    train: list[Row]
    validation: list[Row]
    test: list[Row]


def pairs(
    table: "pandas.DataFrame", text_column: str, label_column: str, strip: bool = True
) -> list[tuple[str, str]]:
    """Text and label of each row that has both, as text.

    Args:
        table: as ``tools.data.read.read_table`` gives it; missing cells are None.
        text_column: one of its columns.
        label_column: another.
        strip: cut the space around texts.
    """
    found = []
    for text, label in zip(table[text_column], table[label_column], strict=True):
        if missing(text) or missing(label):
            continue
        shown = str(text).strip() if strip else str(text)
        found.append((shown, label_name(label)))
    return found


def text_sets(
    table: "pandas.DataFrame", text_column: str, label_column: str, known: Collection[str] = ()
) -> list[tuple[str, tuple[str, ...]]]:
    """Text and labels of each row that has both, where a row may have several labels (or say that none applies).

    Args:
        table: as for :func:`pairs`.
        text_column: one of its columns.
        label_column: another.
        known: see :func:`tools.data.label_sets.label_sets`.
    """
    sets = label_sets(list(table[label_column]), known) or []
    rows = zip(table[text_column], sets, strict=True)
    return [(str(text).strip(), names) for text, names in rows if names is not None and not missing(text)]


def texts(table: "pandas.DataFrame", column: str) -> list[str]:
    """The column's texts that are not empty."""
    return [str(cell).strip() for cell in table[column] if not missing(cell)]


def items(cell: Any) -> list[Any] | None:
    """A cell that holds a list, also where a CSV wrote it as JSON, as Python does, or as words.

    Args:
        cell: of the table.

    Returns:
        Its items; None where it looks like a list and cannot be read as one.
    """
    found = listed(cell)
    if found is not None or not isinstance(cell, str):
        return found if found is not None else [] if cell is None else str(cell).split()
    whole = cell.strip()
    return None if whole.startswith("[") and whole.endswith("]") else whole.split()


def mean_tokens(rows: Sequence[str], most: int | None = None) -> float:
    """Tokens of a text on average, roughly: words, and each Chinese, Japanese or Korean sign for itself.

    Args:
        rows: the texts; the first :data:`COUNTED` are looked at.
        most: tokens that are read of one; None reads all.
    """
    looked = rows[:COUNTED]
    return sum(min(text_tokens(text), most or math.inf) for text in looked) / max(1, len(looked))


def text_tokens(text: str) -> float:
    """Tokens of one text, roughly, with those that begin and end it."""
    plain_words, signs = SIGNS.subn(" ", text)
    return len(plain_words.split()) * WORD_TOKENS + signs + 2


def read(path: Path, columns: Sequence[str | None], beside: Sequence[str] = ()) -> "pandas.DataFrame":
    """The named columns of a file, under those names however the file spells them.

    Args:
        path: the file.
        columns: must be there.
        beside: come along where they are there.

    Raises:
        BadArgument: the file has no such column.
    """
    from tools.data.read import read_table

    names = [name for name in columns if name]
    try:
        table = read_table(path, names, beside=beside)
    except BadArgument as error:  # of several files, which one
        which = error.message.removeprefix("There is no column ").rstrip(".")
        raise BadArgument(f"There is no column {which} in {path.name}.", error.hint, error.param) from error
    table.columns = [*names, *table.columns[len(names) :]]
    table.attrs["path"] = str(path)
    return table


def part(
    rows: list[Row],
    test: list[Row] | None,
    seed: int,
    text: Callable[[Row], str],
    label: Callable[[Row], str] | None = None,
) -> Parts[Row]:
    """Part rows by ``tools.data.split``. Rows of the test file never count as training rows.

    Args:
        rows: the rows of the data.
        test: the rows of a separate test file, if there is one.
        seed: of the split.
        text: a row's text, by which duplicates are told.
        label: a row's label, to stratify by.

    Raises:
        BadData: all rows stand in the test file too.
    """
    from tools.data.split import split

    fractions = (0.8, 0.1, 0.1) if test is None else (0.9, 0.1, 0.0)
    if test is not None:
        seen = {plain(text(row)) for row in test}
        rows = [row for row in rows if plain(text(row)) not in seen]
        if not rows:
            raise BadData(
                "Every row stands in the test file too, so nothing is left to train on.",
                "Give another test file, or none: then a part of the data is held out.",
                param="test_data",
            )
    cut = split([text(r) for r in rows], [label(r) for r in rows] if label else None, seed, fractions)
    chosen = [[rows[i] for i in indices] for indices in (cut.train, cut.validation, cut.test)]
    return Parts(chosen[0], chosen[1], chosen[2] if test is None else test)


def plain(text: str) -> str:
    """A text without its capitals and extra spaces, by which duplicates are told."""
    return " ".join(text.casefold().split())

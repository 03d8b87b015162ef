"""``assistant data inspect``: what is in a file, in one pass over it and in bounded memory."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from tools.data.columns import Guess, guess_columns
from tools.data.findings import findings
from tools.data.formats import Row
from tools.data.label_sets import label_name, listed, separator
from tools.data.read import open_table, sample_rows
from tools.data.sniff import TableInfo
from tools.data.spans import span
from tools.data.stats import Distinct, Reservoir, column_type
from tools.privacy.fields import Fields

PII_CELLS = 500
SAMPLE_ROWS = 1000
MAX_LABELS = 50_000
CHUNK = 5_000


class Tally:
    """Everything that is counted while the rows go by."""

    def __init__(self, info: TableInfo, guess: Guess, sign: str | None = None):
        width = len(info.columns)
        self.columns = info.columns
        self.text = _place(info.columns, guess.text_column)
        self.label = _place(info.columns, guess.label_column if _has_labels(guess) else None)
        room = max(5_000, 600_000 // max(1, width))
        self.sign = sign
        self.rows = 0
        self.missing = [0] * width
        self.distinct = [Distinct(room) for _ in range(width)]
        self.pairs, self.texts = Distinct(), Distinct()
        self.labels: Counter[str] = Counter()
        self.more_labels = False
        self.sample = Reservoir(SAMPLE_ROWS)

    def add(self, rows: list[Row]) -> None:
        """Count a chunk of rows, column by column (several times faster than cell by cell)."""
        self.rows += len(rows)
        columns = list(zip(*rows, strict=True))
        for place, values in enumerate(columns):
            present = [value for value in values if value is not None]
            self.missing[place] += len(values) - len(present)
            self.distinct[place].add(hashable(present))
        self._count_labels(columns)
        self._count_duplicates(columns, rows)
        for row in rows:
            self.sample.add(row)

    def _count_labels(self, columns: list[tuple[Any, ...]]) -> None:
        if self.label is None:
            return
        self.labels.update(value for value in _label_values(columns[self.label], self.sign))
        if len(self.labels) > MAX_LABELS:
            self.more_labels = True
            self.labels = Counter(dict(self.labels.most_common(MAX_LABELS)))

    def _count_duplicates(self, columns: list[tuple[Any, ...]], rows: list[Row]) -> None:
        """Rows with the same text and label as an earlier one (whole rows where there is no text)."""
        if self.text is None:
            self.pairs.add(tuple(hashable(row)) for row in rows)
            return
        texts = hashable(columns[self.text])
        labels = hashable(columns[self.label]) if self.label is not None else [None] * len(rows)
        known = [(text, label) for text, label in zip(texts, labels, strict=True) if text is not None]
        self.pairs.add(known)
        self.texts.add(text for text, _ in known)


def inspect_file(
    path: Path, find_pii: Callable[[list[tuple[str, str]]], dict[str, int]] | None = None
) -> dict[str, Any]:
    """Describe a data file: the result of ``assistant data inspect``.

    Duplicates are rows whose text and label both came before, whatever their number or date.

    Args:
        path: the file (or a folder of images).
        find_pii: counts personal data by type in some cells, told with the names of their columns; the ``pii`` entry
            stays empty without it.

    Returns:
        ``rows``, ``columns``, ``task``, ``text_column``, ``label_column``, ``labels``, ``duplicates``, ``pii`` and
        ``warnings`` as the contract has them.

    Raises:
        BadData: the file is no table, is empty, or breaks off.
    """
    path = Path(path)
    sample = sample_rows(path)
    guess = guess_columns(sample)
    info, rows = open_table(path)
    tally = _count(info, rows, guess, _sign(sample, guess))
    columns = _describe(tally)
    cells, of = pii_cells(tally, columns)
    pii = {name: count for name, count in find_pii(cells).items() if count} if find_pii and cells else {}
    return {
        "rows": tally.rows,
        "columns": columns,
        "task": guess.task,
        "text_column": guess.text_column,
        "label_column": guess.label_column,
        "labels": dict(tally.labels.most_common()),
        "duplicates": tally.pairs.repeats,
        "pii": pii,
        "warnings": info.warnings + findings(tally, guess, pii, (len(cells), of) if find_pii else (0, 0)),
    }


def _count(info: TableInfo, rows: Iterator[Row], guess: Guess, sign: str | None) -> Tally:
    first = list(islice(rows, CHUNK))
    tally = Tally(info, guess, sign)  # only now does every kind of file know its columns
    while first:
        tally.add(first)
        first = list(islice(rows, CHUNK))
    return tally


def _place(columns: list[str], name: str | None) -> int | None:
    return columns.index(name) if name in columns else None


def _has_labels(guess: Guess) -> bool:
    """True where the label column holds classes, and not replies or second sentences."""
    return guess.task is not None and guess.task.endswith("classification")


def _sign(sample: list[dict[str, Any]], guess: Guess) -> str | None:
    """What stands between labels, where a row has several."""
    if not _has_labels(guess) or guess.label_column is None:
        return None
    cells = (row.get(guess.label_column) for row in sample)
    return separator([cell for cell in cells if isinstance(cell, str) and cell.strip()])


def _label_values(values: Iterable[Any], sign: str | None = None) -> Iterator[str]:
    """Labels as text; those of lists, and those with a sign between them, one by one."""
    for value in values:
        parts = listed(value)
        if parts is not None:
            yield from (marked[2] if (marked := span(part)) else label_name(part) for part in parts)
        elif sign and isinstance(value, str):
            yield from (part.strip() for part in value.split(sign) if part.strip())
        elif value is not None:
            yield label_name(value)


def hashable(values: Iterable[Any]) -> list[Any]:
    """Lists and objects as text, so that they can be counted."""
    return [repr(value) if isinstance(value, list | dict) else value for value in values]


def _describe(tally: Tally) -> list[dict[str, Any]]:
    """The ``columns`` entry: name, type, missing cells, different values."""
    described = []
    for place, name in enumerate(tally.columns):
        unique = tally.distinct[place].unique(tally.rows - tally.missing[place])
        values = [row[place] for row in tally.sample.items if row[place] is not None]
        kind = column_type(values, unique)
        described.append({"name": name, "type": kind, "missing": tally.missing[place], "unique": unique})
    return described


def pii_cells(
    tally: Tally, columns: list[dict[str, Any]], limit: int = PII_CELLS
) -> tuple[list[tuple[str, str]], int]:
    """Cells to look for personal data in: the text column's first, then those of other columns of text or long numbers,
    or whose names promise something personal.

    Args:
        tally: the counts, with a sample of rows.
        columns: the columns as described.
        limit: most cells returned.

    Returns:
        The cells with their columns' names, and how many such cells the file holds.
    """
    places = [place for place, column in enumerate(columns) if column["type"] in ("text", "list", "object")]
    places += [place for place, column in enumerate(columns) if _long_numbers(tally, place, column)]
    fields = Fields(tally.columns)
    places += [place for place, name in enumerate(tally.columns) if fields.promises(name)]
    places = sorted(dict.fromkeys(places), key=lambda place: place != tally.text)
    total = sum(tally.rows - tally.missing[place] for place in places)
    cells: list[tuple[str, str]] = []
    for number, place in enumerate(places):
        values = [str(row[place]) for row in tally.sample.items if row[place] is not None]
        rest = len(places) - number - 1
        share = limit - len(cells) - rest * min(100, limit // len(places))
        cells.extend((tally.columns[place], value) for value in spread(values, share))
    return cells[:limit], total


def spread(values: list[str], count: int) -> list[str]:
    """``count`` values at even distances, or all where there are fewer."""
    if len(values) <= count:
        return values
    return [values[number * len(values) // count] for number in range(max(0, count))]


def _long_numbers(tally: Tally, place: int, column: dict[str, Any]) -> bool:
    """Telephone, card and account numbers may stand alone in a column."""
    if column["type"] != "integer":
        return False
    values = [row[place] for row in tally.sample.items if row[place] is not None]
    return sum(len(str(value)) >= 8 for value in values) > len(values) / 2

"""CSV and TSV tables: every row with its column names."""

import csv
import io
import re

from knowledge.decode import decode
from knowledge.document import Block, Parts, row_text
from knowledge.errors import SourceError

SUFFIXES = (".csv", ".tsv")
MOST_ROWS = 100_000
_PERIOD = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)|\b[QH]\d\b|\d{1,2}月")  # digits that names of columns have
MOST_CELL = 131_072  # characters; csv's own limit, which other code of the process may have raised


def load(raw: bytes, name: str) -> Parts:
    """Read a table; the first row is the header.

    Raises:
        SourceError: its quotation marks do not fit.
    """
    text = decode(raw)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text, name)))
    except csv.Error as error:
        raise SourceError(
            f"The table cannot be read: {error}.", "Look for a quotation mark that is never closed."
        ) from error
    if any(len(cell) > MOST_CELL for row in rows for cell in row):
        raise SourceError(
            "A cell of the table does not end.", "Look for a quotation mark that is never closed."
        )
    return Parts("", table_blocks(rows), left_out=too_many(len(rows)))


def table_blocks(rows: list[list[str]]) -> list[Block]:
    """A table's rows as blocks.

    Args:
        rows: cells; the first row that is not empty is the header. What stands alone in a line above it is a title.
    """
    rows = [row for row in rows if any(cell.strip() for cell in row)][:MOST_ROWS]
    titles = _titles(rows)
    above = [Block("text", row_text([], row)) for row in rows[:titles]]
    rows = rows[titles:]
    if len(rows) < 2:
        return [*above, *(Block("row", row_text([], row)) for row in rows)]
    return [*above, *(Block("row", row_text(rows[0], row)) for row in rows[1:])]


def too_many(rows: int, where: str = "") -> list[tuple[str, str]]:
    """What is told of a table that has more rows than are read.

    Args:
        rows: how many it has.
        where: the sheet's name, where there are several.
    """
    if rows <= MOST_ROWS:
        return []
    part = " ".join(filter(None, (where, f"rows from {MOST_ROWS + 1:,} on")))
    return [(part, str(SourceError(f"Only the first {MOST_ROWS:,} rows of a table are read.", "Split it.")))]


def _titles(rows: list[list[str]]) -> int:
    """How many lines above the header are titles: alone in their line, at the table's left edge, above names.

    A header may have a single name, too, but then it stands above figures or is not at the edge.
    """
    filled = [[at for at, cell in enumerate(row) if cell.strip()] for row in rows[:8]]
    titles = next((at for at, cells in enumerate(filled[:4]) if len(cells) > 1), 0)
    if not titles or any(re.search(r"\d", _PERIOD.sub("", cell)) for cell in rows[titles]):
        return 0
    edge = min(cells[0] for cells in filled[titles:])
    return 0 if any(cells[0] > edge for cells in filled[:titles]) else titles


def _delimiter(text: str, name: str) -> str:
    if name.lower().endswith(".tsv"):
        return "\t"
    marks = ",;\t|"
    lines = text[:5_000].splitlines()[:4]  # titles may stand above the header
    first = next((line for line in lines if any(mark in line for mark in marks)), "")
    return max(marks, key=first.count)

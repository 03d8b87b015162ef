"""CSV and TSV tables: every row with its column names."""

import csv
import io

from knowledge.decode import decode
from knowledge.document import Block, Parts, row_text

SUFFIXES = (".csv", ".tsv")
MOST_ROWS = 100_000


def load(raw: bytes, name: str) -> Parts:
    """Read a table; the first row is the header."""
    text = decode(raw)
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text, name)))
    return Parts("", table_blocks(rows))


def table_blocks(rows: list[list[str]]) -> list[Block]:
    """A table's rows as blocks.

    Args:
        rows: cells; the first row that is not empty is the header.
    """
    rows = [row for row in rows if any(cell.strip() for cell in row)][: MOST_ROWS + 1]
    if len(rows) < 2:
        return [Block("row", row_text([], row)) for row in rows]
    return [Block("row", row_text(rows[0], row)) for row in rows[1:]]


def _delimiter(text: str, name: str) -> str:
    if name.lower().endswith(".tsv"):
        return "\t"
    first = text.partition("\n")[0]
    return max(",;\t|", key=first.count)

"""Tables in a page's layout (no loader of its own): lines that fall into the same number of short columns."""

import re

from knowledge.document import row_text

FEWEST = 3  # lines of a table, its header among them
WIDEST = 30  # characters of a cell on average; columns of prose are wider
_GAP = re.compile(r"\s{3,}")


def rows(layout: str) -> dict[str, str]:
    """The rows of a page's tables, by the line they stand in without its spaces; a header gives an empty text.

    Args:
        layout: the page's text with its columns kept apart by spaces.
    """
    found: dict[str, str] = {}
    table: list[list[str]] = []
    for line in [*layout.splitlines(), "end"]:
        cells = _GAP.split(line.strip()) if line.strip() else []
        if table and cells and len(cells) != len(table[0]):
            found |= _written(table)
            table = []
        if len(cells) > 1:
            table.append(cells)
    return found


def key(line: str) -> str:
    """A line without its spaces."""
    return "".join(line.split())


def _written(table: list[list[str]]) -> dict[str, str]:
    cells = [cell for row in table for cell in row]
    if len(table) < FEWEST or sum(map(len, cells)) > WIDEST * len(cells):
        return {}
    keys = [key("".join(row)) for row in table]
    if len(table[0]) > 2 or _names_columns(table):
        texts = ["", *(row_text(table[0], row) for row in table[1:])]
    else:
        texts = [row_text([], row) for row in table]
    return dict(zip(keys, texts, strict=True))


def _names_columns(table: list[list[str]]) -> bool:
    """Whether the first of two columns' rows is a header: the only one without figures in some column."""
    if any(re.search(r"\d", cell) for cell in table[0]):
        return False
    return any(all(re.search(r"\d", cell) for cell in column) for column in zip(*table[1:], strict=True))

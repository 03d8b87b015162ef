"""Excel workbooks, sheet by sheet."""

import re
from pathlib import PurePosixPath
from typing import Any

from knowledge.document import Block, Parts
from knowledge.errors import SourceError
from knowledge.load.numbers import shown
from knowledge.load.office import check_zip
from knowledge.load.table import MOST_ROWS, table_blocks, too_many

SUFFIXES = (".xlsx", ".xlsm")

_SHEET = re.compile(r"xl/worksheets/[^/]+\.xml")
MOST_CELLS = 10_000_000  # of a sheet, empty ones between others included
HIDDEN = SourceError("The sheet is hidden.", "Show it if readers may see it.")
TOO_WIDE = SourceError(f"Only the first {MOST_CELLS:,} cells of a sheet are read.", "Split it.")
_MERGED = re.compile(rb'<(?:\w+:)?mergeCell\b[^>]*\bref="([A-Z]{1,3}\d+:[A-Z]{1,3}\d+)"')
_NO_VALUE = re.compile(  # an empty text is a value
    rb'<c\b(?![^>]*\bt="str")[^>]*>\s*<f\b(?:[^>]*/>|[^>]*>[^<]*</f>)\s*(?:<v\s*/>|<v>\s*</v>)?\s*</c>'
)


def load(raw: bytes, name: str) -> Parts:
    """Read a workbook's values (not its formulas), numbers with their currency, unit or per cent.

    Raises:
        SourceError: it is broken or encrypted.
    """
    import io

    check_zip(raw, "workbook")
    blocks: list[Block] = []
    try:
        from openpyxl import load_workbook

        left_out = _without_value(raw)
        book = load_workbook(io.BytesIO(raw), read_only=True, data_only=True)
        for sheet in book.worksheets:
            if sheet.sheet_state != "visible":
                left_out.append((sheet.title, str(HIDDEN)))
                continue
            rows, unread = _rows(sheet, _merged(raw, sheet))
            left_out += unread
            if found := table_blocks(rows):
                blocks += [Block("heading", sheet.title, 1), *found]
    except Exception as error:  # openpyxl lets many kinds through
        raise SourceError("The workbook is broken.", "Open it in a spreadsheet and save it again.") from error
    return Parts(PurePosixPath(name).stem, blocks, left_out=left_out)


def _rows(sheet: Any, merged: dict[tuple[int, int], int]) -> tuple[list[list[str]], list[tuple[str, str]]]:
    """A sheet's rows that hold something, and what is told of others.

    Args:
        sheet: as openpyxl reads it, row by row.
        merged: see :func:`_merged`; such a cell stands in all its rows.
    """
    sheet.reset_dimensions()  # else every row is as wide as the widest
    rows, cells, number = list[list[str]](), 0, 0
    reaching: dict[int, tuple[int, str]] = {}
    for number, row in enumerate(sheet.iter_rows(max_row=MOST_ROWS + 1), 1):
        cells += len(row)
        if cells > MOST_CELLS:
            return rows, [(f"{sheet.title}: rows from {number:,} on", str(TOO_WIDE))]
        texts = [_cell(cell) for cell in row]
        if not any(each.strip() for each in texts):
            continue
        for column, (until, text) in reaching.items():
            if number <= until:
                texts += [""] * (column + 1 - len(texts))
                texts[column] = texts[column] or text
        reaching |= {
            at: (merged[number, at], text) for at, text in enumerate(texts) if (number, at) in merged
        }
        rows.append(texts)
    return rows, too_many(number, sheet.title)


def _merged(raw: bytes, sheet: Any) -> dict[tuple[int, int], int]:
    """Where cells over several rows begin (row from 1, column from 0), and their last row.

    openpyxl does not tell where it reads row by row.
    """
    import io
    import zipfile

    from openpyxl.utils import range_boundaries

    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        ranges = _MERGED.findall(archive.read(sheet._worksheet_path))
    bounds = [range_boundaries(each.decode()) for each in ranges]
    return {(top, left - 1): bottom for left, top, _, bottom in bounds if bottom > top}


def _without_value(raw: bytes) -> list[tuple[str, str]]:
    """What is told of formulas whose values no spreadsheet has computed yet."""
    import io
    import zipfile

    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        sheets = [each for each in archive.namelist() if _SHEET.fullmatch(each)]
        count = sum(len(_NO_VALUE.findall(archive.read(each))) for each in sheets)
    if not count:
        return []
    empty = SourceError("Their values are not in the file.", "Open it in a spreadsheet and save it again.")
    return [(f"{count:,} formulas", str(empty))]


def _cell(cell: Any) -> str:
    value = cell.value
    if value is None:
        return ""
    if hasattr(value, "isoformat"):
        return str(value).removesuffix(" 00:00:00")
    if isinstance(value, int | float) and not isinstance(value, bool):
        return shown(value, cell.number_format)
    return str(value)

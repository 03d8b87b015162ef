"""Excel workbooks, sheet by sheet."""

import re
from typing import Any

from knowledge.document import Block, Parts
from knowledge.errors import SourceError
from knowledge.load.numbers import shown
from knowledge.load.office import check_zip
from knowledge.load.table import MOST_ROWS, table_blocks, too_many

SUFFIXES = (".xlsx", ".xlsm")

_SHEET = re.compile(r"xl/worksheets/[^/]+\.xml")
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
            rows = [[_cell(cell) for cell in row] for row in sheet.iter_rows(max_row=MOST_ROWS + 1)]
            left_out += too_many(len(rows), sheet.title)
            if found := table_blocks(rows):
                blocks += [Block("heading", sheet.title, 1), *found]
    except Exception as error:  # openpyxl lets many kinds through
        raise SourceError("The workbook is broken.", "Open it in a spreadsheet and save it again.") from error
    return Parts(name.rpartition(".")[0] or name, blocks, left_out=left_out)


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

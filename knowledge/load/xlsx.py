"""Excel workbooks, sheet by sheet."""

from typing import Any

from knowledge.document import Block, Parts
from knowledge.errors import SourceError
from knowledge.load.office import check_zip
from knowledge.load.table import MOST_ROWS, table_blocks

SUFFIXES = (".xlsx", ".xlsm")


def load(raw: bytes, name: str) -> Parts:
    """Read a workbook's values (not its formulas).

    Raises:
        SourceError: it is broken or encrypted.
    """
    import io

    check_zip(raw, "workbook")
    blocks: list[Block] = []
    try:
        from openpyxl import load_workbook

        book = load_workbook(io.BytesIO(raw), read_only=True, data_only=True)
        for sheet in book.worksheets:
            rows = [
                [_cell(cell) for cell in row] for row in sheet.iter_rows(values_only=True, max_row=MOST_ROWS)
            ]
            if found := table_blocks(rows):
                blocks += [Block("heading", sheet.title, 1), *found]
    except Exception as error:  # openpyxl lets many kinds through
        raise SourceError("The workbook is broken.", "Open it in a spreadsheet and save it again.") from error
    return Parts(name.rpartition(".")[0] or name, blocks)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if hasattr(value, "isoformat"):
        return str(value).removesuffix(" 00:00:00")
    return f"{value:g}" if isinstance(value, float) else str(value)

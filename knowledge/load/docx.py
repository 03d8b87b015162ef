"""Word documents."""

from typing import Any

from knowledge.document import Block, Parts
from knowledge.errors import SourceError
from knowledge.load.office import check_zip
from knowledge.load.table import table_blocks

SUFFIXES = (".docx",)


def load(raw: bytes, name: str) -> Parts:
    """Read a Word document: headings by style, lists, tables row by row.

    Raises:
        SourceError: it is broken, encrypted or swells beyond all measure.
    """
    import io

    check_zip(raw, "Word document")
    try:
        import docx

        document = docx.Document(io.BytesIO(raw))
        blocks = [block for part in document.iter_inner_content() for block in _blocks(part)]
        title = document.core_properties.title or ""
    except Exception as error:  # python-docx lets lxml's, zipfile's and its own errors through
        raise SourceError(
            "The Word document is broken.", "Open it in a word processor and save it again."
        ) from error
    return Parts(title, blocks)


def _blocks(part: Any) -> list[Block]:
    if hasattr(part, "rows"):
        return table_blocks([_cells(row, header=at == 0) for at, row in enumerate(part.rows)])
    style = (part.style.name or "").lower() if part.style is not None else ""
    if style == "title":
        return [Block("heading", part.text, 1)]
    if style.startswith("heading"):
        return [Block("heading", part.text, 1 + int("".join(filter(str.isdigit, style)) or 1))]
    return [Block("item" if "list" in style else "text", part.text)]


def _cells(row: Any, header: bool) -> list[str]:
    """A row's texts; one over several columns stands in the first of them, but in the header in all."""
    found: list[str] = []
    before = None
    for cell in row.cells:
        found.append("" if cell._tc is before and not header else cell.text)
        before = cell._tc
    return found

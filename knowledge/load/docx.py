"""Word documents."""

from typing import Any

from knowledge.document import Block, Parts, row_text
from knowledge.errors import SourceError
from knowledge.load.office import check_zip

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
        rows = [[cell.text for cell in row.cells] for row in part.rows]
        return [Block("row", row_text(rows[0], row)) for row in rows[1:]] if len(rows) > 1 else _single(rows)
    style = (part.style.name or "").lower() if part.style is not None else ""
    if style == "title":
        return [Block("heading", part.text, 1)]
    if style.startswith("heading"):
        return [Block("heading", part.text, 1 + int("".join(filter(str.isdigit, style)) or 1))]
    return [Block("item" if "list" in style else "text", part.text)]


def _single(rows: list[list[str]]) -> list[Block]:
    return [Block("row", row_text([], row)) for row in rows]

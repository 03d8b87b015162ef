"""Word documents."""

from collections.abc import Iterator
from typing import Any

from knowledge.document import Block, Parts, leads_to
from knowledge.errors import SourceError
from knowledge.load.office import check_zip
from knowledge.load.table import table_blocks

SUFFIXES = (".docx",)

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_LINK = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"  # says the same once more
# What was deleted while changes were tracked; a text box and a note become paragraphs of their own.
_BOX = f"{_W}txbxContent"
_PASSED = {
    f"{_W}del",
    f"{_W}moveFrom",
    f"{_W}rt",
    f"{_W}pPr",
    _BOX,
    _FALLBACK,
}  # rt: how signs are pronounced
_SIGNS = {f"{_W}tab": "\t", f"{_W}ptab": "\t", f"{_W}br": "\n", f"{_W}cr": "\n", f"{_W}noBreakHyphen": "-"}
_NOTES = {f"{_W}footnoteReference": "footnotes", f"{_W}endnoteReference": "endnotes"}
HIDDEN = SourceError("Hidden text is not read.", "Show it if readers may see it.")


def load(raw: bytes, name: str) -> Parts:
    """Read a Word document: headings by style, lists, tables row by row, text boxes and notes; changes as accepted.

    Raises:
        SourceError: it is broken, encrypted or swells beyond all measure.
    """
    import io

    check_zip(raw, "Word document")
    try:
        import docx

        document = docx.Document(io.BytesIO(raw))
        reader = _Reader(document)
        blocks = [block for part in _inner(document.element.body) for block in reader.blocks(part)]
        title = document.core_properties.title or ""
    except Exception as error:  # python-docx lets lxml's, zipfile's and its own errors through
        raise SourceError(
            "The Word document is broken.", "Open it in a word processor and save it again."
        ) from error
    return Parts(title, blocks, left_out=[("hidden text", str(HIDDEN))] if reader.hidden else [])


def _inner(element: Any) -> Iterator[Any]:
    """The paragraphs and tables below an element, also those in controls of forms and in tracked changes."""
    for child in element:
        if child.tag in (f"{_W}p", f"{_W}tbl"):
            yield child
        elif child.tag not in _PASSED and isinstance(child.tag, str):
            yield from _inner(child)


def _paragraphs(cell: Any) -> Iterator[Any]:
    """The paragraphs of a cell, those of tables in it among them."""
    for each in _inner(cell):
        yield from [each] if each.tag == f"{_W}p" else _paragraphs(each)


def _own(element: Any, *tags: str) -> Iterator[Any]:
    """What an element holds of some kinds, without what stands in its text boxes."""
    for child in element:
        if child.tag in tags:
            yield child
        elif child.tag not in (_BOX, _FALLBACK):
            yield from _own(child, *tags)


class _Reader:
    """Reads a document's elements; ``hidden`` is whether hidden text was passed over."""

    def __init__(self, document: Any):
        self.document, self.hidden = document, False
        self.notes: dict[str, dict[str, Any]] = {}

    def blocks(self, element: Any) -> list[Block]:
        """A paragraph or table, and the text boxes and notes that belong to it."""
        found = self._table(element) if element.tag == f"{_W}tbl" else self._paragraph(element)
        for each in [*_own(element, _BOX), *self._noted(element)]:
            found += [block for part in _inner(each) for block in self.blocks(part)]
        return found

    def _paragraph(self, element: Any) -> list[Block]:
        from docx.text.paragraph import Paragraph

        part = Paragraph(element, self.document._body)
        style = (part.style.name or "").lower() if part.style is not None else ""
        if style == "title":
            return [Block("heading", self._text(element, linked=False), 1)]
        if style.startswith("heading"):
            level = 1 + int("".join(filter(str.isdigit, style)) or 1)
            return [Block("heading", self._text(element, linked=False), level)]
        text = self._text(element)
        return [Block("item" if "list" in style else "text", text)]

    def _table(self, element: Any) -> list[Block]:
        from docx.table import Table

        rows = Table(element, self.document._body).rows
        return table_blocks([self._cells(row, header=at == 0) for at, row in enumerate(rows)])

    def _cells(self, row: Any, header: bool) -> list[str]:
        """A row's texts; one over several columns stands in the first of them, but in the header in all."""
        found: list[str] = []
        before = None
        for cell in row.cells:
            text = "\n".join(self._text(each) for each in _paragraphs(cell._tc))
            found.append("" if cell._tc is before and not header else text)
            before = cell._tc
        return found

    def _text(self, element: Any, linked: bool = True) -> str:
        """What a reader sees of an element within a paragraph, and where links lead."""
        if element.tag in _PASSED:
            return ""
        if element.tag == f"{_W}r" and _is_hidden(element):
            self.hidden = self.hidden or element.find(f"{_W}t") is not None
            return ""
        if element.tag == f"{_W}t":
            return element.text or ""
        if element.get(f"{_W}type") in ("page", "column"):  # where a page ends is nothing of the text
            return ""
        words = _SIGNS.get(element.tag) or "".join(self._text(each, linked) for each in element)
        if (
            linked
            and element.tag == f"{_W}hyperlink"
            and (link := self.document.part.rels.get(element.get(_LINK)))
        ):
            address = leads_to(words, str(link._target)) if link.is_external else ""
            return f"{words} ({address})" if address else words
        return words

    def _noted(self, element: Any) -> Iterator[Any]:
        for reference in _own(element, *_NOTES):
            note = self._notes(_NOTES[reference.tag]).get(reference.get(f"{_W}id"))
            if note is not None:
                yield note

    def _notes(self, kind: str) -> dict[str, Any]:
        """The footnotes or endnotes by their ids."""
        from docx.oxml import parse_xml

        if kind not in self.notes:
            parts = [each for each in self.document.part.rels.values() if each.reltype.endswith(f"/{kind}")]
            roots = [parse_xml(each.target_part.blob) for each in parts]
            self.notes[kind] = {note.get(f"{_W}id"): note for root in roots for note in root}
        return self.notes[kind]


def _is_hidden(run: Any) -> bool:
    vanish = run.find(f"{_W}rPr/{_W}vanish")
    return vanish is not None and vanish.get(f"{_W}val", "1") not in ("0", "false", "off")

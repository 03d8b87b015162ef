"""Web pages: what a reader sees of them, without navigation, scripts and hidden text."""

from typing import Any

from knowledge.document import Block, Parts, row_text
from knowledge.errors import SourceError

SUFFIXES = (".html", ".htm", ".xhtml")

_SKIP = {
    "script", "style", "noscript", "template", "nav", "footer", "aside", "form", "button", "select", "svg", "iframe",
    "object", "head", "dialog", "canvas", "video", "audio",
}  # fmt: skip
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_BREAKS = {
    "p", "div", "section", "article", "main", "header", "ul", "ol", "dl", "table", "blockquote", "figure", "figcaption",
    "address", "details", "summary", "body", "hr", "fieldset", "tr", "tbody", "thead", "center", "dt",
}  # fmt: skip


def load(raw: bytes, name: str) -> Parts:
    """Read a web page.

    Raises:
        SourceError: nothing in it can be read.
    """
    import lxml.html

    parser = lxml.html.HTMLParser(
        encoding=_encoding(raw), remove_comments=True, remove_pis=True, no_network=True
    )
    try:
        tree = lxml.html.document_fromstring(raw, parser=parser)
    except (lxml.etree.LxmlError, ValueError, AssertionError) as error:
        raise SourceError(f"The page cannot be read: {error}.", "Check that it is HTML.") from error
    title = " ".join((tree.findtext(".//title") or "").split())
    body = tree.find("body")
    root = tree if body is None else body
    mains = root.xpath(".//main | .//*[@role='main']") or root.xpath(".//article[not(ancestor::article)]")
    walker = _Walker()
    for part in mains if sum(len(each.text_content()) for each in mains) > 200 else [root]:
        walker.walk(part)
        walker.close()
    return Parts(title, walker.blocks)


def _encoding(raw: bytes) -> str | None:
    """UTF-8 where the bytes are valid UTF-8; else what the page declares."""
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return "utf-8"


def _hidden(element: Any) -> bool:
    style = (element.get("style") or "").replace(" ", "").lower()
    unseen = "display:none" in style or "visibility:hidden" in style or "font-size:0" in style
    return unseen or element.get("hidden") is not None or element.get("aria-hidden") == "true"


class _Walker:
    """Goes through the elements and collects text until a block ends."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.pending: list[str] = []

    def close(self, kind: Any = "text", level: int = 0) -> None:
        text = " ".join("".join(self.pending).split())
        self.pending = []
        if text:
            self.blocks.append(Block(kind, text, level))

    def walk(self, element: Any) -> None:
        tag = element.tag if isinstance(element.tag, str) else ""
        if tag and tag not in _SKIP and not _hidden(element):
            self._enter(element, tag)
        self.pending.append(element.tail or "")

    def _enter(self, element: Any, tag: str) -> None:
        if tag == "table":
            self.close()
            self._table(element)
        elif tag == "pre":
            self.close()
            self.blocks.append(Block("code", element.text_content()))
        elif tag in _HEADINGS:
            self._block(element, "heading", _HEADINGS[tag])
        elif tag in ("li", "dd"):
            self._block(element, "item")
        elif tag in _BREAKS:
            self._block(element, "text")
        elif tag == "br":
            self.pending.append(" ")
        else:
            self._inside(element)

    def _block(self, element: Any, kind: str, level: int = 0) -> None:
        self.close()
        self._inside(element)
        self.close(kind, level)

    def _inside(self, element: Any) -> None:
        self.pending.append(element.text or "")
        for child in element:
            self.walk(child)

    def _table(self, table: Any) -> None:
        rows = [row for row in table.iter("tr") if next(row.iterancestors("table")) is table]
        cells = [[_cell(cell) for cell in row if cell.tag in ("td", "th")] for row in rows]
        first_is_header = bool(rows) and (
            all(cell.tag == "th" for cell in rows[0] if isinstance(cell.tag, str))
            or rows[0].getparent().tag == "thead"
        )
        header = cells[0] if first_is_header else []
        for row in cells[1:] if first_is_header else cells:
            self.blocks.append(Block("row", row_text(header, row)))


def _cell(cell: Any) -> str:
    return " ".join(" ".join(cell.itertext()).split())

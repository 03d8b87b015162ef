"""Web pages: what a reader sees of them, without navigation, scripts and hidden text."""

import re
from collections.abc import Collection
from typing import Any

from knowledge.decode import decode
from knowledge.document import Block, Parts, leads_to, row_text
from knowledge.errors import SourceError

SUFFIXES = (".html", ".htm", ".xhtml")

_SKIP = {
    "script", "style", "noscript", "template", "nav", "footer", "aside", "select", "textarea", "datalist", "svg",
    "iframe", "object", "head", "dialog", "canvas", "video", "audio",
}  # fmt: skip
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_BREAKS = {
    "p", "div", "section", "article", "main", "header", "ul", "ol", "dl", "table", "blockquote", "figure", "figcaption",
    "address", "details", "summary", "body", "hr", "fieldset", "tr", "tbody", "thead", "td", "th", "center", "dt",
    "form", "button", "legend",
}  # fmt: skip
_TITLED = (
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "summary",
    "dt",
)  # a button in one of them unfolds what follows
MOST_COLUMNS = 1000  # of a table, and of what one cell of it may span
_UNSEEN = re.compile(r"display:none|visibility:hidden|font-size:0(?:\.0*)?(?:[a-z%!;]|$)")
_CHARSET = re.compile(rb"<(?:meta|\?xml)\b[^>]*(?:charset|encoding)\s*=", re.IGNORECASE)
_SITE = re.compile(r"https?://(?:www\.)?([^/?#]+)", re.IGNORECASE)
# Nested deeper than the parser goes, these are of no use.
_WRAPPERS = re.compile(
    rb"</?(?:div|section|span|font|b|i|u|em|strong|small|big|center|blockquote)\b[^>]*>", re.IGNORECASE
)


def load(raw: bytes, name: str) -> Parts:
    """Read a web page.

    Args:
        raw: its bytes.
        name: its address, or a file's name.

    Raises:
        SourceError: nothing in it can be read.
    """
    raw = _declared(raw)
    tree, complete = _tree(raw)
    if not complete:
        tree, complete = _tree(_WRAPPERS.sub(b"<br>", raw))
    if not complete:
        raise SourceError("The page is nested too deeply.", "Save its text and add that.")
    title = " ".join((tree.findtext(".//title") or "").split())
    body = tree.find("body")
    root = tree if body is None else body
    mains = root.xpath(".//main | .//*[@role='main']") or root.xpath(".//article[not(ancestor::article)]")
    walker = _Walker({_host(tree), _site(name)})
    for part in mains if sum(len(each.text_content()) for each in mains) > 200 else [root]:
        walker.walk(part)
        walker.close()
    return Parts(title, walker.blocks)


def _tree(raw: bytes) -> tuple[Any, bool]:
    """The page's elements, and whether they are all there: the parser stops where they are nested too deeply."""
    import lxml.html

    parser = lxml.html.HTMLParser(
        encoding=_encoding(raw), remove_comments=True, remove_pis=True, no_network=True, huge_tree=True
    )
    try:
        tree = lxml.html.document_fromstring(raw, parser=parser)
    except (lxml.etree.LxmlError, ValueError, AssertionError) as error:
        raise SourceError(f"The page cannot be read: {error}.", "Check that it is HTML.") from error
    return tree, not any(each.type_name == "ERR_RESOURCE_LIMIT" for each in parser.error_log)


def _encoding(raw: bytes) -> str | None:
    """UTF-8 where the bytes are valid UTF-8; else what the page declares."""
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return "utf-8"


def _declared(raw: bytes) -> bytes:
    """The page in an encoding that its parser finds: as it is where it declares one, else in UTF-8."""
    known = _encoding(raw) or raw.startswith((b"\xff\xfe", b"\xfe\xff")) or _CHARSET.search(raw[:4096])
    return raw if known else decode(raw).encode()


def _hidden(element: Any) -> bool:
    style = (element.get("style") or "").replace(" ", "").lower()
    return (
        bool(_UNSEEN.search(style))
        or element.get("hidden") is not None
        or element.get("aria-hidden") == "true"
    )


class _Walker:
    """Goes through the elements and collects text until a block ends; links to its own ``sites`` have no address."""

    def __init__(self, sites: Collection[str] = ()) -> None:
        self.sites = sites
        self.blocks: list[Block] = []
        self.pending: list[str] = []
        self.kinds: list[tuple[str, int]] = [("text", 0)]  # of the elements around

    def close(self) -> None:
        text = " ".join("".join(self.pending).split())
        self.pending = []
        if text:
            kind, level = self.kinds[-1]
            self.blocks.append(Block(kind, text, level))  # type: ignore[arg-type]

    def walk(self, root: Any) -> None:
        """Read an element and all below it; without recursion, as pages may be nested as deeply as they like."""
        from lxml import etree

        steps = etree.iterwalk(root, events=("start", "end"))
        whole: Any = None  # the element that was taken, or left out, with all that is in it
        for event, element in steps:
            kind = _kind(element.tag)
            if event == "start" and self._taken(element):
                whole = element
                steps.skip_subtree()
            elif event == "start":
                if kind:
                    self.close()  # what stands in a heading or an item is a part of it
                    self.kinds.append(self.kinds[-1] if kind[0] == "text" else kind)
                self.pending.append(" " if element.tag == "br" else element.text or "")
            else:
                if kind and element is not whole:
                    self.close()
                    self.kinds.pop()
                if element.tag == "a" and element is not whole and self.kinds[-1][0] != "heading":
                    self.pending.append(_leads_to(element, self.sites))
                self.pending.append(element.tail or "")

    def _taken(self, element: Any) -> bool:
        """Whether an element is dealt with as a whole: a table, code, or what readers do not see."""
        tag = element.tag
        if tag == "table" and not _hidden(element) and _is_data(element):
            self.close()
            self._table(element)
        elif tag == "pre" and not _hidden(element):
            self.close()
            self.blocks.append(Block("code", element.text_content()))
        else:
            unseen = not isinstance(tag, str) or tag in _SKIP or _hidden(element)
            return unseen or (tag == "button" and not _unfolds(element))
        return True

    def _table(self, table: Any) -> None:
        rows = [row for row in table.iter("tr") if next(row.iterancestors("table")) is table]
        cells = _grid(rows)
        first_is_header = bool(rows) and (
            all(cell.tag == "th" for cell in rows[0] if isinstance(cell.tag, str))
            or rows[0].getparent().tag == "thead"
            or _names_columns(rows[0], cells)
        )
        header = cells[0] if first_is_header else []
        for row in cells[1:] if first_is_header else cells:
            self.blocks.append(Block("row", row_text(header, row)))


def _grid(rows: list[Any]) -> list[list[str]]:
    """The rows' texts by column. A cell over several rows stands in all, one over several columns in the first of them,
    but in the first row, which may be the header, in all.
    """
    grid: list[list[str]] = []
    below: dict[int, tuple[int, str]] = {}  # by column: until which row a cell reaches, and its text
    for number, row in enumerate(rows):
        line: list[str] = []

        def put(text: str, until: int, line: list[str] = line) -> None:
            below[len(line)] = until, text
            line.append(text)

        for cell in (each for each in row if each.tag in ("td", "th")):
            while below.get(len(line), (0, ""))[0] > number:
                line.append(below[len(line)][1])
            down, wide = _span(cell, "rowspan"), _span(cell, "colspan") or 1
            until = number + down if down else len(rows)
            text = _cell(cell)
            for at in range(wide if len(line) < MOST_COLUMNS else 0):
                put(text if at == 0 or number == 0 else "", until)
        while below.get(len(line), (0, ""))[0] > number:
            line.append(below[len(line)][1])
        grid.append(line)
    return grid


def _span(cell: Any, name: str) -> int:
    given = (cell.get(name) or "1").strip()
    return min(int(given), MOST_COLUMNS) if given.isascii() and given.isdigit() else 1


def _cell(cell: Any) -> str:
    return " ".join(" ".join(cell.itertext()).split())


def _host(tree: Any) -> str:
    """The site that a page says it is of; empty where it says nothing."""
    said = tree.xpath(
        ".//link[@rel='canonical']/@href | .//base/@href | .//meta[@property='og:url']/@content"
    )
    return next(filter(None, map(_site, said)), "")


def _site(address: str) -> str:
    found = _SITE.match(address.strip())
    return found[1].lower() if found else ""


def _leads_to(link: Any, sites: Collection[str]) -> str:
    """A link's address behind its words, where they don't name it; within a site nobody can use it."""
    words, address = link.text_content().strip(), (link.get("href") or "").strip()
    if not words or (_SITE.match(address) and _site(address) in sites):
        return ""
    address = leads_to(words, address)
    return f" ({address})" if address else ""


def _kind(tag: Any) -> tuple[str, int] | None:
    """What the text of an element is, where it stands by itself."""
    if tag in _HEADINGS:
        return "heading", _HEADINGS[tag]
    if tag in ("li", "dd"):
        return "item", 0
    return ("text", 0) if tag in _BREAKS else None


def _unfolds(button: Any) -> bool:
    """Whether a button is the heading of what it shows and hides."""
    return button.get("aria-expanded") is not None or next(button.iterancestors(*_TITLED), None) is not None


def _is_data(table: Any) -> bool:
    """Whether a table holds data; others lay out a page."""
    if table.get("role") in ("presentation", "none"):
        return False
    return next(table.iterdescendants("table", *_HEADINGS), None) is None


def _names_columns(first: Any, cells: list[list[str]]) -> bool:
    """Whether a row without ``th`` is the header: bold throughout, or the only one without figures in some column."""
    names, rows = cells[0], cells[1:]
    if len(names) < 2 or not rows or not all(names):
        return False
    if all(_cell(each) == " ".join(_cell(bold) for bold in each.iter("b", "strong")) for each in first):
        return True
    if len(names) < 3 or any(re.search(r"\d", each) for each in names):
        return False
    columns = zip(*(row for row in rows if len(row) == len(names)), strict=True)
    return any(all(re.search(r"\d", cell) for cell in column) for column in columns)

"""What a loader makes of a file: blocks of text with their kind, and their places in the plain text."""

import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import islice, takewhile
from typing import Literal

from knowledge.dates import document_date
from knowledge.decode import whole

Kind = Literal["heading", "text", "item", "row", "code"]


@dataclass(frozen=True)
class Block:
    """One piece of a document as a loader finds it.

    Attributes:
        kind: heading, text (a paragraph), item (of a list), row (of a table, ``header: cell`` pairs) or code.
        text: its plain text, without mark-up.
        level: depth of a heading, 1 is the highest.
        page: the page or slide it stands on, from 1; 0 where there are none.
    """

    kind: Kind
    text: str
    level: int = 0
    page: int = 0


@dataclass(frozen=True)
class Parts:
    """What a loader returns.

    Attributes:
        title: may be empty.
        blocks: in reading order.
        dated: what the format says of the document's date, in any writing; may be empty.
        left_out: parts of the file that could not be read, each with its reason.
    """

    title: str
    blocks: list[Block]
    dated: str = ""
    left_out: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Span:
    """A block's place in the document's text: characters ``start`` to ``end``; ``page`` as in :class:`Block`."""

    kind: Kind
    start: int
    end: int
    level: int = 0
    page: int = 0


@dataclass(frozen=True)
class Document:
    """A document's plain text, where its blocks stand in it, and its date (see :mod:`knowledge.dates`).

    ``left_out`` are parts of its file that could not be read, each with its reason.
    """

    title: str
    text: str
    spans: list[Span] = field(default_factory=list)
    dated: str = ""
    left_out: list[tuple[str, str]] = field(default_factory=list)

    def pages(self, start: int, end: int) -> str:
        """The pages of characters ``start`` to ``end``, as :class:`knowledge.records.Passage` has them."""
        found: dict[int, int] = {}
        first = bisect_right(self.spans, start, key=lambda span: span.end)
        for span in takewhile(lambda span: span.start < end, islice(self.spans, first, None)):
            if span.page:
                found.setdefault(span.page, max(span.start - start, 0))
        return " ".join(f"{page}:{offset}" for page, offset in found.items())


# Lines of one list or table stay together; everything else is set apart by an empty line.
_TIGHT = {("item", "item"), ("row", "row")}


def compose(parts: Parts, name: str) -> Document:
    """Write the blocks down as one text.

    Args:
        parts: what the loader found.
        name: the file's name, the title where the document has none; of one from the web after its site.
    """
    name = name.rpartition("/")[2] if "://" in name else name
    pieces: list[str] = []
    spans: list[Span] = []
    length, before = 0, ""
    for block in _cleaned(parts.blocks):
        if pieces:
            gap = "\n" if (before, block.kind) in _TIGHT else "\n\n"
            pieces.append(gap)
            length += len(gap)
        pieces.append(block.text)
        spans.append(Span(block.kind, length, length + len(block.text), block.level, block.page))
        length, before = length + len(block.text), block.kind
    title = whole(" ".join(parts.title.split()) or _first_heading(parts.blocks) or name)
    text = "".join(pieces)
    return Document(title[:200], text, spans, document_date(name, title, text, parts.dated), parts.left_out)


def _cleaned(blocks: Iterable[Block]) -> Iterable[Block]:
    for block in blocks:
        text = whole(block.text).replace("\0", "").replace("\r\n", "\n").replace("\r", "\n")
        text = text.strip("\n") if block.kind == "code" else " ".join(text.split())
        if text:
            yield replace(block, text=text)


def _first_heading(blocks: list[Block]) -> str:
    highest = min((block.level for block in blocks if block.kind == "heading"), default=None)
    found = (block.text for block in blocks if block.kind == "heading" and block.level == highest)
    return " ".join(next(found, "").split())


def leads_to(words: str, address: str) -> str:
    """What is written behind the words of a link: its address, unless it is relative, or the words name it.

    Args:
        words: the link's own.
        address: where it leads.
    """
    address = re.sub("^mailto:([^?]*).*", r"\1", address.strip(), flags=re.IGNORECASE | re.DOTALL)
    if not re.fullmatch(r"https?://[^\s()]{1,300}|[^\s()@/]{1,64}@[^\s()@/]{1,200}", address, re.IGNORECASE):
        return ""
    bare = re.sub(r"^https?://(?:www\.)?|/$", "", address.lower())
    return "" if bare in words.lower() else address


def row_text(header: list[str], cells: list[str]) -> str:
    """A table's row that can be read on its own: ``Plan: Team · Price: €20``.

    Args:
        header: the column names; empty where the table has none.
        cells: the row.
    """
    pairs = []
    for position, cell in enumerate(cells):
        cell = " ".join(cell.split())
        name = " ".join(header[position].split()) if position < len(header) else ""
        if cell:
            pairs.append(f"{name}: {cell}" if name and name != cell else cell)
    return " · ".join(pairs)

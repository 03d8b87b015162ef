"""PDF files with a text layer."""

import contextlib
import re
from typing import Any

from knowledge import ocr
from knowledge.document import Block, Parts
from knowledge.errors import SourceError

SUFFIXES = (".pdf",)
MOST_PAGES = 3000
MOST_SCANNED = 200

_HYPHEN = re.compile(r"(\w)[-\u00ad]\n(?=[a-z])")
_ITEM = re.compile(r"^\s*(?:[•●▪◦‣*–-]|\d{1,2}[.)])\s+(.*)$")
_HEADING = re.compile(r"^(?:\d+(?:\.\d+)*\.?\s+)?[A-Z0-9][^.!?;,]{2,70}$")
_END = tuple(".!?:;。\uff01\uff1f\uff1a\uff1b")


def load(raw: bytes, name: str) -> Parts:
    """Read a PDF page by page.

    Raises:
        SourceError: it is encrypted, broken, too long, or scanned (pictures without text).
    """
    import io
    import logging

    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    logging.getLogger("pypdf").setLevel(logging.ERROR)  # damaged files are told in `skipped`, not on stderr
    try:
        reader = PdfReader(io.BytesIO(raw))
        if reader.is_encrypted and not reader.decrypt(""):
            raise SourceError("The PDF is encrypted.", "Remove its password and add it again.")
        if len(reader.pages) > MOST_PAGES:
            raise SourceError(f"The PDF has more than {MOST_PAGES} pages.", "Split it.")
        pages = [page.extract_text() or "" for page in reader.pages]
        title = str((reader.metadata and reader.metadata.title) or "")
    except SourceError:
        raise
    except (
        PyPdfError,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        IndexError,
        RecursionError,
        OSError,
    ) as error:
        raise SourceError("The PDF is broken.", "Open it in a viewer and save it again.") from error
    if len("".join(pages).split()) < max(3, len(pages) // 4):
        pages = _recognized(reader)
    blocks = [block for page in _without_margins(pages) for block in _blocks(page)]
    return Parts("" if "untitled" in title.lower() or "." in title[-5:] else title, blocks)


def _recognized(reader: Any) -> list[str]:
    """The text of a scan's pictures, page by page.

    Raises:
        SourceError: there is none, or nothing that reads it.
    """
    if not ocr.available():
        raise SourceError(
            "The PDF holds pictures of text (a scan).",
            "Install tesseract-ocr, or run text recognition over it.",
        )
    if len(reader.pages) > MOST_SCANNED:
        raise SourceError(f"The PDF is a scan of more than {MOST_SCANNED} pages.", "Split it.")
    pages = []
    for page in reader.pages:
        found = []
        for picture in page.images:
            with contextlib.suppress(SourceError):  # a logo or a stamp
                found.append(ocr.read_picture(picture.data))
        pages.append("\n".join(found))
    if not "".join(pages).split():
        raise SourceError("No text was found in the PDF (a scan).", "There is nothing to add.")
    return pages


def _without_margins(pages: list[str]) -> list[str]:
    """Pages without running heads and page numbers: lines that stand first or last on most pages."""
    from collections import Counter

    def shape(line: str) -> str:
        return re.sub(r"\d+", "0", line.strip())

    split = [[line for line in page.splitlines() if line.strip()] for page in pages]
    edges = Counter(shape(line) for page in split for line in {*page[:1], *page[-1:]})
    often = {line for line, count in edges.items() if count >= 3 and count > len(pages) / 2}
    return ["\n".join(line for line in page if shape(line) not in often) for page in split]


def _blocks(page: str) -> list[Block]:
    """Paragraphs, list items and headings guessed from a page's lines."""
    found: list[Block] = []
    pending: list[str] = []
    kind = "text"
    lines = _HYPHEN.sub(r"\1", page).splitlines()
    longest = max(map(len, lines), default=0)

    def close() -> None:
        nonlocal kind
        if pending:
            found.append(Block(kind, " ".join(pending)))  # type: ignore[arg-type]
        pending.clear()
        kind = "text"

    for line in lines:
        fresh = not pending or (pending[-1].endswith(_END) and len(pending[-1]) < 0.8 * longest)
        if item := _ITEM.match(line):
            close()
            kind = "item"
            pending.append(item[1])
        elif fresh and _HEADING.match(line.strip()) and len(line) < 0.7 * longest and len(line.split()) <= 9:
            close()
            found.append(Block("heading", line, 2))
        else:
            if fresh:
                close()
            pending.append(line.strip())
    close()
    return found

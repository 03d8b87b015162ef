"""PDF files with a text layer."""

import contextlib
import re
from dataclasses import replace
from typing import Any

from knowledge import ocr
from knowledge.document import Block, Parts
from knowledge.errors import SourceError
from knowledge.load import columns

SUFFIXES = (".pdf",)
MOST_PAGES = 3000
MOST_SCANNED = 200

_HYPHEN = re.compile(r"(\w)[-\u00ad]\n(?=[a-z])")
_ITEM = re.compile(r"^\s*(?:[•●▪◦‣*–-]|\d{1,2}[.)])\s+(.*)$")
_HEADING = re.compile(r"^(?:\d+(?:\.\d+)*\.?\s+)?[A-Z0-9][^.!?;,]{2,70}$")
_NUMBER = re.compile(
    r"(?:\bpage|\bseite|\bp\.|第)\s*(\d+)|^\W*(\d+)(?:\s*(?:/|of|von)\s*\d+)?\W*$", re.IGNORECASE
)
_LAST = re.compile(r"\s(\d+)$")  # where a page ends
_NARROW = 100  # characters of a table's line
_DEEPEST = 4  # lines of a running head or foot
_BARE = 5  # words on a page that may be a picture with a number below it
_END = tuple(".!?:;。\uff01\uff1f\uff1a\uff1b")


def load(raw: bytes, name: str) -> Parts:
    """Read a PDF page by page.

    Raises:
        SourceError: it is encrypted, broken, too long, or scanned (pictures without text) and cannot be recognized.
    """
    import io
    import logging

    from pypdf import PdfReader

    logging.getLogger("pypdf").setLevel(logging.ERROR)  # damaged files are told in `skipped`, not on stderr
    try:
        reader = PdfReader(io.BytesIO(raw))
        if reader.is_encrypted and not reader.decrypt(""):
            raise SourceError("The PDF is encrypted.", "Remove its password and add it again.")
        if len(reader.pages) > MOST_PAGES:
            raise SourceError(f"The PDF has more than {MOST_PAGES} pages.", "Split it.")
        pages, broken = _texts(reader)
        title = str((reader.metadata and reader.metadata.title) or "")
        scanned = [
            at for at, text in enumerate(pages) if len(text.split()) <= _BARE and _pictured(reader.pages[at])
        ]
        if not "".join(pages).split():
            scanned = list(range(len(pages)))
    except SourceError:
        raise
    except Exception as error:  # pypdf lets many kinds through
        raise SourceError("The PDF is broken.", "Open it in a viewer and save it again.") from error
    left_out = broken + _recognize(reader, pages, scanned)
    blocks = [
        replace(block, page=number)
        for number, page in enumerate(_without_margins(pages), 1)
        for block in _blocks(page, _tables(reader.pages[number - 1], page))
    ]
    return Parts("" if "untitled" in title.lower() or "." in title[-5:] else title, blocks, left_out=left_out)


def _texts(reader: Any) -> tuple[list[str], list[tuple[str, str]]]:
    """The text of each page, and the pages that are broken, with the reason; an error where all are."""
    pages: list[str] = []
    broken: list[tuple[str, str]] = []
    reason = str(SourceError("The page is broken.", "Open it in a viewer and save it again."))
    for number, page in enumerate(reader.pages, 1):
        try:
            pages.append(page.extract_text() or "")
        except Exception:  # pypdf lets many kinds through
            if len(broken) == len(reader.pages) - 1:
                raise
            pages.append("")
            broken.append((f"page {number}", reason))
    return pages, broken


def _pictured(page: Any) -> bool:
    try:
        return len(page.images) > 0
    except Exception:  # a damaged picture is one, too
        return True


def _recognize(reader: Any, pages: list[str], scanned: list[int]) -> list[tuple[str, str]]:
    """Put in the text of pages that are pictures. Returns those whose text remains unknown, each with the reason.

    Raises:
        SourceError: there is no other text, and none is found in the pictures, or nothing reads them.
    """
    nothing_else = not "".join(pages).split()
    left_out: list[tuple[str, str]] = []
    if scanned and not ocr.available():
        scan = SourceError(
            "The PDF holds pictures of text (a scan).",
            "Install tesseract-ocr, or run text recognition over it.",
        )
        if nothing_else:
            raise scan
        return [(f"page {at + 1}", str(scan)) for at in scanned if not pages[at].split()]
    if len(scanned) > MOST_SCANNED:
        long = SourceError(f"The PDF is a scan of more than {MOST_SCANNED} pages.", "Split it.")
        if nothing_else:
            raise long
        left_out = [(f"page {at + 1}", str(long)) for at in scanned[MOST_SCANNED:]]
    for at in scanned[:MOST_SCANNED]:
        found = _read(reader.pages[at])
        if len(found.split()) > len(pages[at].split()):
            pages[at] = found
    if not "".join(pages).split():
        raise SourceError("No text was found in the PDF (a scan).", "There is nothing to add.")
    return left_out


def _read(page: Any) -> str:
    """The text in a page's pictures."""
    found = []
    with contextlib.suppress(Exception):  # a damaged picture ends it
        for picture in page.images:
            with contextlib.suppress(SourceError):  # a logo or a stamp
                found.append(ocr.read_picture(picture.data))
    return "\n".join(found)


def _without_margins(pages: list[str]) -> list[str]:
    """Pages without running heads and page numbers: what stands first or last on most pages, but for its number."""
    split = [[line.strip() for line in page.splitlines() if line.strip()] for page in pages]
    for _ in range(_DEEPEST):
        firsts = _often([_shape(lines[0], at) if lines else "" for at, lines in enumerate(split)])
        lasts = _often(
            [_shape(lines[-1], at, len(lines) > 1) if lines else "" for at, lines in enumerate(split)]
        )
        if not firsts and not lasts:
            break
        for at, lines in enumerate(split):
            if lines and _shape(lines[0], at) in firsts:
                del lines[0]
            if lines and _shape(lines[-1], at, len(lines) > 1) in lasts:
                del lines[-1]
    return ["\n".join(lines) for lines in split] if any(split) else pages


def _shape(line: str, at: int, last: bool = False) -> str:
    """A line with the page's number in it, if there is one, told by how far it is from the page's place."""

    def distance(match: re.Match[str]) -> str:
        number = next(each for each in match.groups() if each)
        return f"#{int(number) - at}"

    shape, found = _NUMBER.subn(distance, line, 1)
    return shape if found or not last else _LAST.sub(distance, line)


def _often(lines: list[str]) -> set[str]:
    from collections import Counter

    return {line for line, count in Counter(lines).items() if line and count >= 3 and count > len(lines) / 2}


def _tables(page: Any, text: str) -> dict[str, str]:
    """The rows of a page's tables; see :func:`knowledge.load.columns.rows`."""
    short = [line for line in text.splitlines() if len(line) < _NARROW and not line.endswith(_END)]
    if len(short) < columns.FEWEST:
        return {}
    try:
        return columns.rows(page.extract_text(extraction_mode="layout"))
    except Exception:  # the text without its layout is known
        return {}


def _blocks(page: str, rows: dict[str, str]) -> list[Block]:
    """Table rows, paragraphs, list items and headings guessed from a page's lines.

    Args:
        page: its text.
        rows: of its tables, by their lines.
    """
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
        if (row := rows.get(columns.key(line))) is not None:
            close()
            if row:
                found.append(Block("row", row))
        elif item := _ITEM.match(line):
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

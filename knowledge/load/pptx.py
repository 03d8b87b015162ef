"""PowerPoint presentations, slide by slide."""

import posixpath
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from knowledge.document import Block, Parts
from knowledge.errors import SourceError
from knowledge.load.office import check_zip
from knowledge.load.table import table_blocks

if TYPE_CHECKING:
    import zipfile

SUFFIXES = (".pptx",)

_DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_SHOW = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
_LINK = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
HIDDEN = SourceError("The slide is hidden.", "Show it if readers may see it.")
_EDGES = ("sldNum", "dt", "ftr", "hdr", "sldImg")  # what stands on every slide


def load(raw: bytes, name: str) -> Parts:
    """Read the slides' titles, text and tables, straight from their XML.

    The speaker's notes and hidden slides are not read, and told: they are not meant for those who see the slides.

    Raises:
        SourceError: it is broken.
    """
    import io
    import zipfile

    check_zip(raw, "presentation")
    blocks: list[Block] = []
    noted, left_out = False, list[tuple[str, str]]()
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            for number, slide in enumerate(_slides(archive), 1):
                page = _tree(archive, slide)
                if page.get("show") in ("0", "false"):
                    left_out.append((f"slide {number}", str(HIDDEN)))
                    continue
                found = _blocks(page)
                notes = [each for each in _related(archive, slide).values() if "/notesSlides/" in each]
                noted = noted or any(_noted(_tree(archive, each)) for each in notes)
                blocks += [replace(block, page=number) for block in found]
    except Exception as error:  # lxml's, zipfile's and zlib's errors, encrypted slides, missing parts
        raise SourceError("The presentation is broken.", "Open it and save it again.") from error
    reason = str(SourceError("The speaker's notes are not read.", "Copy what readers need into the slides."))
    return Parts("", blocks, left_out=[*left_out, *([("notes", reason)] if noted else [])])


def _tree(archive: "zipfile.ZipFile", part: str) -> Any:
    from lxml import etree

    return etree.fromstring(archive.read(part), etree.XMLParser(resolve_entities=False, no_network=True))


def _slides(archive: "zipfile.ZipFile") -> list[str]:
    """The slides' parts in the order in which they are shown."""
    names = [each for each in archive.namelist() if re.fullmatch(r"ppt/slides/slide\d+\.xml", each)]
    names.sort(key=lambda each: int(re.sub(r"\D", "", each)))
    if "ppt/presentation.xml" not in archive.namelist():
        return names
    parts = _related(archive, "ppt/presentation.xml")
    shown = [
        parts.get(each.get(_LINK), "")
        for each in _tree(archive, "ppt/presentation.xml").iter(f"{_SHOW}sldId")
    ]
    return [each for each in shown if each in names] or names


def _related(archive: "zipfile.ZipFile", part: str) -> dict[str, str]:
    """The parts that a part refers to, by their ids."""
    folder, name = posixpath.split(part)
    links = f"{folder}/_rels/{name}.rels"
    if links not in archive.namelist():
        return {}
    return {
        each.get("Id", ""): posixpath.normpath(posixpath.join(folder, each.get("Target", ""))).lstrip("/")
        for each in _tree(archive, links)
        if each.get("TargetMode") != "External"
    }


def _blocks(slide: Any) -> list[Block]:
    found: list[Block] = []
    for shape in slide.iter(f"{_SHOW}sp", f"{_DRAWING}tbl"):
        if shape.tag == f"{_DRAWING}tbl":
            rows = [
                [_text(cell) for cell in row.iter(f"{_DRAWING}tc")] for row in shape.iter(f"{_DRAWING}tr")
            ]
            found += table_blocks(rows)
        elif (kind := _placed(shape)) not in _EDGES:
            heading = kind in ("title", "ctrTitle")
            found += [Block("heading" if heading else "item", each, 1) for each in _paragraphs(shape)]
    return found


def _noted(page: Any) -> bool:
    """Whether something is written on a page of notes."""
    shapes = [each for each in page.iter(f"{_SHOW}sp") if _placed(each) not in _EDGES]
    return any(each.strip() for shape in shapes for each in _paragraphs(shape))


def _placed(shape: Any) -> str:
    """What a shape is for, as the layout says: ``title``, ``body``, ``sldNum`` …; empty where it is free."""
    kind = shape.find(f".//{_SHOW}ph")
    return "" if kind is None else kind.get("type", "")


def _paragraphs(shape: Any) -> list[str]:
    return [
        "".join(
            " " if each.tag == f"{_DRAWING}br" else each.text or ""
            for each in paragraph.iter(f"{_DRAWING}t", f"{_DRAWING}br")
        )
        for paragraph in shape.iter(f"{_DRAWING}p")
    ]


def _text(cell: Any) -> str:
    return " ".join(_paragraphs(cell))

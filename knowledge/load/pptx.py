"""PowerPoint presentations, slide by slide."""

import re

from knowledge.document import Block, Parts
from knowledge.errors import SourceError
from knowledge.load.office import check_zip

SUFFIXES = (".pptx",)

_DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_SHOW = "{http://schemas.openxmlformats.org/presentationml/2006/main}"


def load(raw: bytes, name: str) -> Parts:
    """Read the slides' titles and text straight from their XML.

    Raises:
        SourceError: it is broken.
    """
    import io
    import zipfile

    from lxml import etree

    check_zip(raw, "presentation")
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    blocks: list[Block] = []
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        slides = [each for each in archive.namelist() if re.fullmatch(r"ppt/slides/slide\d+\.xml", each)]
        for slide in sorted(slides, key=lambda each: int(re.sub(r"\D", "", each))):
            try:
                tree = etree.fromstring(archive.read(slide), parser)
            except (etree.XMLSyntaxError, zipfile.BadZipFile) as error:
                raise SourceError("The presentation is broken.", "Open it and save it again.") from error
            for shape in tree.iter(f"{_SHOW}sp"):
                kind = shape.find(f".//{_SHOW}ph")
                title = kind is not None and kind.get("type") in ("title", "ctrTitle")
                for paragraph in shape.iter(f"{_DRAWING}p"):
                    text = "".join(each.text or "" for each in paragraph.iter(f"{_DRAWING}t"))
                    blocks.append(Block("heading" if title else "item", text, 1))
    return Parts("", blocks)

"""Pictures of text, read by Tesseract where it is installed."""

from knowledge.document import Block, Parts
from knowledge.errors import SourceError
from knowledge.ocr import read_picture

SUFFIXES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp")


def load(raw: bytes, name: str) -> Parts:
    """Read a picture's text.

    Raises:
        SourceError: there is none, or Tesseract is not installed.
    """
    paragraphs = [each.strip() for each in read_picture(raw).split("\n\n")]
    if not any(paragraphs):
        raise SourceError("No text was found in the picture.", "There is nothing to add.")
    return Parts("", [Block("text", each) for each in paragraphs if each])

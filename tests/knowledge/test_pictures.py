"""Text in pictures and scans, where Tesseract is installed; the reason why not, where it is not."""

import io

import pytest
from PIL import Image, ImageDraw, ImageFont

from knowledge import ocr
from knowledge.errors import SourceError
from knowledge.loaders import read_document

TEXT = "The deposit is 150 euros."


def picture(kind: str) -> bytes:
    image = Image.new("RGB", (900, 160), "white")
    ImageDraw.Draw(image).text((30, 50), TEXT, fill="black", font=ImageFont.load_default(48))
    file = io.BytesIO()
    image.save(file, kind)
    return file.getvalue()


@pytest.mark.skipif(not ocr.available(), reason="Tesseract is not installed")
@pytest.mark.parametrize(("name", "kind"), [("note.png", "PNG"), ("scan.pdf", "PDF")])
def test_text_in_pictures_is_read(name, kind):
    assert "deposit is 150 euros" in read_document(picture(kind), name).text


@pytest.mark.skipif(not ocr.available(), reason="Tesseract is not installed")
def test_a_broken_picture_has_its_reason():
    with pytest.raises(SourceError, match="broken"):
        read_document(b"\x89PNG\r\n\x1a\nnothing", "a.png")


def test_without_tesseract_the_reason_is_told(monkeypatch):
    monkeypatch.setattr(ocr.shutil, "which", lambda _: None)
    for name, kind in (("note.png", "PNG"), ("scan.pdf", "PDF")):
        with pytest.raises(SourceError, match="Install tesseract-ocr"):
            read_document(picture(kind), name)

"""Text in pictures, read by Tesseract where it is installed."""

import shutil
import subprocess
from functools import cache

from knowledge.errors import SourceError

LONGEST = 60  # seconds for one picture
LARGEST = 30 << 20  # bytes of one picture
_WANTED = ("eng", "chi_sim")


def available() -> bool:
    """True where Tesseract is installed."""
    return shutil.which("tesseract") is not None


def read_picture(raw: bytes) -> str:
    """The text of a picture: lines, paragraphs set apart by empty ones.

    Args:
        raw: PNG, JPEG, TIFF, BMP or WebP.

    Raises:
        SourceError: it cannot be read, or Tesseract is not installed.
    """
    program = shutil.which("tesseract")
    if program is None:
        raise SourceError("It is a picture.", "Install tesseract-ocr to read its text.")
    if len(raw) > LARGEST:
        raise SourceError(f"The picture is larger than {LARGEST >> 20} MB.", "Make it smaller.")
    try:
        done = subprocess.run(
            [program, "stdin", "stdout", "-l", _languages(program)],
            input=raw,
            capture_output=True,
            timeout=LONGEST,
            check=True,
        )
    except subprocess.TimeoutExpired as error:
        raise SourceError("Reading the picture takes too long.", "Make it smaller.") from error
    except (subprocess.CalledProcessError, OSError) as error:
        raise SourceError("The picture is broken or of an unknown kind.", "Save it as PNG.") from error
    return done.stdout.decode("utf-8", "replace")


@cache
def _languages(program: str) -> str:
    listed = subprocess.run([program, "--list-langs"], capture_output=True, timeout=LONGEST, check=False)
    there = listed.stdout.decode("utf-8", "replace").split()
    return "+".join(each for each in _WANTED if each in there) or "eng"

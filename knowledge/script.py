"""Traditional Chinese characters as simplified ones, one for one: models and rules know the latter.

``traditional.txt`` holds the common characters (Big5, level 1) with the first of their simplified forms, after
OpenCC's table TSCharacters (Apache-2.0).
"""

from functools import cache
from pathlib import Path


def simplified(text: str) -> str:
    """A text of the same length without traditional characters."""
    return text.translate(_table())


@cache
def _table() -> dict[int, str]:
    traditional, simple = Path(__file__).with_name("traditional.txt").read_text("utf-8").splitlines()
    return {ord(sign): plain for sign, plain in zip(traditional, simple, strict=True)}

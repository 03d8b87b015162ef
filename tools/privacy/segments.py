"""Sentences, cut from left to right so that a stream and the whole text are cut alike."""

import re
from collections.abc import Iterator

LONGEST = 240
_END = re.compile(r"\n+|(?<=[.!?])[ \t]+(?=\S)|(?<=[。!?;])(?=\S)")
_TITLE = re.compile(r"(?:\b(?:Mr|Mrs|Ms|Mx|Dr|Prof|St|Sr|Jr|No|Apt|vs|Inc|Ltd)|\b[A-Z])\.$")


def segments(text: str) -> Iterator[tuple[int, int]]:
    """Offsets of the sentences or lines of a text; long ones are cut at a space. The last may be unfinished."""
    start = 0
    for end in _ends(text):
        while end - start > LONGEST:
            cut = text.rfind(" ", start + LONGEST // 2, start + LONGEST) + 1 or start + LONGEST
            yield start, cut
            start = cut
        if end > start:
            yield start, end
        start = end


def _ends(text: str) -> Iterator[int]:
    for match in _END.finditer(text):
        if "\n" in match.group() or not _TITLE.search(text, max(0, match.start() - 6), match.start()):
            yield match.end()
    yield len(text)

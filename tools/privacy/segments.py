"""Sentences, and pieces for the NER model, cut from left to right so that a stream and the whole text are cut alike.

Pieces are sentences, too, and blocks of short lines such as an address or a signature, whose lines explain each other.
"""

import re
from collections.abc import Callable, Iterator

LONGEST = 240
SHORT = 48  # characters of a line that may belong to a block
_END = re.compile(r"\n+|(?<=[.!?])[ \t]+(?=\S)|(?<=[。!?;])(?=\S)")
_TITLE = re.compile(r"(?:\b(?:Mr|Mrs|Ms|Mx|Dr|Prof|St|Sr|Jr|No|Apt|vs|Inc|Ltd)|\b[A-Z])\.$")
_LISTED = re.compile(
    r"[ \t]*(?:[-*•#|`]|\d+[.)] |[A-Za-z_]+ = )"
)  # lines of lists, tables and code stand for themselves


def segments(text: str) -> Iterator[tuple[int, int]]:
    """Offsets of the sentences or lines of a text; long ones are cut at a space. The last may be unfinished."""
    return _cut(text, lambda start, end: False)


def pieces(text: str) -> Iterator[tuple[int, int]]:
    """The same, blocks of short lines left together."""
    return _cut(text, lambda start, end: end < len(text) and _goes_on(text, start, end))


def _cut(text: str, joined: Callable[[int, int], bool]) -> Iterator[tuple[int, int]]:
    start = 0
    for end in _ends(text):
        if joined(start, end):
            continue
        while end - start > LONGEST:
            cut = text.rfind(" ", start + LONGEST // 2, start + LONGEST) + 1 or start + LONGEST
            yield start, cut
            start = cut
        if end > start:
            yield start, end
        start = end


def _goes_on(text: str, start: int, end: int) -> bool:
    """Does a block of short lines go on over this line's end?"""
    if text[end - 1] != "\n" or end - start > LONGEST - SHORT - 2:
        return False
    after = text.find("\n", end)
    after = len(text) if after < 0 else after
    line = text.rfind("\n", start, text.rfind("\n", start, end)) + 1 or start
    short = end - max(line, start) <= SHORT + 2 and 0 < after - end <= SHORT
    return short and not (_LISTED.match(text, max(line, start)) or _LISTED.match(text, end))


def _ends(text: str) -> Iterator[int]:
    for match in _END.finditer(text):
        if "\n" in match.group() or not _TITLE.search(text, max(0, match.start() - 6), match.start()):
            yield match.end()
    yield len(text)

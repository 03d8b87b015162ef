"""Sentences of a text as character spans, in English and Chinese."""

import re

_END = re.compile(r"[.!?…]+[\"'”’)\]]*(?=\s)|[。\uff01\uff1f\uff1b]+[”’」』\uff09]*|\n+")
_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|etc|vs|approx|incl|excl|no|nr|mr|mrs|ms|dr|prof|inc|ltd|co|st|fig|sec|cf|min|max|jan|feb|mar|"
    r"apr|jun|jul|aug|sep|sept|oct|nov|dec|a\.m|p\.m)|\b[A-Z])\.$",
    re.IGNORECASE,
)
_LONGEST = 12  # characters, more than any abbreviation has


def sentences(text: str, start: int = 0, end: int | None = None) -> list[tuple[int, int]]:
    """Where the sentences of ``text[start:end]`` stand, as offsets into the whole text.

    A line's end always ends a sentence: headings, list items and table rows are sentences of their own.

    Args:
        text: the document's text.
        start: first character.
        end: character after the last; the text's length where not given.
    """
    end = len(text) if end is None else end
    found: list[tuple[int, int]] = []
    at = start
    for match in _END.finditer(text, start, end):
        if not match[0].startswith("\n") and _goes_on(text, at, match.end(), end):
            continue
        _append(found, text, at, match.end())
        at = match.end()
    _append(found, text, at, end)
    return found


def _goes_on(text: str, at: int, stop: int, end: int) -> bool:
    """True after an abbreviation, or where the next word starts in lower case."""
    ended = stop
    if text[stop - 1] in "。\uff01\uff1f\uff1b":
        return False
    while stop < end and text[stop] == " ":
        stop += 1
    following = text[stop : min(stop + 1, end)]
    before = text[max(at, ended - _LONGEST) : ended]
    return following.islower() or bool(_ABBREVIATION.search(before) and following not in ("\n", ""))


def _append(found: list[tuple[int, int]], text: str, start: int, end: int) -> None:
    piece = text[start:end]
    start += len(piece) - len(piece.lstrip())
    end -= len(piece) - len(piece.rstrip())
    if end > start:
        found.append((start, end))

"""Words of a text with their places, and sub-word figures gathered into words."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import regex

# Chinese, Japanese and Korean signs stand alone; words keep inner apostrophes and hyphens; the rest sign by sign. A
# sign is what people see as one (a grapheme cluster): with its accents, an emoji with its colour, family or flag.
_ALONE = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\u30fc\uff70]"
_LETTERS = rf"(?:(?!{_ALONE})[\p{{L}}\p{{N}}_][\p{{M}}\u200c]*)+"
WORD = regex.compile(rf"(?={_ALONE})\X|{_LETTERS}(?:['’-]{_LETTERS})*|(?!\s)\X")


@dataclass(frozen=True)
class Word:
    """A word and its place: ``text[start:end]`` of the whole text, in characters."""

    text: str
    start: int
    end: int


def split_words(text: str) -> list[Word]:
    """The words and signs of a text in order; every character that is no white space is in one of them."""
    return [Word(found.group(), found.start(), found.end()) for found in WORD.finditer(text)]


def words_up_to(text: str, end: int) -> list[Word]:
    """The words of a text that begin before a character, the last one cut there where it goes on."""
    found = []
    for each in WORD.finditer(text):
        if each.start() >= end:
            break
        cut = min(each.end(), end)
        found.append(Word(text[each.start() : cut], each.start(), cut))
    return found


def gather(words: Sequence[Word], spans: Iterable[tuple[int, int]], values: Iterable[float]) -> list[float]:
    """Sum sub-word values into words; a sub-word that spans several words is shared out by characters.

    Args:
        words: in order, not overlapping.
        spans: first and last character (exclusive) of each sub-word; empty ones (special tokens) are left out.
        values: one a sub-word, signed.
    """
    sums = [0.0] * len(words)
    first = 0
    for (start, end), value in zip(spans, values, strict=True):
        if end <= start:
            continue
        while first < len(words) - 1 and words[first].end <= start:
            first += 1
        touched = _touched(words, first, start, end)
        whole = sum(length for _, length in touched)
        for place, length in touched:
            sums[place] += value * length / whole
    return sums


def _touched(words: Sequence[Word], first: int, start: int, end: int) -> list[tuple[int, int]]:
    """Index and number of shared characters of the words from ``first`` on that lie in a span."""
    touched = []
    for place in range(first, len(words)):
        if words[place].start >= end:
            break
        shared = min(end, words[place].end) - max(start, words[place].start)
        if shared > 0:
            touched.append((place, shared))
    return touched


def without(text: str, words: Sequence[Word], removed: set[int]) -> str:
    """The text with some words (by index) deleted; spaces that are left doubled shrink to one."""
    pieces, at = [], 0
    for place in sorted(removed):
        pieces.append(text[at : words[place].start])
        at = words[place].end
    pieces.append(text[at:])
    return " ".join("".join(pieces).split())

"""Where documents contradict each other, the newer one wins, and the answer says so."""

import re
from collections.abc import Callable, Collection, Sequence
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from knowledge.dates import spoken
from knowledge.denial import affirmed, denials
from knowledge.words import STOP, has_cjk, key_terms, like, terms

if TYPE_CHECKING:
    import numpy as np

    from knowledge.units import Unit

SAME_SUBJECT = 0.55  # the cosine of two sentences that speak of the same thing
NAME = 2  # words that tell one thing from another of its kind
COMMON = 0.25  # the share of meaningful words that they have in common
_VALUE = re.compile(
    r"\d+(?:[.,:]\d+)*|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|twelve)\b", re.IGNORECASE
)
_NAME = re.compile(r"(?<=\s)[A-Z][\w'’-]*")
_CHINESE_VALUE = re.compile(r"[一二三四五六七八九十百千两]+(?=[元年月日天周个小分点英块])")
# What tells nothing of whether two sentences are about one thing.
_LIGHT_WORDS = """
take takes last lasts cost costs need needs require requires pay paid amount amounts charge charges offer offers
provide provides allow allowed permit permitted receive receives change changes become becomes update updated apply
applies start starts arrive arrives valid set new old current currently per each every longer more since within only
still until instead today available possible
january february march april june july august september october november december
"""
_LIGHT = frozenset(term for word in _LIGHT_WORDS.split() for term in terms(word))
_MAY = re.compile("允许|可以|可|能")


def outdated(
    units: "Sequence[Unit]", encode: "Callable[[list[str]], np.ndarray]", question: str = ""
) -> "dict[int, Unit]":
    """Which units a newer document contradicts: their places, and what contradicts them.

    Args:
        units: sentences that could answer, the best first.
        encode: makes vectors of texts.
        question: what they could answer; a newer sentence that lacks a name of it which the older one has is about
            another thing.
    """
    dated = [(place, unit) for place, unit in enumerate(units) if unit.hit.passage.dated]
    if len({unit.hit.passage.source for _, unit in dated}) < 2:
        return {}
    vectors = encode([unit.text for _, unit in dated])
    cosines = vectors @ vectors.T
    wanted = {term for name in _NAME.findall(question) for term in key_terms(name)}
    found: dict[int, Unit] = {}
    for row, (place, old) in enumerate(dated):
        for column, (_, new) in enumerate(dated):
            newer = old.hit.passage.dated < new.hit.passage.dated
            if (
                newer
                and cosines[row, column] >= SAME_SUBJECT
                and contradicts(new.text, old.text)
                and not _asks_for(wanted, old, new)
            ):
                found.setdefault(place, new)
    return found


def _asks_for(wanted: Collection[str], old: "Unit", new: "Unit") -> bool:
    """Whether a question names what the older sentence speaks of, and the newer one and its headings do not."""
    there = terms(f"{new.hit.passage.context} {new.text}")
    return any(not _among(term, there) for term in set(terms(old.text)).intersection(wanted))


def contradicts(new: str, old: str) -> bool:
    """Whether a sentence says another value of the same thing, or denies what the other affirms.

    Two sentences are about different things where a word of one stands in the place of a word of the other: the Pro
    plan and the Team plan, standard and express delivery.
    """
    one, other = _content(old), _content(new)
    common = sum(_among(term, other) for term in set(one)) / max(min(len(set(one)), len(set(other))), 1)
    if common < COMMON or _swapped(one, other):
        return False
    if values(old) and values(new):
        return bool(values(new) - values(old))
    more = [term for term in other if not _among(term, one) and term not in _LIGHT]
    return not more and denials(new) % 2 != denials(old) % 2


def values(text: str) -> set[str]:
    """The numbers a text names."""
    return {each.lower() for pattern in (_VALUE, _CHINESE_VALUE) for each in pattern.findall(text)}


def _content(text: str) -> list[str]:
    """The words that say what a sentence is about, in order and without its values; single characters of Chinese."""
    plain = affirmed(_CHINESE_VALUE.sub(" ", _VALUE.sub(" ", text)))
    if has_cjk(plain):
        return [each for each in _MAY.sub(" ", plain) if has_cjk(each)]
    kept = [word for word in re.findall(r"[^\W\d_]+", plain.lower()) if word not in STOP]
    return [term for word in kept for term in terms(word)]


def _swapped(old: Sequence[str], new: Sequence[str]) -> bool:
    """Whether words of one stand where the other has words of its own; of Chinese, two characters or more."""
    if not old or not new:
        return False
    chinese = has_cjk("".join(old)) and has_cjk("".join(new))
    spelt = [next((each for each in old if like(each, term)), term) for term in new]
    for kind, a, b, c, d in SequenceMatcher(None, old, spelt, autojunk=False).get_opcodes():
        short = chinese or max(b - a, d - c) <= NAME  # longer ones only go on differently
        if kind == "replace" and short and _own(old[a:b], spelt, chinese) and _own(spelt[c:d], old, chinese):
            return True
    return False


def _own(words: Sequence[str], other: Sequence[str], chinese: bool) -> bool:
    own = [each for each in words if each not in other and each not in _LIGHT]
    return len(own) >= (2 if chinese else 1)


def _among(term: str, others: Collection[str]) -> bool:
    return term in others or any(like(term, each) for each in others)


def told(new: "Unit", old: "Unit", chinese: bool) -> str:
    """The sentence that says which document was preferred to which."""
    now, was = new.hit.passage, old.hit.passage
    if chinese:
        return f"({was.source}（{was.dated}）说法不同；以较新的 {now.source}（{now.dated}）为准。)"
    return (
        f"({was.source} of {spoken(was.dated)} says otherwise; {now.source} of {spoken(now.dated)} is newer.)"
    )

"""The pieces of a postal address that belong to one whose street, house or post code was found.

Addresses of the whole world have no grammar in common, but their parts stand between commas: names with capitals and
numbers, in any order.
"""

# ruff: noqa: E501 - patterns are lists of words

import re
from collections.abc import Iterator

from tools.privacy.entity import Entity
from tools.privacy.recognizers.people import HAN, known, stops

SURE = 0.6
# What may stand between two parts of an address, or after its last one: a state, a number, signs of a quotation.
BETWEEN = re.compile(
    r"[\s,.>?|]{1,8}(?:(?:[A-Z]{2}|nan|and|\d{1,6}|\d{1,2}\s?[ºª°](?:\s?[A-Z])?)[\s,.>?|]{1,8}){0,2}"
)
AFTER = re.compile(
    r"(?:[\s,>?|]{1,6}(?:[A-Z]{2}|\d{1,3}))?[\s,>?|]{1,6}\d{4,6}(?![\d-])"
    r"(?:[ \t]+[A-ZÀ-ÖØ-Þ][^\W\d_]+(?:[ -][A-ZÀ-ÖØ-Þ][^\W\d_]+)?(?![\w@]))?"
)
TOWN = r"(?:Co\.? |County |Distt?\. |St\. )?[A-ZÀ-ÖØ-Þ][\w'’-]*(?:[ -][A-ZÀ-ÖØ-Þ][\w'’-]*){0,2}"
TOWNS = re.compile(
    rf",\s(?:{TOWN},\s){{0,3}}(?:{TOWN}\s)?"
)  # between a street and a post code, a room and a street
LAST_TOWNS = re.compile(rf"(?:,\s{TOWN}){{1,3}}(?=[.!?]?\s*(?:$|\n|[.?!]\s[A-Z]))")
BEFORE = re.compile(r"(?i)\bthe corner of \Z")
CORNER = re.compile(
    r"(?i)\bthe corner of (?=[^\n]{0,60}\d)[^\n,;:?!]{2,50}? and [^\s,;:?!.]+(?:[ ](?-i:[A-ZÀ-ÖØ-Þ][^\W\d_]+|\d{1,5}|courts?|streets?|roads?|parks?|lanes?|coves?|pass|route)){0,2}"
)
# One word of a part: with a capital, with a digit, or one that addresses are linked with.
CAPITAL = r"[A-ZÀ-ÖØ-ÞĀ-ŽḀ-ỿΆ-ΩА-Я][^\W\d_]*(?:['’.-][^\W\d_]+)*\.?"
NUMBER = r"#?[^\W\d_]{0,3}\d[\w/-]{0,9}[ºª°]?"
LINK = r"(?:de|del|della|di|da|do|dos|la|el|of|upon|on|off|opp\.?|opposite|near|behind|na|an|the|und|no\.|nr\.|g\.|c/o|teh\.|dist\.|distt\.|vill\.|jud\.|comuna|izq|dcha|floor|house|block|room)"
PART = rf"(?:(?:{LINK} ){{0,2}}(?:{CAPITAL}|{NUMBER})(?:[ ](?:{CAPITAL}|{NUMBER}|{LINK})){{0,5}})"
LEFT = re.compile(rf"(?<![\w@./-])(?:{PART},\s){{1,4}}\Z")
RIGHT = re.compile(rf"(?:,\s?{PART}(?![\w@/]|\.\w)){{1,4}}")
INNER = re.compile(rf"[ ,]{{0,2}}(?:{PART},?[ ]){{0,3}}(?:{PART})?[ ,]{{0,2}}")
# In Chinese: a block and a flat after the street.
FLAT = re.compile(
    r"(?:[那这]边)?(?:[,,、 ]{1,2}\d{1,4}(?:号楼|[栋幢座]|单元|[室户])?){1,3}(?![\d元块个件%年月])"
)


def pieces_of(text: str, places: list[Entity]) -> Iterator[Entity]:
    """What belongs to the addresses found.

    Args:
        text: the whole text.
        places: what was found of type LOCATION.
    """
    written, text = (
        text,
        HAN.sub("。", text),
    )  # Chinese letters would be taken for parts of the words beside them
    ordered = sorted(places, key=lambda each: (each.start, -each.end))
    for first, second in zip(ordered, ordered[1:], strict=False):
        between = text[first.end : max(first.end, second.start)]
        if any(map(str.isalnum, between)) and _between(
            between, _numbered(text, first), _numbered(text, second)
        ):
            yield Entity("LOCATION", first.end, second.start, SURE)
    for each in ordered:
        if _numbered(text, each):
            after = (
                AFTER.match(text, each.end)
                or LAST_TOWNS.match(text, each.end)
                or FLAT.match(written, each.end)
            )
            if after:
                yield Entity("LOCATION", each.end, after.end(), SURE)
            yield from _beside(text, each)
    for match in CORNER.finditer(text):
        yield Entity("LOCATION", match.start(), match.end(), SURE)
    for each in ordered:
        corner = BEFORE.search(text, max(0, each.start - 16), each.start)
        if corner:
            yield Entity("LOCATION", corner.start(), each.start, SURE)


def _numbered(text: str, place: Entity) -> bool:
    return any(letter.isdigit() for letter in text[place.start : place.end])


def _between(words: str, first: bool, second: bool) -> bool:
    """Does it join two places, of which at least one holds a number?"""
    if first and (BETWEEN.fullmatch(words) or TOWNS.fullmatch(words)):
        return True
    return (first or second) and "," in words and bool(INNER.fullmatch(words)) and _parts(words)


def _beside(text: str, place: Entity) -> Iterator[Entity]:
    """Parts before and after a place with a number."""
    left = LEFT.search(text, max(0, place.start - 90), place.start)
    if left and any(map(str.isdigit, left.group())) and _parts(left.group()):
        yield Entity("LOCATION", left.start(), place.start, SURE)
    right = RIGHT.match(text, place.end)
    end = place.end
    for part in re.findall(r",[^,]*", right.group()) if right else []:
        if not _parts(part):
            break
        end += len(part)
    if end > place.end:
        yield Entity("LOCATION", place.end, end, SURE)


def _parts(words: str) -> bool:
    """May they be parts of an address: none an ordinary word?"""
    named = re.findall(r"[^\W\d_]{2,}", words)
    return not any(
        known(word) or (stops(word) and not re.fullmatch(LINK, word)) or word == "I" for word in named
    )

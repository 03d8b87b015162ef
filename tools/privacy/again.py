"""Names that stand a second time in a text, and the pieces of an address that belong together."""

import re
from collections.abc import Iterable, Iterator

from tools.privacy.entity import Entity
from tools.privacy.recognizers.announced import added
from tools.privacy.recognizers.belief import ambiguous
from tools.privacy.recognizers.people import known, stops

SURE = 0.6
NAME = re.compile(r"[^\W\d_]{3,}(?:['’-][^\W\d_]+)*")
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
AGE = re.compile(r"(?:, | \()([1-9]\d)(?=,|\))")  # "Ann Bell, 54, …", "Ann Bell (54)"
BEFORE = re.compile(r"(?i)\bthe corner of \Z")


def again(text: str, found: Iterable[Entity]) -> Iterator[Entity]:
    """Further spans that follow from those found.

    Args:
        text: the whole text.
        found: what the recognizers found in it.
    """
    spans = list(found)
    yield from _names(text, [each for each in spans if each.entity_type == "PERSON" and each.score >= SURE])
    yield from _aged(text, spans)
    for each in spans:
        if each.entity_type == "PERSON":
            yield from added(text, each.end)
    yield from _addresses(text, [each for each in spans if each.entity_type == "LOCATION"])


def _names(text: str, people: list[Entity]) -> Iterator[Entity]:
    words = {
        word
        for each in people
        for word in NAME.findall(text[each.start : each.end])
        if not (known(word) or stops(word) or ambiguous(word))
    }
    if words:
        one = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
        for match in re.finditer(rf"(?<![\w.@/-])(?:{one})(?![\w@/])", text):
            yield Entity("PERSON", match.start(), match.end(), SURE)


def _aged(text: str, spans: list[Entity]) -> Iterator[Entity]:
    for each in spans:
        if each.entity_type == "PERSON":
            age = AGE.match(text, each.end)
            if age:
                yield Entity("AGE", age.start(1), age.end(1), SURE)


def _addresses(text: str, places: list[Entity]) -> Iterator[Entity]:
    ordered = sorted(places, key=lambda each: (each.start, -each.end))
    for first, second in zip(ordered, ordered[1:], strict=False):
        numbered = any(letter.isdigit() for letter in text[first.start : first.end])
        between = text[first.end : second.start]
        if (
            numbered
            and any(map(str.isalnum, between))
            and (BETWEEN.fullmatch(between) or TOWNS.fullmatch(between))
        ):
            yield Entity("LOCATION", first.end, second.start, SURE)
    for each in ordered:
        if any(letter.isdigit() for letter in text[each.start : each.end]):
            after = AFTER.match(text, each.end) or LAST_TOWNS.match(text, each.end)
            if after:
                yield Entity("LOCATION", each.end, after.end(), SURE)
        corner = BEFORE.search(text, max(0, each.start - 16), each.start)
        if corner:
            yield Entity("LOCATION", corner.start(), each.start, SURE)

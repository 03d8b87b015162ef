"""What follows from what was found: a name that stands a second time, an age beside it, a second guess at a code."""

# ruff: noqa: E501 - patterns are lists of words

import re
from collections.abc import Iterable, Iterator

from tools.privacy.addresses import pieces_of
from tools.privacy.entity import Entity
from tools.privacy.recognizers.announced import LINK, UPPER, added
from tools.privacy.recognizers.belief import ambiguous, is_given
from tools.privacy.recognizers.people import known, stops

SURE = 0.6
NAME = re.compile(r"[^\W\d_]{3,}(?:['’-][^\W\d_]+)*")
# Between two halves of one name, and an initial before a family name.
LINKED = re.compile(rf"[ ](?:{LINK}[ ]){{1,2}}")
INITIAL = re.compile(r"(?<![\w.'’])[A-ZÀ-ÖØ-Þ]\.[ ]?\Z")
# "it is 2907 or 2970": who has forgotten a code tells two.
OTHER = re.compile(
    r"[^.\n\d]{0,16}\bor (?:maybe |was it )?(\d{4,6})(?!\d)|[^\n]{0,4}(?:又|或|还是)[^\n\da-zA-Z]{0,6}((?=[a-z]*\d)[a-z\d]{4,20})"
)
# What somebody is, in the line below the name of a signature or after it: "Ann Bell, the clerk, said".
BELOW = re.compile(
    r"[ \t]*\n+[ \t]*([^\W\d_][^\W\d_'’-]+(?:[ ,/&-]{1,2}[^\W\d_]+){0,5})[ \t]*(?=\n[\s\S]{0,160}\d)"
)
SAID = re.compile(r",[ ]the[ ]((?:[\w-]+[ ]){0,4}[\w-]+)(?=,[ ](?:said|says|told|added)\b)")
FIRM = re.compile(
    rf"({UPPER}[^\W\d_]{{1,30}}), ({UPPER}[^\W\d_]{{1,30}}),? and ({UPPER}[^\W\d_]{{1,30}})(?!\w)"
)
AGE = re.compile(r"(?:, | \()([1-9]\d)(?=,|\))")  # "Ann Bell, 54, …", "Ann Bell (54)"


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
        if each.entity_type == "PERSON":
            yield from _profession(text, each)
    yield from _crossing(text, spans)
    yield from _firms(text, [each for each in spans if each.entity_type == "PERSON"])
    yield from _joined(text, [each for each in spans if each.entity_type == "PERSON"])
    yield from _other_codes(text, spans)
    yield from pieces_of(text, [each for each in spans if each.entity_type == "LOCATION"])


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


def _joined(text: str, people: list[Entity]) -> Iterator[Entity]:
    ordered = sorted(people, key=lambda each: (each.start, -each.end))
    for first, second in zip(ordered, ordered[1:], strict=False):
        if LINKED.fullmatch(text, first.end, max(first.end, second.start)):
            yield Entity("PERSON", first.end, second.start, SURE)
    for each in ordered:
        initial = INITIAL.search(text, max(0, each.start - 4), each.start)
        if initial:
            yield Entity("PERSON", initial.start(), each.start, SURE)


def _other_codes(text: str, spans: list[Entity]) -> Iterator[Entity]:
    for each in spans:
        if each.entity_type == "SECRET":
            other = OTHER.match(text, each.end)
            if other:
                yield Entity("SECRET", *other.span(other.lastindex or 1), SURE)


def _profession(text: str, person: Entity) -> Iterator[Entity]:
    above = text.rfind("\n", 0, person.start) + 1
    below = BELOW.match(text, person.end) if not text[above : person.start].strip() else None
    for match in (below, SAID.match(text, person.end)):
        if match and not stops(match.group(1).split()[0]):
            yield Entity("TITLE", *match.span(1), SURE)


def _crossing(text: str, spans: list[Entity]) -> Iterator[Entity]:
    """ "Ann Street and Long Road 75": the word between, where one of the two is a place with a number."""
    ordered = sorted(spans, key=lambda each: (each.start, -each.end))
    for first, second in zip(ordered, ordered[1:], strict=False):
        if text[first.end : max(first.end, second.start)] == " and " and any(
            each.entity_type == "LOCATION" and any(map(str.isdigit, text[each.start : each.end]))
            for each in (first, second)
        ):
            yield Entity("LOCATION", first.end, second.start, SURE)


def _firms(text: str, people: list[Entity]) -> Iterator[Entity]:
    """ "Bell, Marsh and Quill": family names only are a firm's."""
    covered = {at for each in people for at in range(each.start, each.end)}
    for match in FIRM.finditer(text):
        named = [match.start(group) in covered for group in (1, 2, 3)]
        if sum(named) > 1 and not any(map(is_given, match.groups())):
            yield Entity("ORGANIZATION", match.start(), match.end(), SURE)

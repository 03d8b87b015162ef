"""Cities and countries, where a text tells that somebody is, lives, was born or goes there.

A town in a general question ("do you deliver to Leeds?") says nothing about anybody and stays.
"""

# ruff: noqa: E501 - patterns are lists of words

import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any

from tools.privacy.entity import Entity
from tools.privacy.recognizer import Recognizer
from tools.privacy.recognizers.people import ordinary
from tools.privacy.recognizers.streets import LEADING, address

CAPITAL = r"[A-ZÀ-ÖØ-ÞĀ-ŽΆ-ΩА-Я][^\W\d_]*(?:['’-][^\W\d_]+)*"
# Words after which a name is a place's.
WHERE = re.compile(
    rf"(?i:\b(?:fl(?:ew|y|ying)|travel(?:l?ing|s|led)?|mov(?:ed|ing)|trip|originally|grew up|works?|working|parents|family|lives?|living|born|based|went|i am|i'm|am|"
    rf"city|where|southern|northern|eastern|western|home city)[ \t]*(?:to|in|from|of|:)?)[ \t]+"
    rf"({CAPITAL}(?:[ \t]+(?:(?:del?|la|do|di|da)[ \t]+)?{CAPITAL}){{0,3}})(?![\w@]|[.-]\w)"
)
IN = re.compile(rf"\b(?:to|in|from|city|where|Where:|southern|Southern|northern|Northern)[ \t]+{CAPITAL}")
# What says that somebody is there, stands before the place in the same sentence.
PERSONAL = re.compile(
    r"(?i)\b(?:li(?:ve[sd]?|ving)|resid(?:e[sd]?|ing|ent)|dwell\w*|mov(?:ed?|es|ing)|relocat\w+|migrat\w+|emigrat\w+|originally|grew up|raised|born|based|home ?town|home city|native|"
    r"fl(?:ew|own|y|ies|ying)|travel(?:l?ing|led|s)?|trip|i am|i['’]?m|we are|we['’]re|he is|she is|they are|he['’]s|she['’]s|writing|write you|hello from|hi from|greetings from|greeting from|cheers from|"
    r"visit(?:s|ed|ing)?|stay(?:s|ed|ing)?|holiday|vacation|last (?:known|seen|heard)|com(?:e|es|ing)|came|from|arriv\w+|return\w*|went|worked?|works|working|stud(?:y|ies|ied|ying)|retired|"
    r"deployed|stationed|posted|settled|married|buried|died|passed away|embassy|consulate|passport|citizen|conference|city|where|southern|northern|eastern|western|whereabouts|years?|home|back to|street|club|address|sent to|posted to|"
    r"parents|mother|father|family|wife|husband|brother|sister|son|daughter|grand\w+|cousin|aunt|uncle)\b[^.!?;\n]{0,40}\Z"
)
# Nothing stands between, so that it does not matter what else the sentence is about.
STRAIGHT = re.compile(
    r"(?i)\b(?:i (?:live|work|am|was)|i['’]m|we (?:live|work|are)|living|born|grew up|raised|moved|parents|mother|father|family|wife|husband|brother|sister|son|daughter)(?: now| here)? (?:in|to|from|at|near)\s\Z"
)
GENERAL = re.compile(
    r"(?i)\b(?:deliver\w*|ship(?:ping|s|ped)?|flights?|trains?|bus(?:es)?|ferry|ferries|shuttle|hotel|hostel|shops?|stores?|branch(?:es)?|offices?|restaurants?|weather|made|imported|manufactured|exhibition|concert|tickets?|guide|"
    r"hall|campus|warehouse|showroom|stock|available|tracking|parcel|package|customs|course|class|tours?|distance|sale|event|festival|match|game|do you|can you|is there|are there|your)\b[^.!?;\n]{0,40}\Z"
)
MYSELF = re.compile(r"(?i)\b(?:i|i['’]?m|we|we['’]re|my|our|me|us|he|she|his|her|they)\b")
AFTER = re.compile(
    r"[ ](?:with (?:me|us|my)\b|(?:was|is|were)\b[\w ]{0,24} to (?:visit|see|live|stay)\b|Country Club|for a business trip)"
)
ROW = re.compile(r"\n")
HAN = re.compile(r"[\u4e00-\u9fff]")
CHINESE = re.compile(
    r"(?:[\u4e00-\u9fff]{2,4}?(?:省|自治区))[\u4e00-\u9fff]{2,4}?(?:市|州|县)(?:[\u4e00-\u9fff]{1,4}?[区县])?"
)
# Before a Chinese place name: lives, comes from, sent to.
LIVES = re.compile(
    r"(?:住|住在|家住|家在|来自|老家|籍贯|出生于?|出生在|生于|搬到|搬来|搬去|移居|定居|我在|人在|我们在|他在|她在|寄到|寄往|送到|寄去|户籍|户口|祖籍|现居|常住|出差到|嫁到|毕业于|在读于|地址|城市|省份|地区)[是在于::=\s\"“]{0,4}\Z"
)


# What says after a Chinese city, or before a city in Latin letters, that somebody is or goes there.
LIVES_AFTER = re.compile(r"搬[到去来]|做外贸|做生意|打工|上班|出差|读书|上学|老家|人[,。,]|寄来|寄过来|过来")
PART_OF = re.compile(r"(?:市|园区|新区|工业园)?")
IS_THERE = re.compile(r"(?:我们?|[他她]们?|[人家]|已经|就|上个?月|现在|目前|刚)(?:在|从|回|到|去)\Z|[回]\Z")
LATIN_THERE = re.compile(
    rf"(?:(?:我们?|[他她]们?|人)(?:现在?|目前)?在|搬[去到]|住在|来自|老家在?|回了?|寄到|飞|出差到|到了)[ ]?({CAPITAL}(?:[ ]{CAPITAL}){{0,2}})(?=[ ]?(?:[\u4e00-\u9fff,,。.!!]|$))"
)
ASLEEP = re.compile(
    rf"\b(?:student|nurse|teacher|doctor|engineer|farmer|pensioner|refugee|asleep|stuck|stranded|at home|here|back|house|flat|place)[ ](?:from|in)[ ]({CAPITAL}(?:[ ]{CAPITAL})?)(?![\w@]|[.-]\w)"
)


@cache
def _cities() -> re.Pattern[str]:
    names = (files("tools.privacy") / "cities_zh.txt").read_text("utf-8").split()
    return re.compile("|".join(sorted(names, key=len, reverse=True)))


class Places(Recognizer):
    """Place names by the NER model."""

    TYPES = ("LOCATION",)
    GATED = False

    def spans(self, text: str, named: list[Any]) -> Iterator[Entity]:
        """See the base class."""
        people = [span.start_char for span in named if span.label_ == "PERSON"]
        for span in named:
            words = address(text[span.start_char : span.end_char])
            end = span.start_char + len(words)
            if span.label_ == "LOCATION" and _place(words) and _personal(text, span.start_char, end, people):
                yield Entity("LOCATION", span.start_char, end, 0.6)
        for match in WHERE.finditer(text):
            start, end = match.span(1)
            if IN.search(match.group()) and _place(match.group(1)) and _personal(text, start, end, people):
                yield Entity("LOCATION", start, end, 0.55)
        for match in ASLEEP.finditer(text):
            if _place(match.group(1)):
                yield Entity("LOCATION", match.start(1), match.end(1), 0.55)
        if HAN.search(text):
            yield from _chinese_cities(text)
        for match in CHINESE.finditer(text):
            lead = LEADING.match(match.group())
            yield Entity("LOCATION", match.start() + (lead.end() if lead else 0), match.end(), 0.6)


def _chinese_cities(text: str) -> Iterator[Entity]:
    for match in _cities().finditer(text):
        start, end = match.span()
        before = text[max(0, start - 8) : start]
        if LIVES.search(before) or IS_THERE.search(before) or LIVES_AFTER.match(text, end):
            yield Entity("LOCATION", start, end + len(PART_OF.match(text, end).group()), 0.6)  # type: ignore[union-attr]
    for match in LATIN_THERE.finditer(text):
        if _place(match.group(1)):
            yield Entity("LOCATION", match.start(1), match.end(1), 0.6)


def _personal(text: str, start: int, end: int, people: list[int]) -> bool:
    """Does the text tie the place to somebody?

    Args:
        text: the whole text.
        start: where the place begins.
        end: where it ends.
        people: where people are named, by the model.
    """
    if HAN.search(text, start, end):
        return bool(LIVES.search(text, max(0, start - 8), start))
    line = text[text.rfind("\n", 0, start) + 1 : start] + "\0" + text[end:].partition("\n")[0]
    if "\n" in text.strip() and not any(letter.islower() for letter in line.replace("nan", "")):
        return True  # a line of an address or of a signature
    if AFTER.match(text, end):
        return True
    before = text[max(0, start - 72) : start]
    sentence = re.split(r"[.!?\n](?=\s)", before)[-1]
    asked = text[end:].partition("\n")[0]
    if STRAIGHT.search(before):
        return True
    if GENERAL.search(before) and not re.search(r"(?i)\b(?:live|living|born|moved)\b", sentence):
        return False
    if PERSONAL.search(before):
        return (
            bool(MYSELF.search(sentence))
            or not re.match(r"[^.!]*\?", asked)
            or any(at < start for at in people)
        )
    return any(start - 160 < at < start for at in people) and not re.match(r"[^.!]*\?", asked)


def _place(words: str) -> bool:
    bad = re.search(r"[_/\\@<>{}\[\]=*`|]|\.\w|^[\d\W]*$", words)
    short = len(words) < (2 if HAN.search(words) else 3)
    return not short and not bad and not ordinary(re.findall(r"[^\W\d_]+", words))

"""Ages and dates of birth. Other dates and times are ordinary business and stay."""

# ruff: noqa: E501 - patterns are lists of words

import re
from collections.abc import Iterator
from typing import Any

from tools.privacy.entity import Entity
from tools.privacy.recognizer import Recognizer, before, chinese, numbered
from tools.privacy.recognizers.belief import RELATION

AGE = re.compile(r"(?ai)(?<![\w.$€£-])(\d{1,3})(?=[ -]years?[ -]old\b|[ -]?y/?o\b|[ -]year[ -]old)")
AGED = re.compile(
    r"(?ai)\b(?:aged?|age of|turn(?:s|ed|ing)?|(?:i am|i'm|he is|she is|he's|she's)(?: now| about| only| just)?)[ :]{1,2}"
    r"(\d{1,3})(?=\s*?(?:$|\n|[.,;!?)]|(?:and|years|last|this|next|today|yesterday|tomorrow|on|in)\b))"
)
# "her twins, both 5", "my son, we believe 15", "age 13 yrs", "a wean of 2".
CHILD = re.compile(
    r"(?ai)\b(?:twins?|triplets|kids?|child(?:ren)?|sons?|daughters?|boys?|girls?|toddler|baby|wean|infant|grand(?:son|daughter|child|children|mother|father|ma|pa)|mother|father|mum|mom|dad|husband|wife|uncle|aunt|"
    r"he|she|they|who|i['’]?m|i am)\b[^.!?\n]{0,70}?\b(?:both|all|of|is|are|was|believe|about|only|just|nearly|almost|now|aged?|turning|turned|being)[ ](\d{1,2})(?=[ ]?(?:[,.;)!?]|yrs?\b|$|at\b|and\b(?! a half)|in here\b|next\b|this\b))"
)
YEARS = re.compile(
    r"(?ai)\b(?:aged?|age:|age is)[ ]?(\d{1,3})(?=[ ]?(?:yrs?|years|yo|y\.o)\b)|(?<![\w.$€£])(\d{1,2})(?=[ ]?(?:yo|y\.o\.|yrs? old|years of age|year-old|yrs of age)\b)"
)
# "Mrs Bell (91)", "at 67 I", "10 years and 4 months", "baby Ann, 7 months".
LOOSE = re.compile(
    r"(?ai)\b(?:i(?:['’]?m| am| was)|(?:he|she|who)(?:['’]?s| is| was))(?: only| just| now| nearly| almost| about)? (\d{1,2})(?=\s*?(?:[,;!?)]|\.(?!\d)|$|\n|(?:and|not|now|lol|i|years|yrs)\b))|\bwho is (\d{1,2})(?= [a-z]+ed\b| spent| went| has)|\((?:[A-Z]\w+), (\d{1,2})\)|"
    r"\b(?:mrs?|ms|miss|dr|my|our|his|her|their)\b[^.!?\n()\d]{0,40}\((\d{1,2})\)|\bat (\d{2}),? I\b|\b(\d{1,2})(?= years? and \d{1,2} months?)|\b(?:baby|infant|newborn|son|daughter|twins?)\b[^.!?\n\d]{0,24}(\d{1,2})(?= (?:months?|mths?|weeks?)\b)"
)
# "Ann, 23 yrs", "my girl Ann, 9, has", "my gogo, 76.", "he's only 17 so", "hes 14 months", "shes six".
BESIDE = re.compile(
    rf"(?:(?<!\w)[A-Z][\w'’-]{{1,30}},? )(\d{{1,2}})(?= ?(?:yrs?|years)\b(?! (?:of|ago|later|warranty|guarantee|old)\b))|, (\d{{2}})(?= years?[,.] )"
    rf"|(?i:\b(?:my|our|his|her|their)[ ](?:[a-z]+[ ])?{RELATION})(?:,?[ ](?<!\w)[A-Z][\w'’-]{{1,30}})?,[ ](\d{{1,2}})(?=[.,;)]|[ ](?:and|has|is|who)\b)"
    r"|(?i:\b(?:he|she|who)(?:['’]?s| is)(?: only| just| now| nearly| almost| about| already)?)[ ](\d{1,2})(?=[ ](?:so|but|because|yet|this|next|months?|mths?|weeks?)\b)"
    r"|(?i:\b(?:he|she)(?:['’]?s| is)(?: above| over| under| past| not yet))[ ](\d{1,2})(?=[ ]now|[.,!?]|$)"
)
SPELLED = re.compile(
    r"(?i)\b(?:(?:he|she|who)(?:['’]?s| is)(?: only| just| now| nearly| almost| about)?|(?:he|she|who|daughter|son|boy|girl|child|kid|[A-Z]\w{1,30}) (?:turns|is turning|turned)|aged?)[ ]"
    r"(one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|twenty)(?=[ ](?:and|on|in|next|this|months|years|today|tomorrow|so|but)\b|[.,;!?)]|$)"
)
SECOND_ZH = re.compile(r"(?<=[他她我]\d{2}[,，][他她我])(\d{2})(?=[,，。.])")
WRITTEN_ZH = re.compile(
    r"([一二三四五六七八九]?十[一二三四五六七八九]?岁|(?<![\d.])\d{1,2}个月大|(?<=[,。;、他她我])[他她我]?\d{2}(?=[,。](?:我|他|她)\d{2}))"
)
TOLD_ZH = re.compile(
    r"(?:(?<![给和])[他她](?:今年|都)?|今年|年龄|年仅|年满|现年|年纪|已经|刚满|虚岁|享年)(?:是|为|[::])?\s?(\d{1,3})(?=\s?(?:[,。,.;;、]|$|岁|了))"
)
AGE_ZH = re.compile(r"(?<![\d.])(\d{1,3}\s?周?岁)(?!以|的孩子|及|儿童|起|到)")
DATE = re.compile(
    r"(?ai)(?<![\w/-])(?:\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}|\d{1,2}-(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*-(?:19|20)?\d\d|(?:19|20)\d\d\s?年\s?\d{1,2}\s?月\s?\d{1,2}\s?[日号]?|"
    r"(?:\d{1,2}(?:st|nd|rd|th)?(?: of)? )?(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?,? (?:\d{1,2}(?:st|nd|rd|th)?,? )?(?:19|20)?\d{2}|"
    r"(?:19|20)\d{2}(?=\s*(?:[.,;!?]|$)))(?![\w/-]|\.\d)"
)
BORN = re.compile(
    r"(?ai)\bborn\b|\bdob\b|d\.o\.b|birth\s?-?(?:day|date)|date of birth|\bb-?day\b|\bborn on\b|\bdied\b|\bpassed (?:on|away)\b|\bburied\b|\bdeceased\b|\b(?:wedding|married)\b|papers say|\bborn:|逝于|去世|卒于|忌日|病逝|身故|结婚|出生|生日|生于"
)


MONTHS = r"(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]{0,6}\.?"
# What happened to somebody on a day: an operation, a move, a birthday to come; a year of the Republic of China.
HAPPENED = re.compile(
    rf"(?i)\b(?:operation|surgery|admitted|discharged|moved in|move-in|miscarriage|accident|diagnosed|hired|joined us|start date|arrested|baptised|divorced|engaged)\b[^.!?\n\d]{{0,20}}((?:\d{{1,2}}(?:st|nd|rd|th)? {MONTHS}|{MONTHS} \d{{1,2}}(?:st|nd|rd|th)?),? (?:19|20)\d\d)(?!\d)"
    rf"|\bturn(?:s|ed|ing)? (?:\d{{1,3}}|[a-z]{{3,9}}) on ((?:\d{{1,2}}(?:st|nd|rd|th)? {MONTHS}|{MONTHS} \d{{1,2}}(?:st|nd|rd|th)?))(?!\w)"
    r"|(?:入职|手术|住院|出院|入院|去世|离世)\s?((?:19|20)\d\d年\d{1,2}月\d{1,2}[日号])|((?:19|20)?\d{0,2}年?\d{1,2}月\d{1,2}[日号])(?=[^,，。\n]{0,8}(?:做的?手术|住的?院|生的|去世|入院|走的))"
    r"|(?m:^date:[ ]?((?:19|20)\d\d-\d\d-\d\d(?:[ T]\d\d:\d\d(?::\d\d)?)?)(?=\n(?:name|patient|customer)\b))"
    r"|(民[国國]\s?\d{2,3}年\s?\d{1,2}月\s?\d{1,2}日)|([一二][〇零○一二三四五六七八九]{3}年[正冬腊一二三四五六七八九十]{1,3}月[初十廿卅一二三四五六七八九]{1,3}[日号]?)"
)


# A whole date of long ago, in figures: seldom business any more, often a birthday.
BIRTH = re.compile(r"(?i)\b(?:date of birth|dob|birthday)\b[^\n\d]{0,90}\Z|(?:生日|出生日期)[^\n\d]{0,24}\Z")
OLD = re.compile(
    r"(?a)(?<![\w/.-])(?:\d{1,2}[/.-]\d{1,2}[/.-](?:19[2-9]\d|200[0-7])|(?:19[2-9]\d|200[0-7])[/.-]\d{1,2}[/.-]\d{1,2})"
    r"(?:[ T]\d{1,2}:\d\d(?::\d\d)?)?(?![\w/-]|\.\d)"
)

# A year of long ago that something happened in; a number of pieces or a product's version stands otherwise.
OLD_YEAR = re.compile(
    r"(?ai)\b(?:in|since|during|until|before|after|(?:act|law|directive|summer|winter|spring|autumn|fall) of)\s+(19\d\d|200\d)(?![\w/-]|[.,:]\d|\s?[%°€$£])"
)


# The same with the month's name, up to 2012; and the second of two dates between which somebody lived.
OLD_NAMED = re.compile(
    r"(?ai)(?<![\w/-])(?:\d{1,2}(?:st|nd|rd|th)?(?: of)?[ -](?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?,?[ -]|"
    r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.? \d{1,2}(?:st|nd|rd|th)?,? )(?:19[2-9]\d|200\d|201[0-2])(?![\w/-])|(?:19[2-9]\d|200\d)年\d{1,2}月\d{1,2}日"
)
LIVED = re.compile(
    r"(?a)(?<![\w/.-])(?:\d{1,2}[/.]\d{1,2}[/.]\d{4}|\d{4})\s?[-–—]\s?(\d{1,2}[/.]\d{1,2}[/.]\d{4})(?![\w/-]|\.\d)"
)


class OldDates(Recognizer):
    """Dates of long ago, where a text is redacted as a whole."""

    TYPES = ("DATE_TIME",)
    GATED = False

    def spans(self, text: str, named: list[Any]) -> Iterator[Entity]:
        """See the base class."""
        if not numbered(text):
            return
        for pattern in (OLD, OLD_NAMED):
            for match in pattern.finditer(text):
                yield Entity("DATE_TIME", match.start(), match.end(), 0.6)
        for match in LIVED.finditer(text):
            if OLD.match(match.group()):
                yield Entity("DATE_TIME", match.start(1), match.end(1), 0.6)
        for match in OLD_YEAR.finditer(text):
            yield Entity("DATE_TIME", match.start(1), match.end(1), 0.5)


class Ages(Recognizer):
    """Ages and birth dates."""

    TYPES = ("AGE", "DATE_TIME")

    def spans(self, text: str, named: list[Any]) -> Iterator[Entity]:
        """See the base class."""
        if numbered(text):
            yield from _in_digits(text)
        for pattern in (WRITTEN_ZH, SPELLED) if chinese(text) else (SPELLED,):
            for match in pattern.finditer(text):
                yield Entity("AGE", *match.span(match.lastindex or 0), 0.75)
        for match in HAPPENED.finditer(text) if numbered(text) or chinese(text) else ():
            yield Entity("DATE_TIME", *match.span(match.lastindex or 1), 0.8)


def _in_digits(text: str) -> Iterator[Entity]:
    in_chinese = (AGE_ZH, SECOND_ZH, TOLD_ZH) if chinese(text) else ()
    for pattern in (AGE, AGED, CHILD, YEARS, LOOSE, BESIDE, *in_chinese):
        for match in pattern.finditer(text):
            group = match.lastindex or 1
            if 0 < int(match.group(group).rstrip(" 周岁")) < 120:
                yield Entity("AGE", match.start(group), match.end(group), 0.8)
    if BORN.search(text):
        last = 0
        for match in DATE.finditer(text):
            if before(text, match.start(), BORN, min(40, match.start() - last)):
                yield Entity("DATE_TIME", match.start(), match.end(), 0.85)
            last = match.end()
    for match in DATE.finditer(text):
        if any(letter in "./-年" for letter in match.group()) and before(text, match.start(), BIRTH, 110):
            yield Entity("DATE_TIME", match.start(), match.end(), 0.8)
    for match in re.finditer(r"((?:19|20)\d\d年\d{1,2}月\d{1,2}日)(?=出生|生)", text):
        yield Entity("DATE_TIME", match.start(1), match.end(1), 0.85)

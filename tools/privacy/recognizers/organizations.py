"""Firms that a text names: whom somebody works for says much about them where a text is redacted as a whole."""

import re
from collections.abc import Iterator
from typing import Any

from tools.privacy.entity import Entity
from tools.privacy.recognizer import Recognizer
from tools.privacy.recognizers.belief import DETERMINER, common, thing
from tools.privacy.recognizers.people import ordinary

PAIR = re.compile(r"\w+ (?:&|and) \w+")  # "Kids & Family" is none, where no "Ltd" follows
ODD = re.compile(r"[_/\\@#<>{}\[\]=*`|~^《》]|\d{3}|\.\w")
HAN = re.compile(r"[\u4e00-\u9fff]")
KIND = (
    r"(?:Ltd|Limited|Inc|Incorporated|LLC|LLP|PLC|plc|GmbH|AG|KG|S\.?A\.?|S\.?r\.?l\.?|B\.?V\.?|N\.?V\.?|AB|AS|Oy|Corp|Corporation|Company|Co|Group|Holdings?|Partners|Associates|Solutions|"
    r"Technologies|Industries|Enterprises|Trading|Traders|Logistics|Consulting|Consultants|Services|Instruments|Systems|Laborator(?:y|ies)|Labs|Clinic|Centre|Center|Institute|University|College|Academy|Hospital|"
    r"Pharmacy|Bakery|Studios?|Architects|Solicitors|Foundation|Trust|Society|Union|Church|Kindergarten|Nursery|Practice|Surgery|Agency)"
)
WORD = r"[A-ZÀ-ÖØ-Þ][\w'’.-]*"
OFFICE = re.compile(r"[ ](?:[Oo]ffice|[Hh]eadquarters|website|[Oo]rchestra|team|invoice|contract|account)\b")
ENGLISH = re.compile(
    rf"(?<![\w@./-])({WORD}(?:,?[ ](?:&|and|of|for|the|{WORD})){{0,11}}?[ ]{KIND}\b\.?)(?:,?[ ]{KIND}\b\.?)?(?![\w@])"
)
CHINESE = re.compile(
    r"([\u4e00-\u9fff()]{2,24}?(?:有限责任公司|股份有限公司|有限公司|集团公司|律师事务所|会计师事务所|事务所|合作社|工作室|经营部|商行))"
)
LEAD = re.compile(
    r"^.*(?:抬头|名称|公司名|公司是|单位|就职于|任职于|供职于|工作于|我司|我是|我在|来自|开给|寄给|寄到|发给|代表|委托|改为|改成|应为|叫|:)(?=[\u4e00-\u9fff]{4})"
)
# A legal form with nothing before it that names the firm.
BARE = re.compile(r"^(?:你们|贵|我们|这家|那家|某|该|一家|请问|本|我|的|是|什么|哪家|注册|成立)")


class Organizations(Recognizer):
    """Firms by the NER model, and by their legal form."""

    TYPES = ("ORGANIZATION",)
    GATED = False

    def spans(self, text: str, named: list[Any]) -> Iterator[Entity]:
        """See the base class."""
        for span in named:
            if span.label_ == "ORGANIZATION" and _firm(text, span.start_char, span.end_char):
                yield Entity("ORGANIZATION", span.start_char, span.end_char, 0.5)
        for match in ENGLISH.finditer(text):
            words = re.findall(r"[^\W\d_]+", match.group())
            if not all(map(common, words)) and not thing(text, *match.span()):
                yield Entity("ORGANIZATION", match.start(), match.end(), 0.5)
        for match in CHINESE.finditer(text):
            lead = LEAD.match(match.group(1))
            start = match.start(1) + (lead.end() if lead else 0)
            if match.end() - start > 4 and not BARE.match(text[start : match.end()]):
                yield Entity("ORGANIZATION", start, match.end(), 0.6)


def _firm(text: str, start: int, end: int) -> bool:
    words = text[start:end]
    if len(words) < 3 or PAIR.fullmatch(words) or HAN.search(words):
        return False  # Chinese firms are known by their form
    acronym = words.isupper() and len(words) < 5
    if acronym or ODD.search(words) or ordinary(re.findall(r"[^\W\d_]+", words)):
        return False
    parts = re.findall(r"[^\W\d_]+(?:['’-][^\W\d_]+)*", words)
    if (
        all(map(common, parts))
        and not all(part[0].isupper() for part in parts)
        and not re.search(rf"\b{KIND}\b", words)
    ):
        return False
    named = words[0].isupper() and parts[-1].islower()
    return (
        not named
        and not thing(text, start, end)
        and not (len(parts) == 1 and DETERMINER.search(text[:start]))
    )

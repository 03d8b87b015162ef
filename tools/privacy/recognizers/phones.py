"""Telephone numbers: international ones, national ones in their usual writing, any digits after a word like "phone"."""

# ruff: noqa: E501 - patterns are lists of words

import re
from collections.abc import Iterator
from typing import Any

import phonenumbers

from tools.privacy.entity import Entity
from tools.privacy.recognizer import Recognizer, near, numbered

NUMBER = re.compile(
    r"(?a)(?<![\w./#@-])(?<!\d[ ,:])(?:\d(?:[ -]\d){8,13}|(?:\+|00)?\(?\d{1,4}\)?(?:[ .\-/]{0,3}\(?\d{1,5}\)?){1,7}(?:\s?(?:x|ext\.?|extension)\s?\d{1,5})?)"
    r"(?![\w%°€$£]|[-.,:/]\d)",
    re.IGNORECASE,
)
INTERNATIONAL = re.compile(
    r"(?a)(?<![\w+])\+\d[\d ()./-]{6,24}\d(?:\s?(?:x|ext\.?)\s?\d{1,5})?(?!\w)", re.IGNORECASE
)
# British and East African mobiles, which nothing else of ten or eleven digits looks like.
MOBILE = re.compile(r"(?a)07\d{8,9}")
CUE = re.compile(
    r"(?ai)\b(?:phone|telephone|tel|call(?:ed|ing)?|cell|cellphone|mobile|mob|fax|whatsapp|sms|text|ring|dial|reach(?:ed)?|"
    r"contact(?: me)?|tlf|tlfn|tél|teléfono|telefono|gsm|landline|hotline|telefon|handy|my number(?: is)?|number is|phone number|voicemail|desk|office|line(?: is)?|digits|no(?: is|\.)|reachable|contactable|messages to|answering at|number)\b"
    r"|电话|手机|座机|联系方式|致电|拨打|传真"
)
OTHER = re.compile(
    r"(?i)\b(?:orders?|invoices?|tickets?|case|ref(?:erence)?|tracking|id|isbn|sku|version|v|job|seed|port|epochs?|"
    r"steps?|rows?|(?<!my )(?<!our )lines?|page|serial|issue|pr|build|batch|accuracy|loss|f1|lr|years?|number of|parcel|article|model|samples?|"
    r"customers?|clients?|members?|membership|contract|policy|booking|reservation|confirmation|part|item|product|room|flight|train|seat|"
    r"meter|receipt|transaction|claim|registration|purchase order|po)"
    r"[ :#=]*(?:(?:no|number|nr|id)\.?[ :#=]*|is |was )?$|[#№]\s*$|订单号?[::\s]*$|编号[::\s]*$|单号[::\s]*$"
)
RANGE = re.compile(r"(?i)\b(?:between|from)[ :]*$")
LABEL = re.compile(
    r"(?i)\b(?:serial|sticker|barcode|imei|part|model|lot|batch|sku|ean|isbn|article|error|code)\b[^.,;!?\d\n]{0,24}$"
)
SENT = re.compile(r"(?i)\b(?:to|on|at|me|him|her|us|from) $")  # "the code never comes to 07700 900562"
FREE = re.compile(r"^\(?(?:0?800|0808|1[ -]?8(?:00|88|77|66|55|44|33)|400)\b")  # a firm's, not somebody's
DATE = re.compile(
    r"^\(?(?:(?:19|20)\d\d[-./ ](?:0?[1-9]|1[0-2])[-./ ]\d{1,2}|\d{1,2}[-./ ]\d{1,2}[-./ ](?:19|20)?\d\d)\b(?![-./ ]?\d)"
)
# Regions whose national writing is recognized without a word before it.
NATIONAL = (
    "US",
    "GB",
    "FR",
    "DE",
    "IT",
    "ES",
    "AU",
    "CH",
    "NL",
    "BE",
    "SE",
    "DK",
    "NO",
    "FI",
    "PL",
    "AT",
    "IN",
    "BR",
    "NZ",
    "IE",
    "ZA",
    "NG",
    "KE",
    "GH",
    "PT",
    "TR",
    "GR",
    "RO",
    "HU",
    "CZ",
    "JP",
    "KR",
    "TW",
    "MY",
    "PH",
    "TH",
    "ID",
    "VN",
    "PK",
    "BD",
    "LK",
    "IL",
    "EG",
    "AE",
)
NANP = re.compile(
    r"^(?:\+?1[ .-]?)?(?:\(\d{3}\) ?|\d{3}[ .-])\d{3}[ .-]\d{4}(?:\s?(?:x|ext\.?)\s?\d+)?$", re.IGNORECASE
)
AFTER = re.compile(r"(?i)[ -]{0,2}(?:office|fax|mobile|cell|home|desk|work)\b")
CHINESE_MOBILE = re.compile(r"(?<![\d.-])(?:(?:\+|00)?86[ -]?)?1[3-9]\d(?:[ -]?\d{4}){2}(?!\d)")
CHINESE_LANDLINE = re.compile(
    r"(?<![\d.-])\(?0(?:10|2\d|[3-9]\d{2})\)?[ -]?[2-8]\d{6,7}(?:[转-]\d{1,5})?(?!\d)"
)
CHINESE = re.compile(r"[\u4e00-\u9fff]")


# Numbers as they are said: "oh seven seven double four …".
SAID = re.compile(
    r"(?i)\b(?:(?:oh|o|zero|one|two|three|four|five|six|seven|eight|nine|double|triple|hundred|thousand|plus)\b[ ,.-]{0,3}){7,20}"
)
SPACED = re.compile(r"(?a)(?<![\w.])\d(?:[ -]{1,3}\d){6,14}(?![\w.]|[ -]\d)")  # digit by digit
SAID_ZH = re.compile(r"(?:[零〇一二三四五六七八九幺两][ -]?){11}(?![零〇一二三四五六七八九幺两十百千万])")


class Phones(Recognizer):
    """Telephone numbers."""

    TYPES = ("PHONE_NUMBER", "CN_PHONE")

    def spans(self, text: str, named: list[Any]) -> Iterator[Entity]:
        """See the base class."""
        if numbered(text):
            yield from _in_digits(text)
        for match in SAID.finditer(text):
            if CUE.search(text, max(0, match.start() - 40), match.start()):
                yield Entity(
                    "PHONE_NUMBER", match.start(), match.start() + len(match.group().rstrip(" ,.-")), 0.8
                )
        for match in SAID_ZH.finditer(text) if not text.isascii() else ():
            yield Entity("CN_PHONE", match.start(), match.end(), 0.8)


class ChinesePhones(Recognizer):
    """Mainland mobile numbers, and land lines in Chinese texts."""

    TYPES = ("CN_PHONE",)

    def spans(self, text: str, named: list[Any]) -> Iterator[Entity]:
        """See the base class."""
        if not numbered(text):
            return
        for match in CHINESE_MOBILE.finditer(text):
            if not OTHER.search(text, max(0, match.start() - 24), match.start()):
                yield Entity("CN_PHONE", match.start(), match.end(), 0.96)
        for match in CHINESE_LANDLINE.finditer(text):
            start, end = match.span()
            if near(text, start, end, CHINESE) and not OTHER.search(text, max(0, start - 24), start):
                yield Entity("CN_PHONE", match.start(), match.end(), 0.9)


def _in_digits(text: str) -> Iterator[Entity]:
    for match in INTERNATIONAL.finditer(text):
        if 8 <= _count(match.group()) <= 15 and _possible(match.group()):
            yield Entity("PHONE_NUMBER", match.start(), match.end(), 0.95)
    for match in NUMBER.finditer(text):
        score = _score(text, match)
        if score:
            yield Entity("PHONE_NUMBER", match.start(), match.end(), score)
    for match in SPACED.finditer(text):
        if CUE.search(text, max(0, match.start() - 40), match.start()):
            yield Entity("PHONE_NUMBER", match.start(), match.end(), 0.88)


def _score(text: str, match: re.Match[str]) -> float:
    number = match.group()
    digits = _count(number)
    if (
        not 7 <= digits <= 15
        or DATE.match(number)
        or OTHER.search(text, max(0, match.start() - 30), match.start())
    ):
        return 0.0
    if FREE.match(number):
        return 0.0
    labelled = LABEL.search(text, max(0, match.start() - 40), match.start())
    if labelled and not SENT.search(text, max(0, match.start() - 8), match.start()):
        return 0.0
    if CUE.search(text, max(0, match.start() - 40), match.start()) or AFTER.match(text, match.end()):
        return 0.85
    if RANGE.search(text, max(0, match.start() - 12), match.start()):
        return 0.0
    if MOBILE.fullmatch(number):
        return 0.75
    if number.startswith(("+", "00")):
        return 0.9 if _possible(re.sub(r"^00", "+", number)) else 0.0
    if NANP.match(number):
        return 0.8
    groups = re.findall(r"\d+", number)
    if number.startswith(("0", "(0")) and len(groups) >= 2 and 8 <= digits <= 12 and _national(number):
        return 0.7
    return 0.0


def _national(number: str) -> bool:
    return any(_valid(number, region) for region in NATIONAL)


def _valid(number: str, region: str) -> bool:
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(number, region))
    except phonenumbers.NumberParseException:
        return False


def _possible(number: str) -> bool:
    try:
        return phonenumbers.is_possible_number(phonenumbers.parse(number.replace("(0)", ""), None))
    except phonenumbers.NumberParseException:
        return False


def _count(number: str) -> int:
    return sum(letter.isdigit() for letter in re.split(r"(?i)\s?(?:x|ext)", number)[0])

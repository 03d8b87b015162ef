"""Payment cards: 12 to 19 digits with a check digit, by the number ranges that are issued."""

import re
from collections.abc import Iterator
from itertools import chain
from typing import Any

from tools.privacy.check_digits import luhn
from tools.privacy.entity import Entity
from tools.privacy.recognizer import Recognizer, before, near, numbered

DIGITS = re.compile(r"(?<![\d.+-])(?<!\d[ ])\d(?:[ -]?\d){11,18}(?![\d])(?!-\d)")
DOTTED = re.compile(r"(?<![\w.+-])\d{4}\.(?:\d{4}\.\d{4}\.\d{4}|\d{6}\.\d{5})(?!\w|[.-]\d)")
# Issuer prefixes with their lengths (ISO/IEC 7812; the schemes' published ranges).
ISSUED = (
    (re.compile(r"4"), {13, 16, 19}),
    (re.compile(r"5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720"), {16}),
    (re.compile(r"3[47]"), {15}),
    (re.compile(r"30[0-5]|3095|3[689]"), {14, 16, 19}),
    (re.compile(r"6011|64[4-9]|65"), {16, 17, 18, 19}),
    (re.compile(r"35[2-8]"), {16, 17, 18, 19}),
    (re.compile(r"2131|1800"), {15}),
    (re.compile(r"62|81"), {16, 17, 18, 19}),
    (re.compile(r"50|5[6-9]|6[0-9]"), set(range(12, 20))),
    (re.compile(r"220[0-4]|9792|60|508|353|356"), {16}),
)
CUE = re.compile(
    r"(?ai)\b(?:card|visa|mastercard|amex|maestro|cc|debit|credit|pan)\b|卡号|银行卡|信用卡|储蓄卡|卡"
)
CHINESE = re.compile(r"[\u4e00-\u9fff]")


class Cards(Recognizer):
    """Payment cards; those of mainland banks in a Chinese text have a type of their own."""

    TYPES = ("CREDIT_CARD", "CN_BANK_CARD")

    def spans(self, text: str, named: list[Any]) -> Iterator[Entity]:
        """See the base class."""
        if not numbered(text):
            return
        for match in chain(DIGITS.finditer(text), DOTTED.finditer(text)):
            digits = re.sub(r"\D", "", match.group())
            said = before(text, match.start(), CUE, 40)
            if len(set(digits)) == 1 or not (said or _issued(digits)):
                continue
            if luhn(digits) or (said and len(digits) >= 13):
                chinese = digits.startswith("62") and near(text, *match.span(), CHINESE)
                kind = "CN_BANK_CARD" if chinese else "CREDIT_CARD"
                yield Entity(kind, match.start(), match.end(), 1.0 if luhn(digits) else 0.75)


def _issued(digits: str) -> bool:
    return any(prefix.match(digits) and len(digits) in lengths for prefix, lengths in ISSUED)

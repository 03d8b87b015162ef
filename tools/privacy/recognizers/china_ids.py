"""Numbers of mainland China: identity card, passport, company code, licence plate."""

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

from tools.privacy.check_digits import id_check, uscc_check
from tools.privacy.entity import Entity
from tools.privacy.recognizer import Recognizer, before, numbered

ID_CARD = re.compile(r"(?<![0-9A-Za-z])[1-9]\d{5}(?:18|19|20)\d{9}[0-9Xx](?![0-9A-Za-z])")
ID_SPACED = re.compile(r"(?<![0-9A-Za-z])[1-9]\d{5}[ -](?:18|19|20)\d{6}[ -]\d{3}[0-9Xx](?![0-9A-Za-z])")
ID_CUE = re.compile(r"身份证|证件号|(?i:\bid card\b)")
PASSPORT = re.compile(r"(?<![0-9A-Za-z])(?:[EGDSP]\d{8}|E[A-HJ-NP-Z]\d{7})(?![0-9A-Za-z])")
PASSPORT_CUE = re.compile(r"护照|(?i:passport)")
# Those of Hong Kong, Macao, Taiwan and other countries, where the word is Chinese.
ABROAD = re.compile(r"(?<![0-9A-Za-z])(?:[A-Z]{1,2}\d{7,8}|(?!(?:19|20)\d{6}(?!\d))\d{8,9})(?![0-9A-Za-z])")
ABROAD_CUE = re.compile(r"护照|通行证|回乡证|台胞证")
USCC = re.compile(r"(?<![0-9A-Za-z])[0-9A-HJ-NPQRTUWXY]{2}\d{6}[0-9A-HJ-NPQRTUWXY]{10}(?![0-9A-Za-z])")
PLATE = re.compile(
    r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-HJ-NP-Z][·•. -]?"
    r"(?:[DF][A-HJ-NP-Z0-9]\d{4}|\d{5}[DF]|[A-HJ-NP-Z0-9]{4}[A-HJ-NP-Z0-9挂学警港澳])(?![0-9A-Za-z])"
)


class ChineseIds(Recognizer):
    """Identity cards and company codes by their check characters, passports by a word before, plates by their form."""

    TYPES = ("CN_ID_CARD", "CN_PASSPORT", "CN_USCC", "CN_LICENSE_PLATE")

    def spans(self, text: str, named: list[Any]) -> Iterator[Entity]:
        """See the base class."""
        if not numbered(text):
            return
        for pattern in (ID_CARD, ID_SPACED):
            for match in pattern.finditer(text):
                checked = _id_checks(re.sub(r"[ -]", "", match.group()))
                if checked or before(text, match.start(), ID_CUE):
                    yield Entity("CN_ID_CARD", match.start(), match.end(), 1.0 if checked else 0.8)
        for pattern, cue in ((PASSPORT, PASSPORT_CUE), (ABROAD, ABROAD_CUE)):
            for match in pattern.finditer(text):
                if before(text, match.start(), cue):
                    yield Entity("CN_PASSPORT", match.start(), match.end(), 0.9)
        for match in USCC.finditer(text):
            if _uscc_checks(match.group()):
                yield Entity("CN_USCC", match.start(), match.end(), 0.97)
        for match in PLATE.finditer(text):
            if any(letter.isdigit() for letter in match.group()):
                yield Entity("CN_LICENSE_PLATE", match.start(), match.end(), 0.9)


def _id_checks(number: str) -> bool:
    """The check character of GB 11643, and a birth date that exists."""
    try:
        date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return False
    return id_check(number[:17]) == number[17].upper()


def _uscc_checks(code: str) -> bool:
    """The check character of GB 32100."""
    return uscc_check(code[:17]) == code[17]

"""Numbers that states give to people: social security, passports, licences, tax."""

# ruff: noqa: E501 - patterns are lists of words

import re
from collections.abc import Iterator
from typing import Any

from tools.privacy.entity import Entity
from tools.privacy.recognizer import Recognizer, before

SSN = re.compile(r"(?a)(?<![\w-])(?!000|666)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\w-])")
SSN_BARE = re.compile(r"(?a)(?<![\w-])\d{3} ?\d{2} ?\d{4}(?![\w-])")
SSN_CUE = re.compile(r"(?ai)\bssn\b|social security|\bss#")
NINO = re.compile(r"(?a)(?<!\w)(?![DFIQUV])[A-Z](?![DFIQUVO])[A-Z] ?\d{2} ?\d{2} ?\d{2} ?[A-D](?!\w)")
NINO_LIKE = re.compile(r"(?a)(?<!\w)[A-Z]{2} ?\d{2} ?\d{2} ?\d{2} ?[A-D](?!\w)")
NINO_CUE = re.compile(r"(?i)national insurance|\bni(?:no?)?\b")
NUMBER = re.compile(r"(?ai)(?<![\w-])(?=(?:[A-Z -]*\d){3})[A-Z0-9](?:[ -]?[A-Z0-9]){5,15}(?![\w-])")
PASSPORT_CUE = re.compile(r"(?i)\bpassport\b(?:\s+(?:no|number|nr|id))?\W*(?:is|was)?\W*$")
LICENSE_CUE = re.compile(
    r"(?i)\b(?:(?:driver'?s?|driving)[ -]*licen[cs]e\b(?:\s+(?:no|number|nr|id))?|licen[cs]e\s+(?:no|number|nr)\b)\W*(?:is|was)?\W*$"
)
TAX_CUE = re.compile(
    r"(?i)\b(?:itin|tax(?:payer)? id(?:entification)?|national id|id card|personal id)(?:\s+(?:no|number|nr))?\W*(?:is)?\W*$"
)
CUED = ((PASSPORT_CUE, "PASSPORT"), (LICENSE_CUE, "DRIVER_LICENSE"), (TAX_CUE, "ID_NUMBER"))


class NationalIds(Recognizer):
    """Identity numbers of several countries."""

    TYPES = ("US_SSN", "UK_NINO", "PASSPORT", "DRIVER_LICENSE", "ID_NUMBER")

    def spans(self, text: str, named: list[Any]) -> Iterator[Entity]:
        """See the base class."""
        for match in SSN.finditer(text):
            yield Entity("US_SSN", match.start(), match.end(), 0.95)
        for match in SSN_BARE.finditer(text):
            if before(text, match.start(), SSN_CUE, 30):
                yield Entity("US_SSN", match.start(), match.end(), 0.9)
        for match in NINO.finditer(text):
            yield Entity("UK_NINO", match.start(), match.end(), 0.9)
        for match in NINO_LIKE.finditer(text):
            if before(text, match.start(), NINO_CUE):
                yield Entity("UK_NINO", match.start(), match.end(), 0.8)
        for cue, kind in CUED:
            if cue.pattern and re.search(cue.pattern.rsplit(r"\W*$", 1)[0], text):
                yield from _after(text, cue, kind)


def _after(text: str, cue: re.Pattern[str], kind: str) -> Iterator[Entity]:
    for match in NUMBER.finditer(text):
        if before(text, match.start(), cue, 48):
            number = re.match(r"\S+(?: [\dA-Z]*\d[\dA-Z]*)*", match.group())
            end = match.start() + (number.end() if number else len(match.group()))
            yield Entity(kind, match.start(), end, 0.85)

"""Numbers that states give to people: social security, passports, licences, tax."""

# ruff: noqa: E501 - patterns are lists of words

import re
from collections.abc import Iterator
from typing import Any

from tools.privacy.entity import Entity
from tools.privacy.recognizer import Recognizer, before, numbered

SSN = re.compile(r"(?a)(?<![\w-])(?!000|666)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\w-])")
SSN_BARE = re.compile(r"(?a)(?<![\w-])\d{3} ?\d{2} ?\d{4}(?![\w-])")
SSN_CUE = re.compile(r"(?ai)\bssn\b|\bsocial\b|\bss#")
NINO = re.compile(r"(?a)(?<!\w)(?![DFIQUV])[A-Z](?![DFIQUVO])[A-Z] ?\d{2} ?\d{2} ?\d{2} ?[A-D](?!\w)")
NINO_LIKE = re.compile(r"(?ai)(?<!\w)[A-Z]{2} ?\d{2} ?\d{2} ?\d{2} ?[A-D](?!\w)")
NINO_CUE = re.compile(r"(?i)national insurance|\bni(?:no?)?\b")
NUMBER = re.compile(
    r"(?a)(?<![\w-])(?:[A-Z]{1,4}[ -])?(?=(?:[A-Za-z -]*\d){3})[A-Za-z]{0,6}\d[A-Za-z0-9]*(?:[ -][A-Z0-9]*\d[A-Z0-9]*){0,5}(?![\w-])"
)
DVLA = re.compile(r"(?<!\w)[A-Z][A-Z9]{4}[0-9][0156]\d[0-3]\d{2}[A-Z9]{2}[A-Z0-9]{1}[A-Z]{2}(?!\w)")
FAR_PASSPORT = re.compile(r"(?i)\bpassport\b[^;\n\d]{0,64}\Z")
FAR_NUMBER = re.compile(r"(?a)(?<![\w-])(?:[A-Z]{1,3} ?\d{6,8}|\d{8,9}|[A-Z]\d{2}[A-Z]{2}\d{4})(?![\w-])")
NOT_PASSPORT = re.compile(
    r"(?i)\b(?:order|invoice|ticket|case|booking|phone|call|reference number|tracking|application)\b"
)
PASSPORT_CUE = re.compile(r"(?i)\bpassport\b(?:\s+(?:no|number|nr|id))?\W*(?:is|was)?\W*$")
LICENSE_CUE = re.compile(
    r"(?i)\b(?:(?:driver'?s?|driving)[ -]*licen[cs]e\b(?:\s+(?:no|number|nr|id))?|\b(?:dvla|dmv|dl)(?:\s+(?:no|number|nr))?|驾照号?码?|驾驶证号?码?|licen[cs]e\s+(?:no|number|nr)\b|(?:her|his|my|their|a) licen[cs]e(?: in it)?,?|\d, licen[cs]e|, licen[cs]e)\W*(?:is|was)?\W*$"
)
# The number somewhere after "driver's licence" or "passport", where its form is that of one; "it should read R48L20917".
FAR_LICENSE = re.compile(
    r"(?i)(?:\b(?:driver'?s?|driving)[ -]*licen[cs]e|\bDL (?:no|number)|\blicen[cs]e number)\b[^\n]{0,40}?(?<![\w-])(?-i:([A-Z]\d{6,12}|[A-Z]\d{2,4}(?:-\d{1,6}){2,5}|[A-Z]{3,5} \d{6} [A-Z0-9]{5}))(?![\w-])"
    r"|\b(?i:licen[cs]e)\b(?i:[ ](?:is|was|no\.?|number|id|card)){0,2}[ :#]{1,2}([A-Z]{1,2}\d{6,12})(?![\w-])"
)
READS = re.compile(
    r"(?i)\bpassport\b[^\n]{0,80}?\b(?:should|must|ought to) (?:read|be|say)[ ](?-i:((?=[A-Z0-9]*\d{4})[A-Z0-9]{7,12}))(?![\w-])|\bpassport\b[^\n\d]{0,32}:[ ](\d{2} \d{4} ?\d{3})(?![\w-])"
    r"|\bpassport\b[^\n]{0,32}?\d[\d ]{6,10},? (?:and )?(?:mine|hers|his|my (?:wife|husband)['’]?s)(?: is)? (\d{2} ?\d{7})(?!\d)"
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
        if not numbered(text):
            return
        for match in SSN.finditer(text):
            yield Entity("US_SSN", match.start(), match.end(), 0.95)
        for match in SSN_BARE.finditer(text):
            if before(text, match.start(), SSN_CUE, 64):
                yield Entity("US_SSN", match.start(), match.end(), 0.9)
        for match in NINO.finditer(text):
            yield Entity("UK_NINO", match.start(), match.end(), 0.9)
        for match in NINO_LIKE.finditer(text):
            if before(text, match.start(), NINO_CUE, 48):
                yield Entity("UK_NINO", match.start(), match.end(), 0.8)
        for match in DVLA.finditer(text):
            yield Entity("DRIVER_LICENSE", match.start(), match.end(), 0.9)
        if "assport" in text or "ASSPORT" in text:
            for match in FAR_NUMBER.finditer(text):
                said = FAR_PASSPORT.search(text, max(0, match.start() - 76), match.start())
                if said and not NOT_PASSPORT.search(said.group()):
                    yield Entity("PASSPORT", match.start(), match.end(), 0.85)
        for pattern, kind in ((FAR_LICENSE, "DRIVER_LICENSE"), (READS, "PASSPORT")):
            for match in pattern.finditer(text):
                yield Entity(kind, *match.span(match.lastindex or 1), 0.85)
        for cue, kind in CUED:
            if cue.pattern and re.search(cue.pattern.rsplit(r"\W*$", 1)[0], text):
                yield from _after(text, cue, kind)


def _after(text: str, cue: re.Pattern[str], kind: str) -> Iterator[Entity]:
    for match in NUMBER.finditer(text):
        if sum(letter.isalnum() for letter in match.group()) > 5 and before(text, match.start(), cue, 48):
            yield Entity(kind, match.start(), match.end(), 0.85)

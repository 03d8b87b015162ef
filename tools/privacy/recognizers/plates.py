"""Licence plates of many countries, where a car, a fine or the word itself stands near."""

# ruff: noqa: E501 - patterns are lists of words

import re
from collections.abc import Iterator
from typing import Any

from tools.privacy.entity import Entity
from tools.privacy.recognizer import Recognizer, before, near, numbered

# Just before the plate.
CUE = re.compile(
    r"(?i)(?:\b(?:plates?|reg(?:istration)?(?:[ ](?:no|number|plate|mark))?|number ?plate|licen[cs]e plate|rego|ute|my car|our car|the car|vehicle|van|lorry|truck|taxi|cab|motorbike|motorcycle|scooter|moped|"
    r"kennzeichen|kenteken|matr[ií]cula|plaque|immatriculation|targa|rejestracja|rendszám|penalty for|fine for|toll for|charge for|ticket for)\b|车牌号?码?|牌照|车号)"
    r"(?:[ ](?:is|was|with|number|no|nr|plate|reads|ends))?[ .:#(\"'-]{0,3}(?:是|为|[::])?\s?\Z"
)
ANY = re.compile(
    r"(?<![\w-])(?=[A-ZÄÖÜ0-9 ·-]{0,20}[A-ZÄÖÜ])(?=[A-ZÄÖÜ ·-]{0,20}\d)[A-ZÄÖÜ0-9]{1,4}(?:[ ·-]?[A-ZÄÖÜ0-9]{1,4}){1,3}(?![\w-])"
)
# Somewhere near, for the forms that little else has.
ROAD = re.compile(
    r"(?i)\b(?:park(?:ed|ing)?|toll|plates?|penalty|car|van|vehicle|congestion|speeding|licen[cs]e|registration|rego|ute|driver|drove|motorway|taxi|mot|insurance|clamped|towed|v5c|dvla|no[- ]claims|roof rack|windscreen|tyres?|lorry|garage|rental)\b|车|停车"
)
FORMS = re.compile(
    r"(?<![\w-])(?:[A-Z]{2}\d{2}[ ]?[A-Z]{3}"  # United Kingdom
    r"|[A-Z]{2}-\d{3}-[A-Z]{2}"  # France, Italy
    r"|\d[A-Z]{2}[-·]?\d[A-Z]{2}"  # Victoria
    r"|[A-ZÄÖÜ]{1,3}-[A-Z]{1,2}[ ]\d{1,4}[EH]?"  # Germany
    r"|[A-Z]{2}[ -]?\d{2}[ -]?[A-Z]{1,3}[ -]?\d{4}"  # India
    r"|\d{3}-[A-Z]{1,2}-\d{4,5}|\d{2,3}-[A-Z]{1,2}-\d{1,6}"  # Ireland
    r"|\d{4}[ -][B-DF-HJ-NP-TV-Z]{3}"  # Spain
    r"|[A-Z]{1,2}-\d{2,3}-[A-Z]{3}"  # Romania
    r"|K[A-Z]{2}[ ]\d{3}[A-Z]"  # Kenya
    r"|\d[A-Z]{3}[ ]?\d{3}"  # California
    r"|[A-Z]{2}[ ]\d{3}[ ][A-Z]{2}"
    r"|[A-Z]{3}\d[A-Z]\d{2}|[A-Z]{3}-\d[A-Z]\d{2}"  # Brazil
    r"|[A-Z]{2}[ ]?\d{3}[ ]?[A-Z]{2}|[A-Z]{3}-?\d{3}-?[A-Z]{2}"  # Italy, Argentina; Nigeria
    r"|S[A-Z]{2}[ ]?\d{4}[ ]?[A-Z]"  # Singapore
    r"|\d{2}[ ][A-Z]{2,3}[ ]\d{3,4}"  # Turkey
    r"|\d{2}-[A-Z]{3}-\d|[A-Z]-\d{3}-[A-Z]{2}|[A-Z]{2}-\d{3}-[A-Z]|\d-[A-Z]{3}-\d{2}"  # Netherlands
    r"|[АВЕКМНОРСТУХ]\d{3}[АВЕКМНОРСТУХ]{2}\d{2,3})(?![\w-])"  # Russia
)
NOT_PLATE = re.compile(r"^(?:[A-Z]{2,4}[ -]?(?:19|20)\d\d|(?:AM|PM|USD|EUR|GBP|A\d|M\d|E\d{1,3}|F\d{1,2})\b)")


class Plates(Recognizer):
    """Licence plates outside China."""

    TYPES = ("LICENSE_PLATE",)

    def spans(self, text: str, named: list[Any]) -> Iterator[Entity]:
        """See the base class."""
        if not numbered(text):
            return
        for match in ANY.finditer(text):
            letters = sum(letter.isalnum() for letter in match.group())
            if (
                4 <= letters <= 10
                and not NOT_PLATE.match(match.group())
                and before(text, match.start(), CUE, 32)
            ):
                yield Entity("LICENSE_PLATE", match.start(), match.end(), 0.8)
        for match in FORMS.finditer(text):
            if not NOT_PLATE.match(match.group()) and near(text, *match.span(), ROAD):
                yield Entity("LICENSE_PLATE", match.start(), match.end(), 0.75)

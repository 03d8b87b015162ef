"""International bank account numbers, with their check digits (ISO 13616), and national ones by what is said."""

# ruff: noqa: E501 - patterns are lists of words

import re
from collections.abc import Iterator
from typing import Any

from tools.privacy.entity import Entity
from tools.privacy.recognizer import AHEAD, Recognizer, before, numbered

IBAN = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}(?:[ -]?[A-Za-z0-9]){11,30}(?![A-Za-z0-9])")
CUE = re.compile(r"(?ai)\biban\b|\baccount\b")
# Accounts without check digits, where the text is about a bank.
ACCOUNT = re.compile(
    r"(?ai)\b(?:account|acct|a/c|konto|kontonummer)(?: (?:number|no|num|nr))?\.?(?: is| was|:)?[ ]?#?(\d(?:[ -]?\d){5,16})(?![\w-])"
)
SORT_CODE = re.compile(r"(?ai)\b(?:sort code|bsb)(?: is|:)?[ ]?(\d{2,3}[- ]?\d{2,3}(?:[- ]?\d{2})?)(?![\w-])")
# Both of them in a row: "sort code and number 20-41-17 73305182".
BOTH = re.compile(
    r"(?ai)(?<![\w-])(\d{2}[- ]\d{2}[- ]\d{2}[ ,;/]{1,3}(?:(?:and )?(?:account|acct?|a/c)(?: (?:number|no))?[.:]? )?\d{7,8})(?![\w-])"
)
PAYS = re.compile(r"(?i)\b(?:sort code|bank|account|acct?|refund|transfer|payment|direct debit|wire)\b")
FAR_SORT_CODE = re.compile(r"(?ai)\bsort code\b[^\n\d]{0,40}(\d{2}-\d{2}-\d{2})(?![\w-])")
BANK = re.compile(r"(?i)\b(?:sort code|bsb|routing|swift|bic|ifsc|bank|wire|transfer)\b")
# Lengths of the countries that most people meet; others are taken by their check digits alone.
LENGTHS = {"AT": 20, "BE": 16, "CH": 21, "CZ": 24, "DE": 22, "DK": 18, "ES": 24, "FI": 18, "FR": 27, "GB": 22}
LENGTHS |= {
    "GR": 27,
    "HU": 28,
    "IE": 22,
    "IT": 27,
    "LU": 20,
    "NL": 18,
    "NO": 15,
    "PL": 28,
    "PT": 25,
    "SE": 24,
}


class Ibans(Recognizer):
    """Bank accounts."""

    TYPES = ("IBAN_CODE", "ID_NUMBER")

    def spans(self, text: str, named: list[Any]) -> Iterator[Entity]:
        """See the base class."""
        if not numbered(text):
            return
        for pattern in (SORT_CODE, FAR_SORT_CODE):
            for match in pattern.finditer(text):
                yield Entity("ID_NUMBER", *match.span(1), 0.85)
        for match in BOTH.finditer(text):
            if PAYS.search(text, max(0, match.start() - 80), match.start()):
                yield Entity("ID_NUMBER", *match.span(1), 0.89)
        for match in ACCOUNT.finditer(text):
            if BANK.search(text, max(0, match.start() - 60), match.end() + AHEAD):
                yield Entity("ID_NUMBER", *match.span(1), 0.87)
        for match in IBAN.finditer(text):
            end = _end(match.group())
            if end:
                yield Entity("IBAN_CODE", match.start(), match.start() + end, 1.0)
            elif before(text, match.start(), CUE) and " " not in match.group():
                yield Entity("IBAN_CODE", match.start(), match.end(), 0.7)


def _end(written: str) -> int:
    """Where the number ends: words may follow it after a space. 0 where no reading has the right check digits."""
    length = LENGTHS.get(written[:2].upper())
    for stop in [match.end() for match in re.finditer(r"[A-Za-z0-9]+", written)][::-1]:
        code = re.sub(r"[ -]", "", written[:stop]).upper()
        if len(code) >= 15 and (length is None or len(code) == length) and _checks(code):
            return stop
    return 0


def _checks(code: str) -> bool:
    moved = code[4:] + code[:4]
    return int("".join(str(int(letter, 36)) for letter in moved)) % 97 == 1

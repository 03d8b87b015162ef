"""Identity, tax and health numbers of more countries: by their form and check digit, or by the name that stands before.

Forms and checks are those that the issuing offices publish; ISO 7064 and Verhoeff 1969 where they use them.
"""

# ruff: noqa: E501 - patterns are lists of words

import re
from collections.abc import Callable, Iterator
from typing import Any

from tools.privacy.check_digits import luhn, verhoeff
from tools.privacy.entity import Entity
from tools.privacy.recognizer import Recognizer, before, numbered

DNI_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"
NRIC_LETTERS = {
    "S": "JZIHGFEDCBA",
    "T": "GFEDCBAJZIH",
    "F": "XWUTRQPNMLK",
    "G": "RTUWXKLMNPQ",
    "M": "KLJNPQRTUWX",
}
PPS_LETTERS = "WABCDEFGHIJKLMNOPQRSTUV"


def _dni(number: str) -> bool:
    digits = number[:-1].translate(str.maketrans("XYZ", "012"))
    return DNI_LETTERS[int(digits) % 23] == number[-1]


def _nric(number: str) -> bool:
    total = _weighed(number[1:8], (2, 7, 6, 5, 4, 3, 2)) + {"T": 4, "G": 4, "M": 3}.get(number[0], 0)
    return NRIC_LETTERS[number[0]][10 - total % 11 if number[0] == "M" else total % 11] == number[-1]


def _pps(number: str) -> bool:
    second = ord(number[8]) - 64 if len(number) > 8 and number[8] != "W" else 0
    return PPS_LETTERS[(_weighed(number[:7], range(8, 1, -1)) + 9 * second) % 23] == number[7]


def _cpf(number: str) -> bool:
    ends = [_weighed(number[:size], range(size + 1, 1, -1)) * 10 % 11 % 10 for size in (9, 10)]
    return number[9:] == f"{ends[0]}{ends[1]}" and len(set(number)) > 1


def _nir(number: str) -> bool:
    digits = number.replace("2A", "19").replace("2B", "18")
    return 97 - int(digits[:13]) % 97 == int(digits[13:])


def _rut(number: str) -> bool:
    total = sum(int(digit) * (2 + place % 6) for place, digit in enumerate(reversed(number[:-1])))
    return "0123456789K0"[11 - total % 11] == number[-1].upper()


def _weighed(digits: str, weights: Any) -> int:
    return sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=True))


# What is sure by its form, and by its check digit where it has one.
FORMS: tuple[tuple[str, Callable[[str], bool] | None], ...] = (
    (r"(?:\d{8}|[XYZ]\d{7})[ -]?[A-Z]", _dni),  # Spain
    (r"[A-Z]{6}\d{2}[A-EHLMPRST]\d{2}[A-Z]\d{3}[A-Z]", None),  # Italy
    (r"[STFGM]\d{7}[A-Z]", _nric),  # Singapore
    (r"[A-Z]{3}[ABCFGHJLPT][A-Z]\d{4}[A-Z]", None),  # India, tax
    (r"[2-9]\d{3}[ -]\d{4}[ -]\d{4}", verhoeff),  # India
    (r"\d{3}\.\d{3}\.\d{3}-\d{2}", _cpf),  # Brazil
    (r"[12] ?\d{2} ?(?:0[1-9]|1[0-2]|[2-9]\d) ?(?:\d{2}|2[AB]) ?\d{3} ?\d{3} ?\d{2}", _nir),  # France
    (r"\d{2}(?:0[1-9]|1[0-2])[0-3]\d-[1-8]\d{6}", None),  # Korea
    (r"(?:\d{2})?\d{2}(?:0[1-9]|1[0-2])[0-3]\d[-+]\d{4}", lambda number: luhn(number[-10:])),  # Sweden
    (r"\d{7}[A-W][A-IW]?", _pps),  # Ireland
    (r"[A-Z]{4}\d{2}(?:0[1-9]|1[0-2])[0-3]\d[HM][A-Z]{5}[A-Z0-9]\d", None),  # Mexico
    (r"\d{1,2}\.\d{3}\.\d{3}-[\dkK]", _rut),  # Chile
    (r"[A-Z]{1,2}\d{6}\([0-9A]\)", None),  # Hong Kong
    (r"\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])-\d{2}-\d{4}", None),  # Malaysia
    (r"756\.\d{4}\.\d{4}\.\d{2}", None),  # Switzerland
)
SURE = tuple((re.compile(rf"(?a)(?<![\w.-])(?:{form})(?![\w-]|\.\d)"), check) for form, check in FORMS)
# What such numbers are called just before they are told.
NAMES = (
    r"dni|nie|nif|cif|pesel|cpf|rg|nric|fin no|aadh?aar|pan(?: card| no)?|nir|num[ée]ro de s[ée]curit[ée] sociale|s[ée]cu|codice fiscale|c\.f\.|bsn|burgerservicenummer|"
    r"steuer-?(?:id|nummer|identifikationsnummer)|idnr|sozialversicherungsnummer|rrn|resident registration|my number card|マイナンバー|sin|social insurance|tfn|tax file|medicare|pps[n]?|nhs|personnummer|cnp|jmbg|oib|egn|"
    r"ahv|avs|curp|rfc|rut|run|cuil|cuit|c[ée]dula|nik|ktp|cnic|emirates id|iqama|civil id|teudat zehut|sa id|rodn[ée] [čc][íi]slo|health card|health insurance|krankenversicherten(?:nummer)?|member id|patient id|mrn|"
    r"insee|tin|itin|ein|vat id|matricule|fiscal (?:code|number)|citizen (?:id|number)|green card|alien registration|bvn|nin|nid|voter id|epic|uan|umid|sss|gsis|philhealth|pag-?ibig|brp|residence permit|residency (?:card|permit)|social security|identity (?:card|number|no)|id (?:card|number|no)|national (?:id|number|insurance)"
)
# Chinese letters beside them belong to other words.
BEGIN, END = r"(?<![^\W\u4e00-\u9fff])(?<!-)", r"(?![^\W\u4e00-\u9fff])"
CUE = re.compile(
    rf"(?i){BEGIN}(?:{NAMES}){END}(?:(?:[ ](?:smart|card|number|num|no|nr|id|n°)){1, 3}|[ ]?(?:号码?|卡号?))?\.?(?:[ ](?:is|was|es|é|ist|est|on file is)|[ ]?[是为])?[ ]?[:#=-]?[ ]?[\"'(]?\Z"
)
# The name earlier in the sentence, where the number is long enough for no other.
FAR = re.compile(
    rf"(?i){BEGIN}(?:(?:{NAMES}|registration number|national number){END}|个人编号|身份证|社保卡?号?|医保卡?号?|居住证|通行证|台胞证|回乡证|军官证)[^\d.!?\n。!?]{{0,60}}(?:[.。] ?(?:it['’]?s|it is)[ ])?\Z"
)
CALLED = re.compile(
    rf"(?i){BEGIN}(?:{NAMES}){END}|マイナンバー|个人编号|身份证|社保|医保|居住证|通行证|台胞证|回乡证|军官证|registration number|national number"
)
# What a school, an employer or a hospital counts its people by, shorter than what a state gives.
COUNTED = re.compile(
    r"(?i:\b(?:student|pupil|employee|staff|personnel|payroll|badge|matric(?:ulation)?|roll|enrol?ment|patient|hospital)[ ](?:id|number|no\.?|nr\.?|card)(?:[ ](?:number|no\.?|is|was|should be)){0,2}[ ]?[:#]?[ ]?[\"'(]?)((?=[A-Z/-]{0,8}\d)[A-Z0-9][A-Z0-9/-]{3,15})(?![\w-])"
    r"|(?:学号|学籍号|考号|准考证号?|工号|员工号|员工编号|警号|就诊卡号?|病历号|住院号|门诊号|社保卡?号?码?|医保卡?号?码?|居住证号?码?|通行证号?码?|军官证号?码?)[ ]?(?:应该|写错|改)?[是为成]?[ ]?[:#]?[ ]?((?=[A-Za-z-]{0,6}\d)[A-Za-z0-9][A-Za-z0-9-]{3,19})(?![A-Za-z0-9-])"
)
NUMBER = re.compile(
    r"(?a)(?<![\w-])(?:(?=(?:[A-Z ./-]*\d){5})[A-Z]{0,4}\d[\dA-Z]*(?:[ ./-][\dA-Z]*\d[\dA-Z]*){0,5}|[A-Z]{5}\d{4}[A-Z])(?![\w-])"
)


class IdentityNumbers(Recognizer):
    """Identity numbers by form, check digit or name."""

    TYPES = ("ID_NUMBER",)

    def spans(self, text: str, named: list[Any]) -> Iterator[Entity]:
        """See the base class."""
        if not numbered(text):
            return
        for pattern, check in SURE:
            for match in pattern.finditer(text):
                if check is None or check(re.sub(r"[ .-]", "", match.group())):
                    yield Entity("ID_NUMBER", match.start(), match.end(), 0.9)
        for match in COUNTED.finditer(text):
            yield Entity("ID_NUMBER", *match.span(match.lastindex or 1), 0.87)
        if CALLED.search(text):
            for match in NUMBER.finditer(text):
                long = sum(each.isdigit() for each in match.group()) > 8
                if before(text, match.start(), CUE, 60) or (long and before(text, match.start(), FAR, 80)):
                    yield Entity("ID_NUMBER", match.start(), match.end(), 0.88)

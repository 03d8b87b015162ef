"""What a field of a record holds, by what it is called: "4155550123" alone is a number, in a column "phone" it is somebody's.

Names are read in any of the usual writings (``lastName``, ``last_name``, ``Last Name``), and a value has to look like
what the name promises, for a column "password" may hold yes and no.
"""

# ruff: noqa: E501 - patterns are lists of words

import re
from collections.abc import Iterable
from functools import lru_cache

NUMBER = r"(?: (?:no|nr|num|number|id|code|\d))?"
WHOSE = (
    r"first|last|full|middle|given|family|maiden|nick|user|screen|display|legal|preferred|customer|client|patient|contact|employee|student|teacher|parent|"
    r"member|guest|tenant|owner|holder|card ?holder|account holder|recipient|sender|agent|author|manager|driver|passenger|applicant|candidate|buyer|seller|beneficiary"
)
NAMES = (
    ("PERSON", rf"(?:{WHOSE}) ?name|surname|(?:f|l|m)name|nachname|vorname|nombre|apellidos?|prenom|.*姓名|联系人|收件人|收货人|寄件人|持卡人|户名|昵称"),
    ("PHONE_NUMBER", rf"(?:tele ?)?phone{NUMBER}|mobile(?: phone)?{NUMBER}|cell(?: ?phone)?{NUMBER}|tel{NUMBER}|fax{NUMBER}|telefon{NUMBER}|telefono|whats ?app{NUMBER}|landline|msisdn|.*(?:手机|电话|座机)(?:号码?)?|联系方式"),
    ("EMAIL_ADDRESS", r"e ?mail(?: address| id| \d)?|.*(?:邮箱|邮件)(?:地址)?"),
    ("US_SSN", rf"ssn|social security{NUMBER}"),
    ("ID_NUMBER", rf"(?:national|citizen|identity|personal|tax(?: ?payer)?) id(?:entification)?{NUMBER}|(?:id|identity) card{NUMBER}|nino|national insurance{NUMBER}|nhs{NUMBER}|aadhaa?r{NUMBER}|cpf|pesel|bsn|dni|nif|bank account{NUMBER}|account (?:no|number)|medical record{NUMBER}|mrn"),
    ("CN_ID_CARD", r".*身份证(?:号码?)?|证件号码?"),
    ("PASSPORT", rf"passport{NUMBER}|护照(?:号码?)?"),
    ("DRIVER_LICENSE", rf"(?:driver ?s?|driving) licen[cs]e{NUMBER}|驾驶?证号?码?"),
    ("LICENSE_PLATE", rf"(?:licen[cs]e|number) ?plate{NUMBER}|plate (?:no|number)|车牌号?码?"),
    ("CREDIT_CARD", r"(?:credit|debit|bank|payment) card(?: (?:no|num|number))?|card (?:no|num|number)|cc (?:no|num|number)|银行卡号?码?|信用卡号?码?|卡号"),
    ("IBAN_CODE", r"iban"),
    ("DATE_TIME", r"dob|date of birth|birth ?(?:date|day)|born on|geburtsdatum|出生日期|出生年月|生日"),
    ("SECRET", r"pass(?:word|wd|phrase|code)|pwd|secret(?: key)?|api ?key|private key|client secret|(?:access|auth|api|refresh|session|bearer|secret) token|pin code|cvv2?|cvc2?|.*(?:密码|口令|密钥)"),
    ("LOCATION", r"(?:(?:street|home|postal|billing|shipping|mailing|delivery|residential) )?address(?: ?line)?(?: ?\d)?|street|.*(?:地址|住址)"),
    ("URL", r"wechat(?: id)?|qq(?: id)?|telegram|微信号?|qq号?"),
)  # fmt: skip
PATTERNS = tuple(
    (kind, re.compile(rf"(?!(?:ip|mac|web|url|wallet|server) )(?:[^\W\d_]+ ){{0,2}}?(?:{names})"))
    for kind, names in NAMES
)
PERSONAL = {kind for kind, _ in NAMES} - {"LOCATION", "SECRET", "URL"}
BESIDE = (  # what such a name means beside a personal field: alone it may be a product's, or a town's
    ("PERSON", re.compile(r"name|名字|客户|customer|client|patient|contact|employee|passenger|guest")),
    ("LOCATION", re.compile(r"zip(?: ?code)?|post ?code|postal code|plz|邮编")),
)
HUMP = re.compile(r"(?<=[a-z\d])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
EMPTY = re.compile(
    r"(?i)[\W_]*+(?:nan|none|null|nil|n/?a|yes|no|true|false|unknown|missing|redacted|hidden|无|没有|是|否|未知)?[\W_]*"
)
DIGITS = {"PHONE_NUMBER": 6, "CREDIT_CARD": 8, "US_SSN": 4, "ID_NUMBER": 4, "CN_ID_CARD": 6, "DATE_TIME": 1}  # fmt: skip
DIGITS |= {"PASSPORT": 4, "DRIVER_LICENSE": 3, "LICENSE_PLATE": 1, "IBAN_CODE": 8}
LONGEST = {"LOCATION": 200, "SECRET": 4_000}
ORDINARY = 60  # characters of a value that is no text


class Fields:
    """The fields of a record or the columns of a table.

    Args:
        names: what they are called; those beside it decide whether "name" is somebody's.
    """

    def __init__(self, names: Iterable[str]):
        self._kinds = {name: _kind(plain(name)) for name in names}
        self.personal = any(kind in PERSONAL for kind in self._kinds.values())
        for kind, pattern in BESIDE if self.personal else ():
            self._kinds |= {name: kind for name in self._kinds if pattern.fullmatch(plain(name))}

    def promises(self, name: str) -> bool:
        """Does the name promise something personal?"""
        return self._kinds.get(name) is not None

    def kind(self, name: str, value: str) -> str | None:
        """The entity type of a value that is personal as a whole; None where it has to be looked through."""
        kind = self._kinds.get(name)
        return kind if kind and _fits(kind, value.strip()) else None


def plain(name: str) -> str:
    """A name in small letters, its words apart."""
    return " ".join(re.split(r"[\W_]+", HUMP.sub(" ", name)[:80])).strip().casefold()


@lru_cache(4_096)
def _kind(name: str) -> str | None:
    return next((kind for kind, pattern in PATTERNS if pattern.fullmatch(name)), None)


def _fits(kind: str, value: str) -> bool:
    if len(value) > LONGEST.get(kind, ORDINARY) or "\n" in value or EMPTY.fullmatch(value):
        return False
    if kind == "EMAIL_ADDRESS":
        return "@" in value and " " not in value
    if kind in ("PERSON", "URL"):
        return any(map(str.isalpha, value)) and len(value.split()) < 6 and value[-1] not in "?!"
    if kind == "SECRET":
        return len(value) > 2 and len(value.split()) < 3
    return len(value) > 1 and sum(map(str.isdigit, value)) >= DIGITS.get(kind, 0)

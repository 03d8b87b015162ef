"""Invented values in the place of personal ones, so that a text to train on still reads like one.

A value always gets the same stand-in from the same :class:`Surrogates`; numbers keep their form, and their
check digits hold.
"""

import hashlib
import hmac
import random
import re
import string
from functools import cache
from typing import Any

from tools.privacy.check_digits import id_check, luhn_check

CHINESE = re.compile(r"[\u4e00-\u9fff]")
LEFT = {"TITLE", "NRP"}  # say little without the name, and have no stand-in that reads right
TRIES = 20


class Surrogates:
    """Draws stand-ins.

    Args:
        key: what they depend on beside the value; another key, other stand-ins.
    """

    def __init__(self, key: bytes):
        self._key = key

    def __call__(self, entity_type: str, value: str) -> str:
        """A stand-in for a value of a type; never the value itself."""
        if entity_type in LEFT:
            return value
        same = " ".join(value.casefold().split())
        seed = hmac.new(
            self._key, f"{entity_type}\0{same}".encode("utf-8", "surrogatepass"), hashlib.sha256
        ).digest()
        dice = random.Random(seed)
        for _ in range(TRIES):
            drawn = _draw(entity_type, value, dice)
            if " ".join(drawn.casefold().split()) != same:
                return drawn
        return f"<{entity_type}>"


def _draw(entity_type: str, value: str, dice: random.Random) -> str:
    fake = _faker("zh_CN" if CHINESE.search(value) else "en_US", dice)
    if entity_type == "PERSON":
        return _name(value, fake)
    if entity_type == "LOCATION":
        return _place(value, fake, dice)
    if entity_type == "ORGANIZATION":
        return str(fake.company())
    if entity_type == "EMAIL_ADDRESS":
        return f"{fake.user_name()}{dice.randint(1, 999)}@example.{dice.choice(('com', 'org', 'net'))}"
    if entity_type == "URL":
        return f"https://{fake.domain_word()}.example/{dice.randint(100, 999)}"
    if entity_type == "IP_ADDRESS":
        return f"2001:db8::{dice.randint(1, 65535):x}" if ":" in value else f"192.0.2.{dice.randint(1, 254)}"
    if entity_type == "AGE":
        return str(dice.randint(18, 89))
    if entity_type == "IBAN_CODE":
        return str(fake.iban())
    if entity_type == "DATE_TIME":
        return _date(value, dice)
    if entity_type in ("CREDIT_CARD", "CN_BANK_CARD"):
        return _checked(value, dice, luhn_check, kept=1)
    if entity_type == "CN_ID_CARD":
        return _identity(value, dice)
    return _shaped(value, dice, kept=_country(entity_type, value))


def _name(value: str, fake: Any) -> str:
    if CHINESE.search(value):
        return str(fake.name())
    words = len(value.split())
    name = fake.first_name() if words == 1 else f"{fake.first_name()} {fake.last_name()}"
    return (
        name.lower() if value.islower() else name.upper() if value.isupper() and len(value) > 3 else str(name)
    )


def _place(value: str, fake: Any, dice: random.Random) -> str:
    if not any(letter.isdigit() for letter in value):
        return str(fake.city())
    if CHINESE.search(value):
        return f"{fake.city()}{fake.district()}区{fake.street_name()}{dice.randint(1, 999)}号"
    parts = (
        [fake.street_address(), fake.city(), fake.postcode()]
        if len(value.split()) > 4
        else [fake.street_address()]
    )
    return ("\n" if "\n" in value else ", ").join(parts).replace("\n", "\n" if "\n" in value else ", ")


def _date(value: str, dice: random.Random) -> str:
    """The date with other figures that any calendar has."""

    def other(match: re.Match[str]) -> str:
        digits = match.group()
        if len(digits) == 4:
            return (
                str(int(digits[:2] + "00") + dice.randint(0, 99))
                if digits[:2] == "19"
                else str(dice.randint(2000, 2019))
            )
        return f"{dice.randint(1, 12):0{len(digits)}d}"

    return re.sub(r"\d{4}|\d{1,2}", other, value)


def _identity(value: str, dice: random.Random) -> str:
    plain = re.sub(r"[ -]", "", value)
    born = f"{dice.randint(1950, 2005)}{dice.randint(1, 12):02}{dice.randint(1, 28):02}"
    drawn = f"{plain[:6]}{born}{dice.randint(0, 999):03}"
    return drawn + id_check(drawn)


def _checked(value: str, dice: random.Random, check: Any, kept: int) -> str:
    """The number with other digits in the same form, the last of them a check digit."""
    digits = [letter for letter in value if letter.isdigit()]
    drawn = digits[:kept] + [dice.choice(string.digits) for _ in digits[kept:-1]]
    left = iter(drawn + [check("".join(drawn))])
    return "".join(next(left) if letter.isdigit() else letter for letter in value)


def _shaped(value: str, dice: random.Random, kept: int) -> str:
    """The value with other letters and digits in the places of its own."""
    alphabets = (string.digits, string.ascii_lowercase, string.ascii_uppercase)

    def other(letter: str) -> str:
        return next((dice.choice(each) for each in alphabets if letter in each), letter)

    return value[:kept] + "".join(other(letter) for letter in value[kept:])


def _country(entity_type: str, value: str) -> int:
    """How many characters at the start say the country or the kind, and stay."""
    if entity_type == "PHONE_NUMBER":
        return len(re.match(r"\+?\d{0,2}", value).group()) if value.startswith("+") else 1  # type: ignore[union-attr]
    return {"CN_PHONE": 2 if value[:1] == "1" else 3, "CN_PASSPORT": 1, "CN_LICENSE_PLATE": 2}.get(
        entity_type, 0
    )


@cache
def _known(locale: str) -> Any:
    from faker import Faker

    return Faker(locale)


def _faker(locale: str, dice: random.Random) -> Any:
    fake = _known(locale)
    fake.factories[0].random = dice
    return fake

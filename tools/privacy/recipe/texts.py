"""Texts to train the NER model on: the sentences of the lists beside it with names drawn for their keys.

Keys of a template: ``{P}`` a person, ``{F}`` a given name, ``{L}`` a family name, ``{O}`` a firm, ``{G}`` a place,
``{A}`` an address; without a label: ``{T}`` an occupation, ``{D}`` a date, ``{Y}`` a year, ``{#}`` a number, ``{X}`` a mail
address or telephone, ``{W}`` a product, ``{V}`` a version.
"""

# ruff: noqa: E501 - lists of words

import random
import re
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from knowledge.dates import MONTHS
from tools.privacy.recipe import chinese
from tools.privacy.recipe.firms import firm
from tools.privacy.recipe.names import Names, latin

KEY = re.compile(r"\{([PFLOGATDYXWV#])\}")
LABEL = {
    "P": "PERSON",
    "F": "PERSON",
    "L": "PERSON",
    "O": "ORGANIZATION",
    "G": "LOCATION",
    "A": "LOCATION",
}
PLAIN_SHARE, PROSE_SHARE, CHINESE_SHARE, FOREIGN_SHARE = 0.22, 0.14, 0.24, 0.06
CHINESE = re.compile(r"[\u4e00-\u9fff]")
LOWER_SHARE, UPPER_SHARE = 0.14, 0.06
PARTICLES = ("van", "van der", "von", "de", "de la", "da", "dos", "di", "bin", "al", "ten", "le")
UNITS = ("Apt. {}", "Apt {}", "Suite {}", "Flat {}", "Unit {}", "#{}", "Floor {}", "Apartment {}")


class Text(NamedTuple):
    """A text and its spans ``(start, end, label)``."""

    text: str
    spans: list[tuple[int, int, str]]


def texts(seed: int, count: int, held: bool = False, plain: Sequence[str] = ()) -> Iterator[Text]:
    """Texts with names.

    Args:
        seed: of the draws.
        count: how many.
        held: of the held-out names and sentences (every tenth) instead of the others.
        plain: further sentences without personal data.
    """
    names, dice = Names(seed, held), random.Random(seed)
    banks = {name: _part(_lines(name), held) for name in ("sentences", "sentences_zh", "foreign")}
    banks |= {f"plain{zh}": _part(_lines(f"plain{zh}") + _lines(f"trades{zh}"), held) for zh in ("", "_zh")}
    more = _part(sorted(plain), held)
    prose = {"": _part(_prose(), held) + [line for line in more if not CHINESE.search(line)]}
    prose["_zh"] = [line for line in more if CHINESE.search(line)] or banks["plain_zh"]
    for _ in range(count):
        zh = "_zh" if dice.random() < CHINESE_SHARE else ""
        told, clean, kind = banks[f"sentences{zh}"], banks[f"plain{zh}"], dice.random()
        if dice.random() < FOREIGN_SHARE:
            chosen, zh = dice.choice(banks["foreign"]), ""
        elif kind < PLAIN_SHARE:
            chosen = dice.choice(clean)
        elif kind < PLAIN_SHARE + PROSE_SHARE:
            chosen = dice.choice(prose[zh])
        else:
            chosen = dice.choice(told)
        if dice.random() < 0.12:
            chosen = f"{chosen}{'' if zh else ' '}{dice.choice(told + clean)}"
        yield recased(_fill(chosen, names), dice)


def recased(filled: Text, dice: random.Random) -> Text:
    """Sometimes all in small letters or in capitals, as people type; only where every letter keeps its place."""
    case = dice.random()
    if case < LOWER_SHARE:
        text = filled.text.lower()
    elif case < LOWER_SHARE + UPPER_SHARE:
        text = filled.text.upper()
    else:
        return filled
    return Text(text, filled.spans) if len(text) == len(filled.text) else filled


def _fill(template: str, names: Names) -> Text:
    text, at, spans = "", 0, []
    chosen = template.replace("\\n", "\n")
    for match in KEY.finditer(chosen):
        text += chosen[at : match.start()]
        key, at = match.group(1), match.end()
        native = names.dice.random() < (0.93 if CHINESE.search(template) else 0.04)
        value = (_chinese if native and key in LABEL else _value)(key, names)
        if key in LABEL:
            for line in re.finditer(r"[^\s][^\n]*(?<!\s)", value):
                spans.append((len(text) + line.start(), len(text) + line.end(), LABEL[key]))
        text += value
    return Text(text + chosen[at:], spans)


def _chinese(key: str, names: Names) -> str:
    draw = {
        "P": chinese.person,
        "F": chinese.person,
        "L": chinese.family,
        "O": chinese.firm,
        "G": chinese.place,
    }
    return draw.get(key, chinese.address)(names.dice)


def _value(key: str, names: Names) -> str:
    dice = names.dice
    if key == "P":
        return person(names)
    if key == "F":
        return names.given()
    if key == "L":
        return names.family()
    if key == "O":
        return firm(names)
    if key == "G":
        return place(names)
    if key == "A":
        return address(names)
    return _unlabelled(key, names, dice)


def _unlabelled(key: str, names: Names, dice: random.Random) -> str:
    day, month, year = dice.randint(1, 28), dice.randint(1, 12), dice.randint(1950, 2026)
    if key == "D":
        return dice.choice(
            (
                f"{day} {MONTHS[month - 1]} {year}",
                f"{MONTHS[month - 1]} {day}, {year}",
                f"{month}/{day}/{year}",
                f"{year}-{month:02}-{day:02}",
                f"{day}.{month}.{year}",
                f"{year}-{month:02}-{day:02} {day % 24:02}:{month:02}:00",
                f"{day} {MONTHS[month - 1]}",
                f"{MONTHS[month - 1]} {year}",
            )
        )
    if key == "X":
        user = names.given().lower().replace(" ", ".")
        digits = "".join(dice.choice("0123456789") for _ in range(9))
        return dice.choice(
            (
                f"{user}@example.com",
                f"{user}{day}@mail.example.org",
                f"+{day} {digits[:3]} {digits[3:]}",
                f"{digits[:3]}-{digits[3:6]}-{digits[5:]}",
            )
        )
    return {
        "Y": str(year),
        "#": str(dice.randint(3, 99999999)),
        "T": names.job(),
        "W": dice.choice(_products()),
        "V": f"{dice.choice(('', 'v', 'version '))}{day}.{month}" + dice.choice(("", ".0", ".1")),
    }[key]


def person(names: Names) -> str:
    """A person's name in one of the ways in which they are written."""
    given, family = names.both()
    dice, initial = names.dice, random.Random(given).choice("ABCDEFGHJKLMNPRSTVWZ")
    forms = (
        f"{given} {family}",
        f"{given} {initial}. {family}",
        f"{given} {initial} {family}",
        f"{given[0]}. {family}",
        f"{given[0]}. {initial}. {family}",
        f"{given} {dice.choice(PARTICLES)} {family}",
        f"{given} {names.given()} {family}",
        f"{given}-{names.given()} {family}",
        f"{family} {given}",
        f"{given} {family} {names.family()}",
        given,
        f"{given} {family} Jr.",
    )
    return dice.choices(forms, (52, 7, 4, 3, 1, 4, 4, 2, 3, 4, 8, 1))[0]


def place(names: Names) -> str:
    """A town, a country, or both."""
    dice, town = names.dice, names.town()
    forms = (
        town,
        names.country(),
        town.upper(),
        f"{town}, {names.country()}",
        f"{dice.choice(('Port', 'New', 'Saint', 'Bad', 'San', 'North', 'Cité', 'Upper', 'Lake'))} {town}",
        f"{town} {dice.choice('KSVNØC')}",
        f"{town} ({names.country()})",
        f"{town} {names.town()}",
    )
    return dice.choices(forms, (46, 24, 8, 6, 7, 2, 1, 6))[0]


def address(names: Names) -> str:
    """A postal address, of one line or more."""
    fake, dice = names.place(), names.dice
    number, more = dice.randint(1, 999), dice.randint(1, 9999)
    street = latin(fake.street_name())
    house = dice.choices(
        (
            f"{number} {street}",
            f"{street} {number}",
            f"{more} {number} {street}",
            f"{more} {street} {number}",
            f"{number}{dice.choice('ABC')} {street}",
            f"{street} {number}{dice.choice('abc')}",
            f"the corner of {street} {number} and {latin(fake.street_name())}",
            f"P.O. Box {more}",
            latin(fake.street_address()).replace("\n", ", "),
        ),
        (22, 22, 8, 8, 4, 5, 3, 3, 25),
    )[0]
    if dice.random() < 0.3:
        return house
    town = names.town() if dice.random() < 0.8 else names.town().upper()
    post = fake.postcode()
    area = dice.choice(
        (f"{post} {town}", f"{town} {post}", town, f"{town}, {_capitals(dice)} {post}", f"{town}\n{post}")
    )
    unit = dice.choice(UNITS).format(dice.randint(1, 999)) if dice.random() < 0.4 else ""
    land = dice.choice((names.country(), f"{names.country()} {post}")) if dice.random() < 0.4 else ""
    parts = [part for part in (house, unit, area, land) if part]
    return dice.choice(("\n", "\n", "\n ", ", ", ", ", " ")).join(parts)


def _capitals(dice: random.Random) -> str:
    return "".join(dice.choice("ABCDEFGIKLMNOPRSTVWXY") for _ in range(2))


def _lines(name: str) -> list[str]:
    text = (files("tools.privacy.recipe") / f"{name}.txt").read_text("utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("# ")]


@cache
def _products() -> list[str]:
    return (files("tools.privacy.recipe") / "products.txt").read_text("utf-8").split()


@cache
def _prose() -> list[str]:
    """Sentences of the standard library's documentation, which is about no people."""
    import importlib
    import inspect

    modules = "argparse asyncio csv datetime decimal email.message fractions functools heapq http.client inspect io ipaddress json logging mailbox "
    modules += "multiprocessing os pathlib pickle random re shutil smtplib socket sqlite3 ssl statistics string subprocess tarfile tempfile textwrap "
    modules += "threading typing unittest urllib.parse urllib.request uuid zipfile zoneinfo"
    found = []
    for name in modules.split():
        module = importlib.import_module(name)
        for each in [module, *vars(module).values()]:
            doc = (
                inspect.getdoc(each) or ""
                if inspect.isclass(each) or inspect.isroutine(each) or each is module
                else ""
            )
            found += re.split(r"(?<=[.!?])\s+|\n\n+", doc)
    kept = {" ".join(text.split()) for text in found}
    return sorted(
        text.replace("{", "(").replace("}", ")")
        for text in kept
        if 20 < len(text) < 200
        and not re.search(
            r"(?i)author|contribut|copyright|written by|guido|van rossum|knuth|\bby [A-Z]", text
        )
    )


def _part(lines: list[str], held: bool) -> list[str]:
    return [line for number, line in enumerate(lines) if (number % 10 == 9) is held]

"""Values of invented facts: sums, times, names, places, written in the ways documents write them."""

import random
from collections.abc import Callable

_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_WORDS = (
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "twelve",
    "fourteen",
    "twenty",
)
_GIVEN = (
    "Anna", "Bruno", "Chiara", "Dimitri", "Elif", "Farid", "Greta", "Hugo", "Ines", "Jakub", "Kira", "Liam", "Mei",
    "Nadia", "Oskar", "Paula", "Quentin", "Rosa", "Stefan", "Tara", "Umar", "Vera", "Wanda", "Xavier", "Yara", "Zoe",
)  # fmt: skip
_FAMILY = (
    "Berger", "Castillo", "Demir", "Eriksson", "Ferrari", "Gupta", "Hansen", "Ivanova", "Jones", "Kowalski",
    "Lindqvist", "Moreau", "Novak", "Okafor", "Petrov", "Quinn", "Rossi", "Schmidt", "Tanaka", "Ueda", "Varga",
    "Weber", "Yilmaz",
)  # fmt: skip
CITIES = (
    "Leeds", "Porto", "Gdansk", "Utrecht", "Lyon", "Graz", "Malaga", "Aarhus", "Turin", "Cork", "Ghent", "Basel",
    "Bergen", "Tallinn", "Bristol", "Valencia", "Dresden", "Split", "Oulu", "Toronto", "Boston", "Osaka",
)  # fmt: skip
COUNTRIES = (
    "France", "Norway", "Spain", "Poland", "Ireland", "Japan", "Canada", "Italy", "Austria", "Greece", "Brazil",
    "the Netherlands", "Switzerland", "Portugal", "Sweden", "the UK", "Germany", "Australia",
)  # fmt: skip
_TOOLS = (
    "Personio",
    "Workday",
    "the intranet",
    "Slack",
    "the HR portal",
    "Jira",
    "the staff app",
    "SAP Concur",
)
_CARDS = ("Visa", "Mastercard", "American Express", "PayPal", "Maestro", "Klarna")
_PLACES = (
    "car park",
    "bicycle shed",
    "main gate",
    "lobby",
    "canteen",
    "east stairs",
    "fountain",
    "loading ramp",
)
_WORD = ("falcon", "maple", "orbit", "lagoon", "copper", "meadow", "quartz", "willow", "ember", "harbour")
_FIRMS = ("Brenner AG", "Oakline Ltd", "Stahlwerk Nord", "Rivera Supply", "Polmet", "Keystone Parts")


def _time(dice: random.Random) -> str:
    hour, minute = dice.randrange(5, 24), dice.choice((0, 0, 0, 15, 30, 30, 45))
    if dice.random() < 0.7:
        return f"{hour}:{minute:02d}"
    late = "pm" if hour >= 12 else "am"
    return f"{(hour - 1) % 12 + 1}{f':{minute:02d}' if minute else ''} {late}"


def _money(low: int, high: int, broken: float) -> Callable[[random.Random], str]:
    def make(dice: random.Random) -> str:
        amount = dice.randrange(low, high)
        if amount > 200:
            amount -= amount % 10
        text = f"{amount:,}" + (f".{dice.choice((50, 90, 99, 20, 5)):02d}" if dice.random() < broken else "")
        return dice.choice(
            (f"€{text}", f"€{text}", f"£{text}", f"${text}", f"{text} euros", f"{text} pounds")
        )

    return make


def _big(dice: random.Random) -> str:
    if dice.random() < 0.4:
        return f"{dice.choice('€£$')}{dice.randrange(11, 99) / 10} million"
    return f"{dice.choice('€£$')}{dice.randrange(20, 900)},{dice.randrange(0, 10)}00"


def _span(unit: str, most: int) -> Callable[[random.Random], str]:
    def make(dice: random.Random) -> str:
        count = dice.randrange(2, most)
        number = (
            _WORDS[count - 2]
            if count - 2 < len(_WORDS) and count < 13 and dice.random() < 0.35
            else str(count)
        )
        working = "working " if unit == "days" and dice.random() < 0.2 else ""
        return f"{number} {working}{unit}"

    return make


def _phone(dice: random.Random) -> str:
    country, area = dice.choice((44, 49, 33, 45, 1)), dice.randrange(20, 99)
    return f"+{country} {area} {dice.randrange(100, 999)} {dice.randrange(1000, 9999)}"


def _percent(dice: random.Random) -> str:
    return dice.choice(
        (f"{dice.randrange(1, 60)}%", f"{dice.randrange(1, 60)} %", f"{dice.randrange(2, 40)} per cent")
    )


def _date(dice: random.Random) -> str:
    year = f" {dice.choice((2025, 2026, 2027))}" if dice.random() < 0.4 else ""
    return f"{dice.randrange(1, 29)} {dice.choice(_MONTHS)}{year}"


def _mail(dice: random.Random) -> str:
    who = dice.choice(("help", "office", "info", "team", "desk", "hello", dice.choice(_GIVEN).lower()))
    return f"{who}@{dice.choice(_WORD)}.example"


def person(dice: random.Random) -> str:
    """A name, sometimes with a title, sometimes the given name alone."""
    given, family = dice.choice(_GIVEN), dice.choice(_FAMILY)
    return dice.choice(
        (f"{given} {family}", f"{given} {family}", f"{given} {family}", f"Dr {family}", f"Ms {family}", given)
    )


KINDS: dict[str, Callable[[random.Random], str]] = {
    "days": _span("days", 40), "weeks": _span("weeks", 13), "months": _span("months", 25),
    "years": _span("years", 11), "hours": _span("hours", 73), "minutes": _span("minutes", 91),
    "money": _money(8, 900, 0.15), "smallmoney": _money(1, 16, 0.6), "bigmoney": _big,
    "percent": _percent,
    "time": _time, "date": _date, "person": person, "phone": _phone, "mail": _mail,
    "count": lambda dice: str(dice.choice((dice.randrange(2, 13), dice.randrange(10, 60), dice.randrange(2, 20) * 50))),
    "age": lambda dice: str(dice.randrange(6, 26)), "kilos": lambda dice: f"{dice.randrange(2, 90)} kg",
    "temperature": lambda dice: f"{dice.randrange(-25, 95)} {dice.choice(('degrees', '°C'))}",
    "year": lambda dice: str(dice.randrange(2012, 2027)), "month": lambda dice: dice.choice(_MONTHS),
    "weekday": lambda dice: dice.choice(_DAYS), "city": lambda dice: dice.choice(CITIES),
    "country": lambda dice: dice.choice(COUNTRIES), "tool": lambda dice: dice.choice(_TOOLS),
    "card": lambda dice: dice.choice(_CARDS), "placeword": lambda dice: dice.choice(_PLACES),
    "word": lambda dice: dice.choice(_WORD), "firmname": lambda dice: dice.choice(_FIRMS),
}  # fmt: skip

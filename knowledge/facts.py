"""Values that a text names, however they are written: numbers, sums, times, dates, durations, sizes, days, addresses.

What a sentence asserts is a list of values, each with all the keys that would bear it out; what a passage holds is a set
of keys. ``€ 5`` and ``5 euros`` meet in ``money5``, ``14:30`` and ``2:30 pm`` in ``t14:30``, ``two weeks`` and ``14 days``
in ``s1209600``. A number with a unit is borne out by the same number without one (as in a table), but not by the same
number with another unit.
"""

# ruff: noqa: E501 - patterns read best in one line

import re
from collections.abc import Callable
from functools import lru_cache

_MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december")  # fmt: skip
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_ONES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen")  # fmt: skip
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh", "twelfth")  # fmt: skip
_WORDS = {word: value for value, word in enumerate(_ONES)}
_WORDS |= {word: 20 + 10 * place for place, word in enumerate(_TENS)}
_WORDS |= {word: place + 1 for place, word in enumerate(_ORDINALS)}
_WORDS |= {"hundred": 100, "thousand": 1000, "twice": 2, "thrice": 3, "dozen": 12}
_CHINESE = {sign: value for value, sign in enumerate("零一二三四五六七八九十")} | {"两": 2}
_SCALES = {
    "k": 1e3,
    "thousand": 1e3,
    "million": 1e6,
    "m": 1e6,
    "billion": 1e9,
    "万": 1e4,
    "千": 1e3,
    "亿": 1e8,
}
_MINUTE, _HOUR, _DAY = 60, 3600, 86400
# Of each unit: the kind of value, and by how much it is multiplied. Months are kept apart from days.
_UNITS = {
    "second": ("s", 1), "sec": ("s", 1), "秒": ("s", 1), "秒钟": ("s", 1), "minute": ("s", _MINUTE), "min": ("s", _MINUTE),
    "分钟": ("s", _MINUTE), "hour": ("s", _HOUR), "hr": ("s", _HOUR), "小时": ("s", _HOUR), "day": ("s", _DAY), "天": ("s", _DAY),
    "日": ("s", _DAY), "工作日": ("s", _DAY), "week": ("s", 7 * _DAY), "周": ("s", 7 * _DAY), "星期": ("s", 7 * _DAY),
    "fortnight": ("s", 14 * _DAY), "month": ("month", 1), "月": ("month", 1), "year": ("month", 12), "年": ("month", 12),
    "kb": ("byte", 1e3), "mb": ("byte", 1e6), "gb": ("byte", 1e9), "tb": ("byte", 1e12), "%": ("share", 1), "percent": ("share", 1),
    "per cent": ("share", 1), "€": ("money", 1), "eur": ("money", 1), "euro": ("money", 1), "$": ("money", 1), "usd": ("money", 1),
    "dollar": ("money", 1), "£": ("money", 1), "gbp": ("money", 1), "pound": ("money", 1), "¥": ("money", 1), "元": ("money", 1),
    "欧元": ("money", 1), "美元": ("money", 1), "英镑": ("money", 1), "块": ("money", 1), "cent": ("money", 0.01),
    "pence": ("money", 0.01), "kg": ("gram", 1e3), "g": ("gram", 1), "km": ("metre", 1e3), "m": ("metre", 1), "cm": ("metre", 0.01),
}  # fmt: skip
_CURRENCIES = {
    "EUR": r"€|\beur(?:os?)?\b|欧元", "USD": r"(?<![A-Z])\$|\busd\b|\bdollars?\b|美元", "GBP": r"£|\bgbp\b|\bpounds?\b|英镑",
    "CNY": r"¥|人民币|(?<![欧美])元",
}  # fmt: skip
_SIGNS = r"[€£$¥]"
_DIGITS = r"\d{1,3}(?:[,\u202f\u00a0 ]\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_NUMBER = rf"(?:{_DIGITS})|\b(?:{'|'.join(sorted(_WORDS, key=len, reverse=True))})\b(?:[- ](?:{'|'.join(_ONES[1:10])})\b)?|[一二三四五六七八九十两]{{1,3}}(?=个|[年天周元秒块]|小时|分钟|星期|次|位)"
_UNIT = "|".join(re.escape(unit) for unit in sorted(_UNITS, key=len, reverse=True))
_QUANTITY = re.compile(
    rf"(?P<sign>{_SIGNS})?\s?(?P<number>{_NUMBER})(?:st|nd|rd|th)?(?:\s?(?P<scale>million|billion|thousand|[kK](?![A-Za-z])|[万千亿]))?(?P<more>\s?(?:-|–|—|to|or|and|bis|至|到)\s?(?={_SIGNS}?\s?(?:{_NUMBER})))?"
    rf"(?:[-\s]?(?:个|working |business |calendar |full |paid )?(?P<unit>{_UNIT})(?:s|es)?(?![A-Za-z\d]))?",
    re.IGNORECASE,
)
_CLOCK = re.compile(
    r"(?P<part>上午|早上|下午|晚上|中午)?(?<![\d:.])(?P<hour>[01]?\d|2[0-3])(?:(?P<colon>[:：.h])(?P<minute>[0-5]\d)(?!\d))?(?:\s?(?P<half>[ap])\.?m\b\.?|\s?(?P<zh>点半?)|\s?(?P<oclock>o['’]clock)|(?P<uhr>\s?Uhr))?",
    re.IGNORECASE,
)
_MONTH = "|".join(f"{name}|{name[:3]}" if name != "september" else "september|sept?" for name in _MONTHS)
_DATE = re.compile(
    rf"\b(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\.?(?: of)? (?P<month>{_MONTH})\b|\b(?P<month2>{_MONTH})\.? (?P<day2>\d{{1,2}})(?:st|nd|rd|th)?\b(?!:)"
    r"|\b\d{4}-(?P<month3>\d{2})-(?P<day3>\d{2})\b|(?P<month4>\d{1,2})月(?P<day4>\d{1,2})[日号]",
    re.IGNORECASE,
)
_ONLY_MONTH = re.compile(rf"\b(?:{_MONTH.replace('|may|may', '')}|(?<=in )may|(?<=of )may|(?<=by )may)\b|(?<!\d)(?P<zh>\d{{1,2}})月(?!\d)", re.IGNORECASE)  # fmt: skip
_DAY_RANGE = re.compile(r"\b(mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?\s?(?:to|-|–|until|through)\s?(mon|tue|wed|thu|fri|sat|sun)[a-z]*\b|周([一二三四五六日])[至到-]周?([一二三四五六日])", re.IGNORECASE)  # fmt: skip
_DAY_NAME = re.compile(r"\b(mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:days?)?\b|(?:周|星期)([一二三四五六日天])(?!内)", re.IGNORECASE)  # fmt: skip
_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+\.[\w.]*\w|https?://[^\s<>()\]]+[^\s<>()\].,;:!?]|\bwww\.[\w.-]+\w|\+?\d[\d ()/-]{7,}\d", re.IGNORECASE)  # fmt: skip
_EVERY = {
    "hourly": "hour",
    "daily": "day",
    "weekly": "week",
    "monthly": "month",
    "yearly": "year",
    "annually": "year",
    "annual": "year",
    "nightly": "night",
}
_ONE = re.compile(r"\b(?:an?|per|each|every) (?P<unit>minute|hour|day|night|week|month|year)\b|\b(?P<often>hourly|daily|weekly|monthly|yearly|annual(?:ly)?|nightly)\b|每个?(?P<zh>[天周月年])", re.IGNORECASE)  # fmt: skip
_PARTS = (
    (re.compile(r"\b(?:a )?quarter of an hour\b", re.IGNORECASE), "15 minutes"),
    (re.compile(r"\bhalf an hour\b", re.IGNORECASE), "30 minutes"),
    (re.compile(r"\b(?:a )?fortnight\b", re.IGNORECASE), "14 days"),
    (re.compile(r"\bnoon\b", re.IGNORECASE), "12:00"),
    (re.compile(r"\bmidnight\b", re.IGNORECASE), "0:00"),
    (re.compile(r"\b(?:a couple of|a pair of)\b", re.IGNORECASE), "two"),
)
_WEAK = {"one", "first", "second", "zero", "一"}  # words of many uses: told as numbers by their units alone
Value = frozenset[str]
_Reader = Callable[[re.Match[str]], tuple[Value, Value] | None]


@lru_cache(maxsize=20_000)
def asserted(text: str) -> tuple[Value, ...]:
    """The values that a sentence names, each as the keys of which one would bear it out."""
    return tuple(_read(text)[0])


@lru_cache(maxsize=20_000)
def held(text: str) -> frozenset[str]:
    """The keys of all values that a passage names."""
    keys = set().union(*_read(text)[1])
    for found in _ONE.finditer(text):
        keys |= _rate(found)[1]
    if re.search(r"\b(?:daily|every day|each day|all week)\b|每天", text, re.IGNORECASE):
        keys |= {f"day{place}" for place in range(7)}
    if re.search(r"\bweekdays?\b|\bworking days?\b|工作日", text, re.IGNORECASE):
        keys |= {f"day{place}" for place in range(5)}
    if re.search(r"\bweekends?\b|周末", text, re.IGNORECASE):
        keys |= {"day5", "day6"}
    return frozenset(keys)


def missing(sentence: str, passage: str) -> list[Value]:
    """The values of a sentence that a passage does not name."""
    there = held(passage)
    return [each for each in asserted(sentence) if not each & there]


def currencies(text: str) -> set[str]:
    """The currencies that a text names."""
    return {name for name, pattern in _CURRENCIES.items() if re.search(pattern, text, re.IGNORECASE)}


def _read(text: str) -> tuple[list[Value], list[Value]]:
    """The values of a text: with the keys that bear each out, and with those that it bears out."""
    for pattern, plain in _PARTS:
        text = pattern.sub(plain, text)
    asked: list[Value] = []
    given: list[Value] = []

    def take(pattern: re.Pattern[str], read: _Reader) -> None:
        nonlocal text
        kept, at = "", 0
        for found in pattern.finditer(text):
            values = read(found)
            if values:
                asked.append(values[0])
                given.append(values[1])
                kept += text[at : found.start()] + " ; "
                at = found.end()
        text = kept + text[at:]

    take(_ADDRESS, lambda found: (_same(_bare(found[0])),) * 2)
    take(_DATE, _date)
    take(_CLOCK, _time)
    take(_DAY_RANGE, _days)
    take(_DAY_NAME, _day)
    take(_ONLY_MONTH, _month)
    if re.search(r"\bweekends?\b|周末", text, re.IGNORECASE):
        asked.append(frozenset({"day5", "day6"}))
    take(_ONE, _rate)
    for values, keys in _quantities(text):
        asked.append(values)
        given.append(keys)
    return asked, given


def _rate(found: re.Match[str]) -> tuple[Value, Value]:
    """``a month`` is how often, or how long."""
    unit = (found["unit"] or found["zh"] or _EVERY[found["often"].lower()]).lower()
    if unit == "night":
        return frozenset({"everynight", "everyday"}), frozenset({"everynight"})
    kind, factor = _UNITS[unit]
    size = _sizes(kind, factor)
    often = f"every{next(name for name in ('minute', 'hour', 'day', 'week', 'month', 'year') if _UNITS[name] == (kind, factor))}"
    said = (
        frozenset({often})
        if found["often"] or re.match("每|every|each|per", found[0], re.IGNORECASE)
        else size | {often}
    )
    return said, size | {often}


def _same(key: str) -> Value:
    return frozenset({key})


def _bare(address: str) -> str:
    digits = re.sub(r"\D", "", address)
    return (
        digits
        if re.fullmatch(r"\+?[\d ()/-]+", address)
        else address.lower().removeprefix("https://").rstrip("/")
    )


def _date(found: re.Match[str]) -> tuple[Value, Value]:
    day = next(int(found[name]) for name in ("day", "day2", "day3", "day4") if found[name])
    said = next(found[name] for name in ("month", "month2", "month3", "month4") if found[name])
    month = int(said) if said.isdigit() else _month_number(said)
    return _same(f"date{month}-{day}"), frozenset({f"date{month}-{day}", f"date{month}"})


def _month_number(name: str) -> int:
    return next(place for place, each in enumerate(_MONTHS, 1) if each.startswith(name.lower()[:3]))


def _month(found: re.Match[str]) -> tuple[Value, Value]:
    key = f"date{int(found['zh']) if found['zh'] else _month_number(found[0])}"
    return _same(key), _same(key)


def _time(found: re.Match[str]) -> tuple[Value, Value] | None:
    hour, minute = int(found["hour"]), int(found["minute"] or 0)
    after = (found["half"] or "").lower()
    if not (after or found["zh"] or found["oclock"] or found["uhr"] or (found["colon"] or " ") in ":："):
        return None
    minute = 30 if found["zh"] == "点半" else minute
    if after == "p" or found["part"] in ("下午", "晚上"):
        hour = hour % 12 + 12
    elif after == "a":
        hour %= 12
    clear = after or found["part"] or hour > 12 or hour == 0
    hours = {hour} if clear else {hour, (hour + 12) % 24}
    keys = {f"t{each}:{minute:02d}" for each in hours}
    bare = {f"n{hour}", f"n{hour % 12}"} if not minute else set()
    return frozenset(keys | bare), frozenset(keys | bare)


def _days(found: re.Match[str]) -> tuple[Value, Value]:
    first, last = (_day_number(each) for each in (found[1] or found[3], found[2] or found[4]))
    span = [(first + step) % 7 for step in range((last - first) % 7 + 1)]
    return _same(f"day{last}"), frozenset(f"day{each}" for each in span)


def _day(found: re.Match[str]) -> tuple[Value, Value] | None:
    name = found[1] or found[2]
    if found[1] and found[0].lower() in ("sat", "sun", "wed"):
        return None  # words of their own
    key = f"day{_day_number(name)}"
    return _same(key), _same(key)


def _day_number(name: str) -> int:
    if name in "一二三四五六日天":
        return min("一二三四五六日天".index(name), 6)
    return next(place for place, each in enumerate(_DAYS) if each.startswith(name.lower()[:3]))


def _quantities(text: str) -> list[tuple[Value, Value]]:
    found: list[tuple[Value, Value]] = []
    waiting: list[tuple[float, str]] = []  # of a range: "24 to 48 hours"
    for match in _QUANTITY.finditer(text):
        word = match["number"].lower()
        amount = _amount(word) * _SCALES.get((match["scale"] or "").lower(), 1)
        unit = (match["unit"] or match["sign"] or "").lower()
        waiting.append((amount, word))
        if match["more"] and not unit:
            continue
        for each, said in waiting:
            if unit:
                kind, factor = _UNITS[unit]
                found.append(
                    (
                        _sizes(kind, each * factor) | {f"n{each:.12g}"},
                        _sizes(kind, each * factor) | {f"with{each:.12g}"},
                    )
                )
            elif said not in _WEAK:
                found.append((frozenset({f"n{each:.12g}", f"with{each:.12g}"}), _same(f"n{each:.12g}")))
        waiting = []
    return found


def _amount(word: str) -> float:
    if word[0] in _CHINESE:
        tens, ten, ones = word.rpartition("十")
        return 10 * _CHINESE.get(tens, 1) + _CHINESE.get(ones, 0) if ten else _CHINESE[word[0]]
    if word[0].isdigit():
        return float(re.sub(r"[,\s\u202f\u00a0]", "", word))
    return sum(_WORDS[each] for each in re.split("[- ]", word))


def _sizes(kind: str, amount: float) -> Value:
    keys = {f"{kind}{amount:.12g}"}
    if kind == "month":  # a month is about thirty days
        keys |= {f"s{amount * 30 * _DAY:.12g}"} | (
            {f"s{amount / 12 * 365 * _DAY:.12g}"} if amount % 12 == 0 else set()
        )
    return frozenset(keys)

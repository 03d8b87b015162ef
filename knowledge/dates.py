"""From when a document is, as far as it says so itself.

A file's own time is no help: copying changes it. A document's date is what it states in its head ("valid from 1 March
2024", a mail's Date line), its title or its file name.
"""

import calendar
import re

HEAD = 500  # characters in which a document says from when it is
MONTHS = list(calendar.month_name)[1:]  # in English: no part of the program sets a locale
_MONTHS = [name[:3].lower() for name in MONTHS]
_MONTH = (
    r"(jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec|january|february|march|april|august|"
    r"september|october|november|december)\.?"
)
_YEAR = r"((?:19|20)\d\d)"
_PATTERNS = (
    (re.compile(rf"(?<!\d){_YEAR}[-./_](\d\d?)[-./_](\d\d?)(?!\d)"), "ymd"),
    (re.compile(rf"{_YEAR}\s*年\s*(\d\d?)\s*月(?:\s*(\d\d?)\s*日)?"), "ymd"),
    (re.compile(rf"\b(\d\d?)(?:st|nd|rd|th)?\.? {_MONTH} {_YEAR}\b", re.IGNORECASE), "dmy"),
    (re.compile(rf"\b{_MONTH} (\d\d?)(?:st|nd|rd|th)?,? {_YEAR}\b", re.IGNORECASE), "mdy"),
    (re.compile(rf"\b{_MONTH} {_YEAR}\b", re.IGNORECASE), "my"),
    (re.compile(rf"(?<!\d){_YEAR}[-./_](0\d|1[0-2])(?!\d)"), "ym"),
)
_BARE = re.compile(rf"(?<![\d€£$]){_YEAR}(?!\d|[.,]\d|%)")
_STATED = re.compile(
    r"\b(?:valid|effective|applies|in force|as of|as at|from|since|updated|last (?:updated|changed|reviewed|modified)|"
    r"revised|version|edition|date[ds]?|issued|published)\b|生效|更新|版本|修订|日期|发布",
    re.IGNORECASE,
)


def document_date(name: str, title: str, text: str, stated: str = "") -> str:
    """The date of a document: ``2026-03-12``, ``2026-03`` or ``2026``, the empty string where it states none.

    Args:
        name: its file name.
        title: its title.
        text: its text.
        stated: what its format says of its date (a mail's Date line, front matter), in any of the known ways.
    """
    if stated and (found := first_date(stated)):
        return found
    lines = [line for line in text[:HEAD].splitlines() if line.strip()]
    heads = [line for line in lines if _STATED.search(line) and len(line) < 120]
    for place in (title, *heads[:2], *lines[:1]):
        if found := first_date(place):
            return found
    for place in (title, name, *lines[:1]):
        if found := first_date(place) or _year(place):
            return found
    return ""


def first_date(text: str) -> str:
    """The first date in a text that names a month at least."""
    found = [
        (match.start(), _iso(match, form)) for pattern, form in _PATTERNS if (match := pattern.search(text))
    ]
    return min(
        (each for each in found if each[1]), key=lambda each: (each[0], -len(each[1])), default=(0, "")
    )[1]


def _year(text: str) -> str:
    match = _BARE.search(text)
    return match[1] if match else ""


def _iso(match: re.Match[str], form: str) -> str:
    parts = {key: value for key, value in zip(form, match.groups(), strict=False) if value is not None}
    month = parts.get("m", "")
    number = int(month) if month.isdigit() else _MONTHS.index(month[:3].lower()) + 1
    day = int(parts.get("d", 0) or 0)
    if not 1 <= number <= 12 or day > 31:
        return ""
    return f"{parts['y']}-{number:02}" + (f"-{day:02}" if day else "")


def spoken(date: str) -> str:
    """A date in words: ``12 March 2026``."""
    year, _, rest = date.partition("-")
    month, _, day = rest.partition("-")
    return " ".join(filter(None, [day.lstrip("0"), MONTHS[int(month) - 1] if month else "", year]))

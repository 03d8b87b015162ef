"""From when a document is, as far as it says so itself.

A file's own time is no help: copying changes it. A document's date is what it states in its head ("valid from 1 March
2024", a mail's Date line), its title or its file name.
"""

import calendar
import re

HEAD = 500  # characters in which a document says from when it is
MONTHS = list(calendar.month_name)[1:]  # in English: no part of the program sets a locale
# The first three letters of a month's name, in English and German.
_MONTHS = {name[:3].lower(): number for number, name in enumerate(MONTHS, start=1)} | {
    "mär": 3,
    "mae": 3,
    "mrz": 3,
    "mai": 5,
    "okt": 10,
    "dez": 12,
}
_MONTH = (
    r"(jan|feb|mar|mär|mrz|apr|may|mai|june?|juni|july?|juli|aug|sept?|oct|okt|nov|dec|dez|january|januar|february|"
    r"februar|march|märz|maerz|april|august|september|october|oktober|november|december|dezember)\.?"
)
_YEAR = r"((?:19|20)\d\d)"
_PATTERNS = (
    (re.compile(rf"(?<!\d){_YEAR}[-./_](\d\d?)[-./_](\d\d?)(?!\d)"), "ymd"),
    (re.compile(rf"{_YEAR}\s*年\s*(\d\d?)\s*月(?:\s*(\d\d?)\s*日)?"), "ymd"),
    (re.compile(rf"(?<![\d.])(\d\d?)\.\s?(\d\d?)\.\s?{_YEAR}(?!\d)"), "dmy"),
    (re.compile(rf"(?<![\d/])(\d\d?)/(\d\d?)/{_YEAR}(?![\d/])"), "dmy or mdy"),
    (re.compile(rf"\b(\d\d?)(?:st|nd|rd|th)?\.?[ -]{_MONTH}[ -]{_YEAR}\b", re.IGNORECASE), "dmy"),
    (re.compile(rf"\b{_MONTH} (\d\d?)(?:st|nd|rd|th)?,? {_YEAR}\b", re.IGNORECASE), "mdy"),
    (re.compile(rf"\b{_MONTH} {_YEAR}\b", re.IGNORECASE), "my"),
    (re.compile(rf"(?<!\d){_YEAR}[-./_](0\d|1[0-2])(?!\d)"), "ym"),
)
_ENDS = re.compile(
    r"(?:\b(?:until|till|through|expir(?:es|y|ed|ing)|ends?|ending|bis|next (?:review|update|revision|edition|version)|"
    r"review(?: is)? due|review date|due (?:date|on|by)|renewal)\b"
    r"(?: date| on| at| in| by| zum| einschließlich)*\W{0,3}|"
    r"(?:(?<!截)至|(?:有效期?|报名|申请|提交|投稿)截[至止]|截止(?:日期|时间)|到期|下次(?:审核|更新|修订))[^\d]{0,6})"
    r"(?:\d{1,2}(?:st|nd|rd|th)?\.?[ -])?$",
    re.IGNORECASE,
)
_BARE = re.compile(rf"(?<![\d€£$]){_YEAR}(?!\d|[.,]\d|%)")
_STATED = re.compile(
    r"\b(?:valid|effective|applies|in force|as of|as at|from|since|updated|last (?:updated|changed|reviewed|modified)|"
    r"revised|version|edition|date[ds]?|issued|published|gültig|aktualisiert|fassung)\b|\bstand:|生效|更新|版本|修订|日期|发布",
    re.IGNORECASE,
)
_EDITION = re.compile(
    rf"\b(?:valid|effective|as of|updated|version|edition|revised|stand|gültig|fassung)\b\D{{0,20}}{_YEAR}",
    re.IGNORECASE,
)  # what says of which year a document is; "since 2012" does not


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
    for place in (title, name, *(each for each in heads[:2] if _EDITION.search(each)), *lines[:1]):
        if found := first_date(place) or _year(place):
            return found
    return ""


def first_date(text: str) -> str:
    """The first date in a text that names a month at least; its year where day and month may be one or the other."""
    found = [
        (match.start(), _iso(match, form)) for pattern, form in _PATTERNS if (match := _begun(pattern, text))
    ]
    return min(
        (each for each in found if each[1]), key=lambda each: (each[0], -len(each[1])), default=(0, "")
    )[1]


def _year(text: str) -> str:
    match = _begun(_BARE, text)
    return match[1] if match else ""


def _begun(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    """The first match that is no day on which something ends, or is looked at next."""
    return next(
        (
            each
            for each in pattern.finditer(text)
            if not _ENDS.search(text[max(0, each.start() - 60) : each.start()])
        ),
        None,
    )


def _iso(match: re.Match[str], form: str) -> str:
    if form == "dmy or mdy":  # 12/03/2026 is one in London and another in New York: only its year is certain
        first, second = int(match[1]), int(match[2])
        if first <= 12 and second <= 12 and first != second:
            return match[3]
        form = "mdy" if second > 12 else "dmy"
    parts = {key: value for key, value in zip(form, match.groups(), strict=False) if value is not None}
    month = parts.get("m", "")
    number = int(month) if month.isdigit() else _MONTHS[month[:3].lower()]
    day = int(parts.get("d", 0) or 0)
    if not 1 <= number <= 12 or day > 31:
        return ""
    return f"{parts['y']}-{number:02}" + (f"-{day:02}" if day else "")


def spoken(date: str) -> str:
    """A date in words: ``12 March 2026``."""
    year, _, rest = date.partition("-")
    month, _, day = rest.partition("-")
    return " ".join(filter(None, [day.lstrip("0"), MONTHS[int(month) - 1] if month else "", year]))

"""Numbers of spreadsheets with what their format says of them (no loader of its own): per cent, currency, unit."""

import re
from decimal import Decimal
from functools import lru_cache

_NOT_SHOWN = re.compile(r"\[(?!\$)[^\]]*\]|_.|\*.")  # colours and conditions, room for a character, filling
_LITERAL = re.compile(r'"([^"]*)"|\\(.)|\[\$([^\]-]*)[^\]]*\]')
_DIGITS = re.compile(r"[0#?](?:[0#?.,/ ]*[0#?.,])?(?:E[+-]0+)?")


def shown(value: float, form: str) -> str:
    """A number with all its digits, and its sign of per cent, currency or unit.

    Args:
        value: as the cell holds it.
        form: the cell's number format, for example ``#,##0.00 "kg"``.
    """
    before, after, places = _form(form)
    number = Decimal(f"{value:.15g}")  # as many digits as spreadsheets have
    if not number.is_finite():
        return str(value)
    if after == "%":
        number *= 100
    if (before or after) and number.as_tuple().exponent < -max(places, 2):  # type: ignore[operator]
        number = round(number, max(places, 2)) or number
    text = f"{number:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    if "." in text and before + after != "%":
        text = text.ljust(text.index(".") + 1 + places, "0")
    minus = "-" if text.startswith("-") else ""
    return f"{minus}{before}{text.removeprefix('-')}{after}"


@lru_cache(maxsize=1000)
def _form(form: str) -> tuple[str, str, int]:
    """What a format puts before and after a number, and how many decimal places it shows."""
    first = _NOT_SHOWN.sub("", form.split(";")[0])
    if re.match("general", first, re.IGNORECASE):
        first = "0" + first[len("general") :]
    literals: list[str] = []

    def kept(match: re.Match[str]) -> str:
        literals.append(next(each for each in match.groups() if each is not None))
        return chr(0xE000 + len(literals) - 1)  # so that no sign in it counts as a digit's place

    marked = _LITERAL.sub(kept, first)
    digits = _DIGITS.search(marked)
    if digits is None or digits[0].endswith(",") or re.search("[0#?]", marked[digits.end() :]):
        return "", "", 0  # shown in thousands or millions, or in groups, as telephone numbers are
    places = len(re.sub("[^0#?]", "", digits[0].partition(".")[2].partition("E")[0]))
    before, after = (
        "".join(literals[ord(each) - 0xE000] if each >= "\ue000" else each for each in part).strip("-+()")
        for part in (marked[: digits.start()], marked[digits.end() :])
    )
    return before.lstrip(), after.rstrip(), places

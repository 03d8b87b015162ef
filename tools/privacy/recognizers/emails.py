"""E-mail addresses, also those written to hide from machines ("jane dot doe at example dot com")."""

import re
from collections.abc import Iterator
from typing import Any

from tools.privacy.entity import Entity
from tools.privacy.recognizer import Recognizer

PLAIN = re.compile(
    r"[A-Za-z0-9À-ɏ_.+%'-]{1,64}@(?:[A-Za-z0-9À-ɏ-]{1,63}\.){1,8}(?:[A-Za-z]{2,24})(?![A-Za-z])"
)
# In other scripts; Chinese letters alone only as many as a name has, for the words before have no space after them.
FOREIGN = re.compile(
    r"(?:[\w.+%'-](?<![\u4e00-\u9fff])){0,40}(?:[^\W\u4e00-\u9fff]|(?<!\w)[\u4e00-\u9fff]{1,4}|(?<=[A-Za-z0-9_.-])[\u4e00-\u9fff]{1,4}|[\u4e00-\u9fff]{1,3})"
    r"@(?:[\w-]{1,63}\.){1,8}(?:[A-Za-z]{2,24}(?![A-Za-z])|[^\W\d_A-Za-z\u4e00-\u9fff]{2,24}|中国|公司|网络)"
)
IN_URL = re.compile(r"[A-Za-z0-9_.+-]{1,64}%40(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}(?![A-Za-z])")
ENDINGS = (
    "com|org|net|edu|gov|io|ai|co|de|fr|uk|eu|ch|at|nl|es|it|se|no|dk|pl|us|ca|au|in|jp|cn|me|info|dev|app"
)
AT = r"(?:\s*[\[({<]\s*(?:at|@)\s*[\])}>]\s*|\s+at\s+|\s+@\s*|\s*@\s+)"
DOT = r"(?:\s*[\[({<]\s*(?:dot|\.)\s*[\])}>]\s*|\s+(?:dot|underscore|dash|hyphen|minus|plus)\s+|\.)"
SPOKEN = re.compile(
    rf"(?a)(?<![\w.])[a-z0-9_+-]{{2,40}}(?:{DOT}[a-z0-9_+-]{{1,40}}){{0,4}}{AT}"
    rf"[a-z0-9-]{{2,40}}(?:{DOT}[a-z0-9-]{{1,40}}){{0,4}}?{DOT}(?:{ENDINGS})(?![\w])",
    re.IGNORECASE,
)
# With a bracketed or spoken dot before it, any ending is believed.
SPELLED = re.compile(
    r"(?ai)(?<![\w.])[a-z0-9_+.-]{2,40}(?:(?:\s*[\[({<]\s*(?:dot|\.)\s*[\])}>]\s*|\s+dot\s+)[a-z0-9_+-]{1,40}){0,4}"
    r"(?:\s*[\[({<]\s*(?:at|@)\s*[\])}>]\s*|\s+at\s+|\s*@\s*)[a-z0-9-]{2,40}(?:(?:\s*[\[({<]\s*(?:dot|\.)\s*[\])}>]\s*|\s+dot\s+|\.)[a-z0-9-]{1,40}){0,3}?"
    r"(?:\s*[\[({<]\s*(?:dot|\.)\s*[\])}>]\s*|\s+dot\s+)[a-z]{2,12}(?:(?:\s*[\[({<]\s*(?:dot|\.)\s*[\])}>]\s*|\s+dot\s+)[a-z]{2,8})?(?!\w)"
)
# "jane(at)example.org": a bracketed "at", an ordinary ending.
MARKED_AT = re.compile(
    r"(?ai)(?<![\w.])[a-z0-9_+.-]{2,40}\s?[\[({<]\s?(?:at|@)\s?[\])}>]\s?[a-z0-9-]{2,40}(?:\.[a-z0-9-]{2,40}){1,4}(?!\w)"
)
# The sign replaced by another, and the text says so; or by its Chinese name.
REPLACED = re.compile(r"(?a)(?<![\w.])[\w.+-]{2,40}#[\w-]{2,40}(?:\.[\w-]{2,24}){1,4}(?!\w)")
SPOKEN_ZH = re.compile(
    r"(?a)(?<![\w.])[\w.+-]{2,30}(?:点[\w-]{1,20}){0,3}\s?艾特\s?[\w-]{2,30}(?:\s?[点.]\s?[\w-]{2,20}){1,3}"
)
HIDDEN = re.compile(r"\bdot\b|[\[({<]\s*(?:at|@|dot|\.)\s*[\])}>]|\s@|@\s", re.IGNORECASE)


class Emails(Recognizer):
    """E-mail addresses."""

    TYPES = ("EMAIL_ADDRESS",)

    def spans(self, text: str, named: list[Any]) -> Iterator[Entity]:
        """See the base class."""
        if "@" in text:
            for pattern in (PLAIN,) if text.isascii() else (PLAIN, FOREIGN):
                for match in pattern.finditer(text):
                    yield Entity("EMAIL_ADDRESS", match.start(), match.end(), 1.0)
        for match in IN_URL.finditer(text) if "%40" in text else ():
            yield Entity("EMAIL_ADDRESS", match.start(), match.end(), 1.0)
        for pattern, told in ((REPLACED, "@"), (SPOKEN_ZH, "艾特")):
            for match in pattern.finditer(text) if told in text else ():
                yield Entity("EMAIL_ADDRESS", match.start(), match.end(), 0.85)
        if HIDDEN.search(text):
            for match in SPOKEN.finditer(text):
                if HIDDEN.search(match.group()):
                    yield Entity("EMAIL_ADDRESS", match.start(), match.end(), 0.85)
            for pattern in (SPELLED, MARKED_AT):
                for match in pattern.finditer(text):
                    yield Entity("EMAIL_ADDRESS", match.start(), match.end(), 0.85)

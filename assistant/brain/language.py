"""Which of the two languages a message is written in."""

import re
from typing import Literal

Language = Literal["en", "zh"]

CHINESE = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")
_QUOTED = re.compile(r"“[^”]*”|「[^」]*」|『[^』]*』|‘[^’]*’|\"[^\"]*\"|(?<!\w)'[^']*'(?!\w)")


def language_of(text: str) -> Language:
    """``zh`` where the user's own words (outside quotations) hold Chinese characters, else ``en``.

    Args:
        text: a message; what stands in quotes counts only where nothing else does.
    """
    own = _QUOTED.sub(" ", text)
    judged = own if re.search(r"\w", own) else text
    return "zh" if CHINESE.search(judged) else "en"


def pick(language: str, english: str, chinese: str) -> str:
    """The wording for a language."""
    return chinese if language == "zh" else english

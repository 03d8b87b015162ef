"""Which of the two languages a message is written in."""

import re
from collections.abc import Sequence
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


def spoken_language(said: Sequence[str]) -> str:
    """The language of somebody's last message with words of its own: "yes" under a Chinese talk stays Chinese.

    Args:
        said: their messages, the last one at the end.
    """
    for text in reversed(said):
        if language_of(text) == "zh" or re.search(r"[A-Za-z]{2}\s+[A-Za-z]{2}", text):
            return language_of(text)
    return language_of(said[-1]) if said else "en"

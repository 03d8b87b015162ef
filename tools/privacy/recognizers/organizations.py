"""Firms that a text names: whom somebody works for says much about them where a text is redacted as a whole."""

import re
from collections.abc import Iterator
from typing import Any

from tools.privacy.entity import Entity
from tools.privacy.recognizer import Recognizer
from tools.privacy.recognizers.people import ordinary

PAIR = re.compile(r"\w+ (?:&|and) \w+")  # "Kids & Family" is none, where no "Ltd" follows
ODD = re.compile(r"[_/\\@#<>{}\[\]=*`|~^]|\d{3}|\.\w")


class Organizations(Recognizer):
    """Firms by the NER model, and Chinese ones by their legal form."""

    TYPES = ("ORGANIZATION",)
    GATED = False

    def spans(self, text: str, named: list[Any]) -> Iterator[Entity]:
        """See the base class."""
        for span in named:
            if span.label_ == "ORGANIZATION" and _firm(text[span.start_char : span.end_char]):
                yield Entity("ORGANIZATION", span.start_char, span.end_char, 0.5)


def _firm(words: str) -> bool:
    if len(words) < 3 or PAIR.fullmatch(words):
        return False
    acronym = words.isupper() and len(words) < 5
    return not acronym and not ODD.search(words) and not ordinary(re.findall(r"[^\W\d_]+", words))

"""Firms that a text names: whom somebody works for says much about them where a text is redacted as a whole."""

import re
from collections.abc import Iterator
from typing import Any

from tools.privacy.entity import Entity
from tools.privacy.recognizer import Recognizer
from tools.privacy.recognizers.people import known

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
    return len(words) > 2 and not ODD.search(words) and not all(known(word) for word in words.split())

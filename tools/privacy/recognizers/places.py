"""Cities and countries: personal in a text that is redacted as a whole, ordinary words in a chat."""

# ruff: noqa: E501 - patterns are lists of words

import re
from collections.abc import Iterator
from typing import Any

from tools.privacy.entity import Entity
from tools.privacy.recognizer import Recognizer
from tools.privacy.recognizers.people import ordinary
from tools.privacy.recognizers.streets import LEADING, address

CAPITAL = r"[A-ZÀ-ÖØ-ÞĀ-ŽΆ-ΩА-Я][^\W\d_]*(?:['’-][^\W\d_]+)*"
# Words after which a name is a place's.
WHERE = re.compile(
    rf"(?i:\b(?:fl(?:ew|y|ying)|travel(?:l?ing|s|led)?|mov(?:ed|ing)|trip|originally|grew up|lives?|living|born|based|went|i am|i'm|am|"
    rf"office|restaurant|city|where|southern|northern|eastern|western|home city)[ \t]*(?:to|in|from|of|:)?)[ \t]+"
    rf"({CAPITAL}(?:[ \t]+(?:(?:del?|la|do|di|da)[ \t]+)?{CAPITAL}){{0,3}})(?![\w@]|[.-]\w)"
)
IN = re.compile(rf"\b(?:to|in|from|city|where|Where:|southern|Southern|northern|Northern)[ \t]+{CAPITAL}")
HAN = re.compile(r"[\u4e00-\u9fff]")
CHINESE = re.compile(
    r"(?:[\u4e00-\u9fff]{2,4}?(?:省|自治区))[\u4e00-\u9fff]{2,4}?(?:市|州|县)(?:[\u4e00-\u9fff]{1,4}?[区县])?"
)


class Places(Recognizer):
    """Place names by the NER model."""

    TYPES = ("LOCATION",)
    GATED = False

    def spans(self, text: str, named: list[Any]) -> Iterator[Entity]:
        """See the base class."""
        for span in named:
            words = address(text[span.start_char : span.end_char])
            if span.label_ == "LOCATION" and _place(words):
                yield Entity("LOCATION", span.start_char, span.start_char + len(words), 0.6)
        for match in WHERE.finditer(text):
            if IN.search(match.group()) and _place(match.group(1)):
                yield Entity("LOCATION", match.start(1), match.end(1), 0.55)
        for match in CHINESE.finditer(text):
            lead = LEADING.match(match.group())
            yield Entity("LOCATION", match.start() + (lead.end() if lead else 0), match.end(), 0.6)


def _place(words: str) -> bool:
    bad = re.search(r"[_/\\@<>{}\[\]=*`|]|\.\w|^[\d\W]*$", words)
    short = len(words) < (2 if HAN.search(words) else 3)
    return not short and not bad and not ordinary(re.findall(r"[^\W\d_]+", words))

"""Personal pages: addresses on the web, which in a text redacted as a whole point to their owner."""

import re
from collections.abc import Iterator
from typing import Any

from tools.privacy.entity import Entity
from tools.privacy.recognizer import Recognizer

URL = re.compile(
    r"(?ai)(?<![\w@])(?:https?://|www\.)[^\s<>\"'()\u4e00-\u9fff]{3,2000}[^\s<>\"'().,;:!?\u4e00-\u9fff]"
)


class Urls(Recognizer):
    """Web addresses."""

    TYPES = ("URL",)
    GATED = False

    def spans(self, text: str, named: list[Any]) -> Iterator[Entity]:
        """See the base class."""
        for match in URL.finditer(text):
            yield Entity("URL", match.start(), match.end(), 0.6)

"""The base of the recognizers in ``tools/privacy/recognizers``: Presidio recognizers found by walking that folder."""

import re
from collections.abc import Iterator
from typing import Any, ClassVar

from presidio_analyzer import LocalRecognizer, RecognizerResult

from tools.privacy.entity import Entity


class Recognizer(LocalRecognizer):
    """One kind of personal data.

    A subclass sets ``TYPES`` and writes :meth:`spans`. ``GATED`` recognizers also guard the chat; the others (mere
    place names) only speak where a text is to be redacted as a whole. The text they see has its full-width characters
    folded to ASCII one by one, so offsets hold for the original.
    """

    TYPES: ClassVar[tuple[str, ...]] = ()
    GATED: ClassVar[bool] = True

    def __init__(self) -> None:
        super().__init__(supported_entities=list(self.TYPES), name=type(self).__name__)

    def load(self) -> None:
        """Nothing to load."""

    def spans(self, text: str, named: list[Any]) -> Iterator[Entity]:
        """What this recognizer finds.

        Args:
            text: the folded text.
            named: what the NER model found, with ``label_``, ``start_char`` and ``end_char``.
        """
        raise NotImplementedError

    def analyze(self, text: str, entities: list[str], nlp_artifacts: Any = None) -> list[RecognizerResult]:
        """The same in Presidio's terms, so that the recognizer also serves a Presidio ``AnalyzerEngine``."""
        named = list(nlp_artifacts.entities) if nlp_artifacts else []
        return [
            RecognizerResult(found.entity_type, found.start, found.end, found.score)
            for found in self.spans(text, named)
            if not entities or found.entity_type in entities
        ]


BACK, AHEAD = 400, 40  # characters; less than a stream remembers, and holds back (``tools.privacy.stream``)


def near(text: str, start: int, end: int, cue: re.Pattern[str]) -> bool:
    """Does a cue stand in the sentences around? As far as a stream sees, so that it hides what the whole text does."""
    return bool(cue.search(text, max(0, start - BACK), end + AHEAD))


HAN = re.compile(r"[\u4e00-\u9fff]")
NUMBER = re.compile(r"\d")


def chinese(text: str) -> bool:
    """Does a text hold Chinese? Many patterns need not be tried where it does not."""
    return not text.isascii() and bool(HAN.search(text))


def numbered(text: str) -> bool:
    """Does a text hold a digit?"""
    return bool(NUMBER.search(text))


def before(text: str, at: int, cue: re.Pattern[str], reach: int = 40) -> bool:
    """Does a cue stand in the ``reach`` characters before a position, on the same line?"""
    return bool(cue.search(text[max(0, at - reach) : at].rpartition("\n")[2]))

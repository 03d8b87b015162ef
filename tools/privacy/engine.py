"""Runs the recognizers over a text."""

import importlib
import inspect
import itertools
import pkgutil
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from tools.privacy.entity import Entity
from tools.privacy.folding import Folded
from tools.privacy.lean import lean_imports
from tools.privacy.ner import EMBEDDED, Found, Ner

if TYPE_CHECKING:
    from tools.privacy.recognizer import Recognizer


class Engine:
    """All recognizers, loaded at first use.

    Args:
        ner: the model that names things, see ``tools.privacy.ner``.
    """

    def __init__(self, ner: str | Callable[[str], Found] = EMBEDDED) -> None:
        self._ner = Ner(ner)
        self._lock = threading.Lock()
        self._recognizers: list[Recognizer] = []

    def analyze_many(
        self, texts: Iterable[str], language: str = "auto", gated: bool = False
    ) -> Iterator[list[Entity]]:
        """The same for many texts, in order, whose names are looked for together.

        Args:
            texts: the texts.
            language: see :meth:`analyze`.
            gated: see :meth:`analyze`.
        """
        waiting = iter(texts)
        while part := list(itertools.islice(waiting, self._ner.ahead)):
            self._ner.read_ahead(Folded(text).text for text in part)
            yield from (self.analyze(text, language, gated) for text in part)

    def analyze(self, text: str, language: str = "auto", gated: bool = False) -> list[Entity]:
        """Everything any recognizer finds; spans may overlap.

        Args:
            text: any text.
            language: ``en``, ``zh`` or ``auto``; the recognizers read both.
            gated: leave out the recognizers that are not for the chat gate.
        """
        folded = Folded(text)
        named = self._ner.named(folded.text)
        return folded.unfolded(
            entity
            for recognizer in self.recognizers()
            if recognizer.GATED or not gated
            for entity in recognizer.spans(folded.text, named)
        )

    def types(self) -> frozenset[str]:
        """All types that the recognizers give; those of a model's own are not among them."""
        return frozenset(kind for recognizer in self.recognizers() for kind in recognizer.TYPES)

    def recognizers(self) -> "list[Recognizer]":
        """One of each class found in ``tools/privacy/recognizers``."""
        with self._lock:
            if not self._recognizers:
                with lean_imports():
                    self._recognizers = _load()
        return self._recognizers


def _load() -> "list[Recognizer]":
    from tools.privacy.recognizer import Recognizer

    package = importlib.import_module("tools.privacy.recognizers")
    found: list[Recognizer] = []
    for module in pkgutil.iter_modules(package.__path__):
        loaded = importlib.import_module(f"tools.privacy.recognizers.{module.name}")
        classes = [each for _, each in inspect.getmembers(loaded, inspect.isclass)]
        found += [
            each() for each in classes if issubclass(each, Recognizer) and each.__module__ == loaded.__name__
        ]
    return found

"""Import Presidio and spaCy without the deep-learning frameworks that they look for but are not needed here.

Both try to import torch and transformers, which takes seconds; the small spaCy model runs without either.
"""

import importlib
import importlib.abc
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

# spaCy and Presidio import each other: two threads that begin at both ends meet halves.
_IMPORTING = threading.RLock()
HEAVY = {"torch", "transformers", "tensorflow", "mxnet", "cupy", "spacy_huggingface_pipelines"}


class _NotNow(importlib.abc.MetaPathFinder):
    """Answers "not installed" for the heavy packages, to the thread that made it alone."""

    def __init__(self) -> None:
        self._thread = threading.get_ident()
        # Parts of torch that are imported late look for tensorflow, and stay broken where that question fails.
        self._hidden = HEAVY - {"tensorflow"} if "torch" in sys.modules else HEAVY

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> None:
        """See :class:`importlib.abc.MetaPathFinder`."""
        if fullname in self._hidden and threading.get_ident() == self._thread:
            raise ModuleNotFoundError(f"{fullname} is not wanted here", name=fullname)


@contextmanager
def lean_imports() -> Iterator[None]:
    """Imports inside skip the heavy packages (those already imported stay as they are); one thread at a time."""
    with _IMPORTING:
        finder = _NotNow()
        sys.meta_path.insert(0, finder)
        try:
            yield
        finally:
            sys.meta_path.remove(finder)


def lean_import(name: str) -> object:
    """Import one module that way."""
    with lean_imports():
        return importlib.import_module(name)

"""Which loader reads which file: the modules of ``knowledge.load``, found by walking."""

from collections.abc import Callable
from functools import cache
from importlib import import_module
from pathlib import PurePath
from pkgutil import iter_modules

from knowledge.document import Document, Parts, compose
from knowledge.errors import SourceError
from knowledge.reasons import told

LARGEST = 200 << 20  # bytes of one file
LONGEST = 20_000_000  # characters of one document's text


@cache
def loaders() -> dict[str, Callable[[bytes, str], Parts]]:
    """File name endings and what reads them."""
    import knowledge.load

    found: dict[str, Callable[[bytes, str], Parts]] = {}
    for module in iter_modules(knowledge.load.__path__, "knowledge.load."):
        loader = import_module(module.name)
        found |= dict.fromkeys(getattr(loader, "SUFFIXES", ()), getattr(loader, "load", None))
    return found


def check_kind(name: str) -> str:
    """The ending of a file's name, where there is a loader for it.

    Raises:
        SourceError: there is none.
    """
    suffix = PurePath(name).suffix.lower()
    if suffix in loaders():
        return suffix
    known = ", ".join(sorted(each[1:] for each in loaders()))
    raise SourceError(f"Files ending in {suffix or 'nothing'} are not read.", f"Known are {known} and zip.")


def read_document(raw: bytes, name: str) -> Document:
    """Read a file's bytes into a document.

    Args:
        raw: the whole file.
        name: its name; the ending chooses the loader.

    Raises:
        SourceError: it cannot be read, with the reason.
    """
    suffix = check_kind(name)
    if not raw.strip():
        raise SourceError("It is empty.", "There is nothing to add.")
    if len(raw) > LARGEST:
        raise SourceError(f"It is larger than {LARGEST >> 20} MB.", "Split it.")
    with told(name):
        document = compose(loaders()[suffix](raw, name), PurePath(name).name)
    if not document.text.strip():
        raise SourceError("It holds no text.", "There is nothing to add.")
    if len(document.text) > LONGEST:
        raise SourceError(f"It holds more than {LONGEST:,} characters.", "Split it.")
    return document

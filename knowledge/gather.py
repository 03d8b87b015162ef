"""What to read: files, folders, archives and addresses, each document read only when its turn comes."""

import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from knowledge.decode import whole
from knowledge.errors import SourceError
from knowledge.loaders import LARGEST, check_kind
from knowledge.reasons import told

INSIDE = "!/"  # in a location, between what holds documents and what is in it
MANY = 20  # documents
LARGE = 10 << 20  # bytes of files
_ADDRESS = re.compile("https?://", re.IGNORECASE)
_MEMBER = re.compile(r"(.+?\.zip)!/(.+)", re.IGNORECASE | re.DOTALL)
_ATTACHED = re.compile(r"(.+\.eml)!/([^/]+)", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True)
class Found:
    """One document to read.

    Attributes:
        source: the name it gets in the knowledge base.
        location: where it is: a path, an address, ``archive.zip!/inner/path``,
            ``mail.eml!/attachment``.
        read: gives its file name, which chooses the loader, and its bytes; raises :class:`SourceError` with the reason
            where that cannot be.
    """

    source: str
    location: str
    read: Callable[[], tuple[str, bytes]]


def takes_long(found: Sequence[Found]) -> bool:
    """Whether reading these documents takes longer than somebody waits for an answer."""
    files = {each.location.partition(INSIDE)[0] for each in found}
    return len(found) > MANY or sum(map(_size, files)) > LARGE


def _size(path: str) -> int:
    """Bytes of a file; 0 for what is none."""
    try:
        return Path(path).stat().st_size
    except (OSError, ValueError):
        return 0


def refused(source: str, location: str, error: SourceError) -> Found:
    """A document that cannot be read, with the reason why not."""

    def read() -> tuple[str, bytes]:
        raise error

    return Found(source, location, read)


def gather(source: str) -> Iterator[Found]:
    """Everything to read at a source.

    Args:
        source: a path of a file, folder or zip archive, an ``http(s)`` address, or the location of a document that was
            found before.
    """
    try:
        with told(whole(source)):
            for found in _gather(source):  # names of files may hold what is no text
                yield Found(whole(found.source), whole(found.location), found.read)
    except SourceError as error:
        yield refused(whole(source), whole(source), error)


def _gather(source: str) -> Iterator[Found]:
    if not source.strip():  # as a path it would be the folder we are in
        raise SourceError("The name is empty.", "Name a file, a folder or an address.")
    if (inner := _ATTACHED.fullmatch(source)) and _there(source) is None:
        from knowledge.attachments import attachment

        yield attachment(next(_gather(inner[1])), inner[2])
    elif _ADDRESS.match(source):
        from knowledge.fetch import fetch

        yield from fetch(source)
    elif (path := _there(source)) is not None:
        yield from _folder(path) if path.is_dir() else _one(path, path.name)
    elif (member := _MEMBER.fullmatch(source)) and (path := _there(member[1])) is not None:
        from knowledge.archive import member as only

        yield only(path, member[2])
    else:
        raise SourceError("There is no such file or folder.", "Check the path.")


def place(name: str) -> Path | None:
    """The full path of what may be there; None for a name that no file can have, or in an unknown user's home."""
    try:
        return Path(name).expanduser().resolve()
    except (OSError, RuntimeError, ValueError):
        return None


def _there(name: str) -> Path | None:
    path = place(name)
    try:
        return path if path is not None and path.exists() else None
    except OSError:  # the name is too long
        return None


def _folder(folder: Path) -> Iterator[Found]:
    """The readable files below a folder; hidden ones and links out of it are left out."""
    closed: list[OSError] = []
    empty = True
    for root, names, files in os.walk(folder, onerror=closed.append):
        names[:] = sorted(name for name in names if not name.startswith(".") and name != "node_modules")
        for name in sorted(files):
            path = Path(root) / name
            if name.startswith(".") or not path.resolve().is_relative_to(folder):
                continue
            empty = False
            yield from _one(path, _below(folder, path))
    for error in closed:
        path = Path(error.filename)
        yield refused(_below(folder, path), str(path), _unreadable(error))
    if empty and not closed:
        raise SourceError("The folder is empty.", "Put documents into it first.")


def _below(folder: Path, path: Path) -> str:
    return f"{folder.name}/{path.relative_to(folder).as_posix()}".removesuffix("/.")


def _one(path: Path, source: str) -> Iterator[Found]:
    """A file; of an archive what is in it."""
    if path.suffix.lower() != ".zip":
        yield Found(source, str(path), lambda: (path.name, _bytes(path)))
        return
    from knowledge.archive import members

    try:
        yield from members(path, source)
    except SourceError as error:
        yield refused(source, str(path), error)


def _bytes(path: Path) -> bytes:
    check_kind(path.name)
    try:
        if not path.is_file():
            raise SourceError("It is no regular file.", "Give a file that can be opened.")
        if path.stat().st_size > LARGEST:
            raise SourceError(f"It is larger than {LARGEST >> 20} MB.", "Split it.")
        return path.read_bytes()
    except OSError as error:
        raise _unreadable(error) from error


def _unreadable(error: OSError) -> SourceError:
    return SourceError(f"It cannot be read: {error.strerror}.", "Check who may read it.")

"""What to read: files, folders, archives and addresses turned into named bytes, each failure with its reason."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from knowledge.errors import SourceError
from knowledge.loaders import LARGEST, loaders


@dataclass(frozen=True)
class Found:
    """One document to read, or the reason why not.

    Attributes:
        source: the name it gets in the knowledge base.
        location: where it is: a path, an address, ``archive.zip!/inner/path``.
        name: its file name, which chooses the loader.
        raw: its bytes; None where ``reason`` says why not.
        reason: why it cannot be read.
    """

    source: str
    location: str
    name: str
    raw: bytes | None = None
    reason: str = ""


def gather(source: str) -> Iterator[Found]:
    """Everything to read at a source.

    Args:
        source: a path of a file, folder or zip archive, or an ``http(s)`` address.
    """
    try:
        if not source.strip():  # as a path it would be the folder we are in
            raise SourceError("The name is empty.", "Name a file, a folder or an address.")
        if source.startswith(("http://", "https://")):
            from knowledge.fetch import fetch

            yield from fetch(source)
        else:
            yield from _local(Path(source).expanduser())
    except SourceError as error:
        yield Found(source, source, source, reason=str(error))


def _local(path: Path) -> Iterator[Found]:
    if not path.exists():
        raise SourceError("There is no such file or folder.", "Check the path.")
    path = path.resolve()
    if path.is_dir():
        yield from _folder(path)
    elif path.suffix.lower() == ".zip":
        from knowledge.archive import members

        yield from members(path)
    else:
        yield _file(path, path.name)


def _folder(folder: Path) -> Iterator[Found]:
    """The readable files below a folder; hidden ones and links out of it are left out."""
    empty = True
    for root, names, files in os.walk(folder):
        names[:] = sorted(name for name in names if not name.startswith(".") and name != "node_modules")
        for name in sorted(files):
            path = Path(root) / name
            if name.startswith(".") or not path.resolve().is_relative_to(folder):
                continue
            empty = False
            yield _file(path, f"{folder.name}/{path.relative_to(folder).as_posix()}")
    if empty:
        raise SourceError("The folder is empty.", "Put documents into it first.")


def _file(path: Path, source: str) -> Found:
    if path.suffix.lower() not in loaders():
        known = ", ".join(sorted(each[1:] for each in loaders()))
        reason = f"Files ending in {path.suffix or 'nothing'} are not read. Known are {known} and zip."
        return Found(source, str(path), path.name, reason=reason)
    try:
        if not path.is_file():
            return Found(source, str(path), path.name, reason="It is no regular file.")
        if path.stat().st_size > LARGEST:
            return Found(
                source, str(path), path.name, reason=f"It is larger than {LARGEST >> 20} MB. Split it."
            )
        return Found(source, str(path), path.name, raw=path.read_bytes())
    except OSError as error:
        return Found(source, str(path), path.name, reason=f"It cannot be read: {error.strerror}.")

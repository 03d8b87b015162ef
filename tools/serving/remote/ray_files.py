"""Files for machines that do not see them: model folders, copied once, through Ray's object store, a piece at a time,
and pictures, which go along with the request that asks about them.
"""

import getpass
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from filelock import FileLock

from tools.models.card import INFO
from tools.serving.engines.kept import stamp

PIECE = 64 << 20  # bytes at a time
Ask = Callable[..., Any]


class Picture(NamedTuple):
    """An image file on its way."""

    name: str
    content: bytes


class Files:
    """Gives the files of the folders below one; an actor on the machine that has them.

    Args:
        root: nothing above it is given.
    """

    def __init__(self, root: str):
        self._root = Path(root).resolve()

    def names(self, folder: str) -> list[tuple[str, int, int]]:
        """Path below the folder, bytes, and time of change in nanoseconds of each file.

        Raises:
            PermissionError: the folder is not below the root.
        """
        place = self._inside(folder)
        found = [path for path in sorted(place.rglob("*")) if path.is_file()]
        return [
            (str(path.relative_to(place)), path.stat().st_size, path.stat().st_mtime_ns) for path in found
        ]

    def read(self, folder: str, name: str, at: int) -> bytes:
        """A piece of a file."""
        with (self._inside(folder) / name).open("rb") as file:
            file.seek(at)
            return file.read(PIECE)

    def _inside(self, folder: str) -> Path:
        place = (self._root / folder).resolve()
        if not place.is_relative_to(self._root):
            raise PermissionError(f"{folder} is not below {self._root}")
        return place


def identity(folder: Path) -> list[list[Any]]:
    """What tells a model folder from another that took its place: weights, and when its metadata were last touched."""
    info = (folder / INFO).stat() if (folder / INFO).is_file() else None
    return [*stamp(folder), *([[INFO, info.st_size, info.st_mtime_ns]] if info else [])]


def at_hand(folder: Path, made: list[list[Any]], root: Path, ask: Ask) -> Path:
    """The folder itself where this machine sees it, or a copy of it.

    Args:
        folder: the model's.
        made: its identity where it was made.
        root: below which :class:`Files` gives.
        ask: calls a method of it, by name, and returns what it gives.
    """
    if identity(folder) == made:
        return folder
    place = Path(tempfile.gettempdir()) / f"assistant-models-{getpass.getuser()}"
    place.mkdir(mode=0o700, exist_ok=True)
    name = str(folder.relative_to(root))
    copy = place / f"{name.replace('/', '-')}-{max(row[2] for row in made):x}"
    with FileLock(copy.with_name(copy.name + ".lock")):
        if not copy.is_dir():
            with tempfile.TemporaryDirectory(dir=place) as unfinished:
                _copy(name, Path(unfinished) / "model", ask)
                (Path(unfinished) / "model").rename(copy)
    return copy


def _copy(folder: str, target: Path, ask: Ask) -> None:
    for name, size, changed in ask("names", folder):
        path = target / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            while file.tell() < size:
                piece = ask("read", folder, name, file.tell())
                if not piece:  # it became shorter meanwhile
                    break
                file.write(piece)
        os.utime(path, ns=(changed, changed))  # what was measured of these weights holds for the copy


def sent(paths: Sequence[str]) -> list[str | Picture]:
    """Pictures as they are sent; a path at which there is none stays, for the model to say so."""
    return [
        Picture(Path(path).name, Path(path).read_bytes()) if Path(path).is_file() else path for path in paths
    ]


@contextmanager
def received(texts: Sequence[str | Picture]) -> Iterator[list[str]]:
    """The texts, for the block; in the place of a picture the path of a file that holds it."""
    plain = [text for text in texts if isinstance(text, str)]
    if len(plain) == len(texts):
        yield plain
        return
    with tempfile.TemporaryDirectory(prefix="assistant-") as folder:
        yield [_laid(each, Path(folder) / str(at)) for at, each in enumerate(texts)]


def _laid(text: str | Picture, folder: Path) -> str:
    if isinstance(text, str):
        return text
    folder.mkdir()
    path = folder / text.name
    path.write_bytes(text.content)
    return str(path)

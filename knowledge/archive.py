"""Zip archives: their documents, without bombs and without paths that lead elsewhere."""

import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from knowledge.errors import SourceError
from knowledge.gather import Found
from knowledge.loaders import LARGEST, loaders

MOST_FILES = 10_000
MOST_BYTES = 1 << 30  # of all files after unpacking
STEEPEST = 200  # times that a file may swell; text rarely packs to less than a fiftieth


def members(path: Path) -> Iterator[Found]:
    """The documents in an archive; nothing is written to the disk.

    Args:
        path: the archive.

    Raises:
        SourceError: it is no archive, or holds too much.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            entries = [each for each in archive.infolist() if not each.is_dir()]
            if len(entries) > MOST_FILES or sum(each.file_size for each in entries) > MOST_BYTES:
                raise SourceError("The archive unpacks to more than is accepted.", "Split it.")
            if not entries:
                raise SourceError("The archive is empty.", "There is nothing to add.")
            for entry in entries:
                if not _hidden(entry.filename):
                    yield _member(archive, entry, path)
    except (zipfile.BadZipFile, OSError) as error:
        raise SourceError("The archive is broken.", "Make it anew.") from error


def _hidden(name: str) -> bool:
    return any(part.startswith((".", "__MACOSX")) and part != ".." for part in PurePosixPath(name).parts)


def _member(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, path: Path) -> Found:
    inner = PurePosixPath(entry.filename.replace("\\", "/"))
    source, location = f"{path.name}/{inner}", f"{path}!/{inner}"

    def refuse(reason: str) -> Found:
        return Found(source, location, inner.name, reason=reason)

    if inner.is_absolute() or ".." in inner.parts or ":" in inner.parts[0]:
        return refuse("Its path leads out of the archive. It was left out.")
    if inner.suffix.lower() not in loaders():
        return refuse(
            f"Files ending in {inner.suffix or 'nothing'} are not read (nor are archives in archives)."
        )
    if entry.flag_bits & 1:
        return refuse("It is encrypted. Remove the archive's password.")
    if entry.file_size > LARGEST or entry.file_size > STEEPEST * max(entry.compress_size, 10_000):
        return refuse("It looks like a zip bomb. It was left out.")
    try:
        with archive.open(entry) as file:  # the size told may be a lie: never read more than it
            raw = file.read(entry.file_size + 1)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError, ValueError):
        return refuse("It is damaged in the archive. Make the archive anew.")
    if len(raw) > entry.file_size:
        return refuse("It holds more than it says. It was left out.")
    return Found(source, location, inner.name, raw=raw)

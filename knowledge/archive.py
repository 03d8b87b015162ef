"""Zip archives: their documents, without bombs and without paths that lead elsewhere."""

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from knowledge.errors import SourceError
from knowledge.gather import Found, refused
from knowledge.loaders import LARGEST, check_kind

MOST_FILES = 10_000
MOST_BYTES = 1 << 30  # of all files after unpacking
STEEPEST = 200  # times that a file may swell; text rarely packs to less than a fiftieth

_UTF8 = 0x800  # the flag of a name written in UTF-8
_GB2312 = re.compile(rb"(?:[\x00-\x7f]|[\xa1-\xa9\xb0-\xf7][\xa1-\xfe])+")


def members(path: Path, source: str) -> Iterator[Found]:
    """The documents in an archive; nothing is written to the disk.

    Args:
        path: the archive.
        source: its name in the knowledge base.

    Raises:
        SourceError: it is no archive, or holds too much.
    """
    with _opened(path) as archive:
        entries = [each for each in archive.infolist() if not each.is_dir() and not _hidden(_name(each))]
    if len(entries) > MOST_FILES or sum(each.file_size for each in entries) > MOST_BYTES:
        raise SourceError("The archive unpacks to more than is accepted.", "Split it.")
    if not entries:
        raise SourceError("The archive is empty.", "There is nothing to add.")
    shared = _Archive(path, len(entries))
    for entry in entries:
        yield _member(shared, entry, path, source)


def member(path: Path, inner: str) -> Found:
    """One document in an archive.

    Args:
        path: the archive.
        inner: the document's path in it.

    Raises:
        SourceError: it is no archive, or there is no such document in it.
    """
    with _opened(path) as archive:
        entries = [each for each in archive.infolist() if str(_inner(each)) == inner]
    for entry in entries:
        return _member(_Archive(path, 1), entry, path, path.name)
    raise SourceError("It is no longer in the archive.", "Remove it, or add the archive again.")


def _opened(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise SourceError("The archive is broken.", "Make it anew.") from error


def _name(entry: zipfile.ZipInfo) -> str:
    """A member's path; programs that leave out in which encoding it is use UTF-8, or the system's own."""
    if entry.flag_bits & _UTF8 or entry.filename.isascii():
        return entry.filename
    try:
        raw = entry.filename.encode("cp437")  # which zipfile took it for
    except UnicodeEncodeError:
        return entry.filename
    for encoding in ("utf-8", "gb18030" if _GB2312.fullmatch(raw) else "cp437"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return entry.filename


def _inner(entry: zipfile.ZipInfo) -> PurePosixPath:
    return PurePosixPath(_name(entry).replace("\\", "/"))


def _hidden(name: str) -> bool:
    return any(part.startswith((".", "__MACOSX")) and part != ".." for part in PurePosixPath(name).parts)


class _Archive:
    """An archive, open from the first of its documents that is read to the last.

    Args:
        path: where it is.
        count: how many documents it has.
    """

    def __init__(self, path: Path, count: int):
        self._path, self._left = path, count
        self._file: zipfile.ZipFile | None = None

    def read(self, entry: zipfile.ZipInfo, name: str) -> tuple[str, bytes]:
        """A document's file name and bytes."""
        self._left -= 1
        self._file = self._file or _opened(self._path)
        try:
            return name, _unpacked(self._file, entry, name)
        finally:
            if self._left <= 0:
                self._file.close()
                self._file = None


def _member(archive: _Archive, entry: zipfile.ZipInfo, path: Path, source: str) -> Found:
    inner = _inner(entry)
    location = f"{path}!/{inner}"
    if inner.is_absolute() or ".." in inner.parts or not inner.parts or ":" in inner.parts[0]:
        leads_out = SourceError("Its path leads out of the archive.", "It was left out.")
        return refused(f"{source}/{inner}", location, leads_out)
    return Found(f"{source}/{inner}", location, lambda: archive.read(entry, inner.name))


def _unpacked(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str) -> bytes:
    if name.lower().endswith(".zip"):
        raise SourceError("Archives in archives are not read.", "Unpack it and add it again.")
    check_kind(name)
    if entry.flag_bits & 1:
        raise SourceError("It is encrypted.", "Remove the archive's password.")
    if entry.file_size > LARGEST or entry.file_size > STEEPEST * max(entry.compress_size, 10_000):
        raise SourceError("It looks like a zip bomb.", "It was left out.")
    try:
        with archive.open(entry) as file:  # the size told may be a lie: never read more than it
            raw = file.read(entry.file_size + 1)
    except Exception as error:  # zlib's, lzma's and bz2's errors come through too
        raise SourceError("It is damaged in the archive.", "Make the archive anew.") from error
    if len(raw) > entry.file_size:
        raise SourceError("It holds more than it says.", "It was left out.")
    return raw

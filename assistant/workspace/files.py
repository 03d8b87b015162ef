"""Uploaded files: streamed to the disk, named as their owner named them, found again by name or id.

Data sets are the team's. What somebody attached to a conversation is theirs: others do not find it, but for admins.
"""

import errno
import hashlib
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path, PurePath
from typing import IO, Any

from sqlalchemy import ColumnElement, func, or_, select, true

from assistant.access.audit import record
from assistant.access.principal import Principal
from assistant.access.quotas import Quotas
from assistant.errors import BadRequest, BadSettings, Missing, TooLarge
from assistant.home import Home
from assistant.store.database import Database
from assistant.store.schema import files, now
from knowledge.errors import TeachingError
from tools.errors import OutOfSpace

CHUNK = 1 << 20
ATTACHED = "assistants"  # the purpose of what is attached to conversations
LONGEST_NAME = 240  # bytes; file systems take 255
DATASETS = {".csv", ".tsv", ".xlsx", ".jsonl", ".json", ".parquet", ".zip", ".conll"}
DOCUMENTS = {".pdf", ".docx", ".pptx", ".md", ".markdown", ".html", ".htm", ".txt", ".eml"}


def safe_name(name: str) -> str:
    """The last part of a file name without what file systems or pages trip over.

    Args:
        name: as a browser or a client sent it.

    Raises:
        BadRequest: nothing is left of it.
    """
    last = PurePath(name.replace("\\", "/")).name
    kept = "".join(c for c in last if c.isprintable() and c not in '<>:"|?*\0').strip(" .")[-120:]
    while len(kept.encode()) > LONGEST_NAME:
        kept = kept[1:]
    if not kept:
        raise BadRequest("The file has no usable name.", "Rename it and try again.", param="file")
    return kept


class FileStore:
    """The uploads of one home.

    Args:
        database: where the rows are.
        home: where the bytes are.
        limit: largest file accepted, in bytes.
        quotas: how much each person may keep.
    """

    def __init__(self, database: Database, home: Home, limit: int, quotas: Quotas | None = None):
        self._database, self._home, self._limit, self._quotas = database, home, limit, quotas

    def save(
        self,
        name: str,
        content: IO[bytes],
        user_id: str | None = None,
        purpose: str = ATTACHED,
        by: str | None = None,
    ) -> dict[str, Any]:
        """Store a file; where the newest of its name has the same content, that one is returned as it is.

        Args:
            name: the file's name; a path is cut to its last part.
            content: opened for reading bytes; read in pieces.
            user_id: who uploaded it.
            purpose: ``fine-tune`` or ``assistants``, as in the OpenAI API.
            by: who stores it for them, where it is not they.

        Raises:
            TooLarge: more bytes than the limit, or than the owner's quota has room for.
            OutOfSpace: the disk is full; nothing is kept.
        """
        name = safe_name(name)
        file_id = f"file-{secrets.token_hex(8)}"
        folder = self._home.uploads / file_id
        try:
            folder.mkdir(mode=0o700)
            digest, size = self._copy(content, folder / name)
            if same := self._same(name, digest, user_id, purpose):
                shutil.rmtree(folder)
                return same
            if self._quotas:
                self._quotas.check_storage(user_id, size)
        except OSError as error:
            shutil.rmtree(folder, ignore_errors=True)
            raise _unstored(name, error) from error
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        row = {
            "id": file_id,
            "name": name,
            "sha256": digest,
            "bytes": size,
            "path": f"{file_id}/{name}",
            "purpose": purpose,
            "user_id": user_id,
            "created_at": now(),
        }
        with self._database.begin() as connection:
            connection.execute(files.insert().values(**row))
            record(connection, "file uploaded", file_id, by or user_id, file=name, bytes=size)
        return row

    def _copy(self, content: IO[bytes], target: Path) -> tuple[str, int]:
        digest, size = hashlib.sha256(), 0
        with target.open("xb") as file:
            for piece in _pieces(content):
                size += len(piece)
                if size > self._limit:
                    raise TooLarge(
                        f"{target.name} is larger than {self._limit >> 20} MB.",
                        "Split it, or raise ASSISTANT_MAX_UPLOAD_MB.",
                    )
                digest.update(piece)
                file.write(piece)
        return digest.hexdigest(), size

    def _same(self, name: str, digest: str, user_id: str | None, purpose: str) -> dict[str, Any] | None:
        """The newest file of the name, if it is the same; an older one would not be found by its name any more."""
        newest = self.by_name(name, Principal(user_id, user_id, "member") if user_id else None)
        wanted = {"name": name, "sha256": digest, "purpose": purpose, "user_id": user_id}
        return newest if newest and wanted.items() <= newest.items() else None

    def get(self, file_id: str, who: Principal | None = None) -> dict[str, Any]:
        """One file's row.

        Args:
            file_id: the file.
            who: who asks, as in all methods; where left out it is the program itself, which finds everything.

        Raises:
            Missing: no such file, or it is another's.
        """
        row = self._database.row(select(files).where(files.c.id == file_id, _found_by(who)))
        if row is None:
            raise Missing(f"There is no file {file_id}.", "List the files to see their ids.", param="file_id")
        return row

    def by_name(self, name: str, who: Principal | None = None) -> dict[str, Any] | None:
        """The newest file of that name (or id), upper and lower case alike; another's last of all."""
        wanted = (func.lower(files.c.name) == name.lower()) | (files.c.id == name)
        order = [files.c.created_at.desc()]
        if who:
            order.insert(0, _theirs_or_the_teams(who).desc())
        return self._database.row(select(files).where(wanted, _found_by(who)).order_by(*order).limit(1))

    def all(self, who: Principal | None = None) -> list[dict[str, Any]]:
        """All rows, newest first."""
        return self._database.rows(select(files).where(_found_by(who)).order_by(files.c.created_at.desc()))

    def names(self, suffixes: set[str], who: Principal | None = None) -> list[str]:
        """Names of the files with one of these suffixes, newest first, each once."""
        rows = self.all(who)
        return list(
            dict.fromkeys(row["name"] for row in rows if Path(row["name"]).suffix.lower() in suffixes)
        )

    def path(self, row: dict[str, Any]) -> Path:
        """Where the bytes of a row are."""
        return self._home.uploads / row["path"]

    def opened(self, file_id: str, who: Principal) -> tuple[dict[str, Any], Path]:
        """A file's row and where its bytes are, for somebody who takes a copy; noted in the audit log.

        Raises:
            Missing: no such file, it is another's, or its bytes are gone.
        """
        row = self.get(file_id, who)
        path = self.path(row)
        if not path.is_file():
            raise Missing(f"The content of {row['name']} is gone.", "Upload it again.", param="file_id")
        record(self._database, "file downloaded", file_id, who.user_id, file=row["name"])
        return row, path

    def delete(self, file_id: str, who: Principal | None = None) -> None:
        """Remove a file's row and its bytes."""
        row = self.get(file_id, who)
        with self._database.begin() as connection:
            connection.execute(files.delete().where(files.c.id == file_id))
            record(connection, "file deleted", file_id, file=row["name"])
        shutil.rmtree(self.path(row).parent, ignore_errors=True)


def _theirs_or_the_teams(who: Principal) -> ColumnElement[bool]:
    return or_(files.c.purpose != ATTACHED, files.c.user_id.is_(None), files.c.user_id == who.user_id)


def _found_by(who: Principal | None) -> ColumnElement[bool]:
    """Which files somebody finds; the program itself and admins find all."""
    return true() if who is None or who.role == "admin" else _theirs_or_the_teams(who)


def _unstored(name: str, error: OSError) -> TeachingError:
    """Why a file could not be stored: a full disk, or a home that cannot be written."""
    why = f"{name} could not be stored: {error.strerror or type(error).__name__}."
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return OutOfSpace(why, "Free some space and upload it again.")
    return BadSettings(why, "Check that ASSISTANT_HOME is a folder that can be written.")


def _pieces(content: IO[bytes]) -> Iterator[bytes]:
    while piece := content.read(CHUNK):
        yield piece

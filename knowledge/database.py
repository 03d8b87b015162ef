"""The file of the knowledge base's database: its connections, transactions and facts about the whole."""

import contextlib
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from knowledge.errors import IndexDamaged, KnowledgeError
from knowledge.schema import VERSION, forget, upgrade
from knowledge.sqlite import write_ahead

PATIENCE = 120  # seconds to wait for another writer


class Database:
    """The database below one folder. Each thread has its own connection; several processes may read and write.

    Args:
        folder: made if need be, readable by its owner alone.

    Raises:
        IndexDamaged: the file is no database, or a newer program wrote it.
    """

    def __init__(self, folder: Path):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.path = folder / "knowledge.db"
        self._local = threading.local()
        with self.writing() as connection:
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            if version > VERSION:
                raise IndexDamaged("A newer version wrote this knowledge base.", "Update the program.")
            if version < VERSION:
                upgrade(connection, version)

    @property
    def connection(self) -> sqlite3.Connection:
        """This thread's connection."""
        if not hasattr(self._local, "connection"):
            self._local.connection = self._open()
        return self._local.connection

    def _open(self) -> sqlite3.Connection:
        try:
            connection = sqlite3.connect(
                self.path, timeout=PATIENCE, isolation_level=None, check_same_thread=False
            )
            write_ahead(connection)
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA secure_delete = ON")
        except sqlite3.DatabaseError as error:
            raise IndexDamaged(
                f"{self.path} cannot be opened: {error}.", "Move it away and add your documents again."
            ) from error
        return connection

    @contextlib.contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction; waits for other writers and is undone as a whole by any error.

        Raises:
            KnowledgeError: the disk is full, or another process keeps writing for minutes.
        """
        connection = self.connection
        try:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")
        except sqlite3.OperationalError as error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise KnowledgeError(
                f"The knowledge base cannot be written: {error}.", "Free some space and try again."
            ) from error

    def changes(self) -> int:
        """A number that grows with every change by any process."""
        return int(self.meta("changes") or 0)

    def meta(self, key: str) -> Any:
        """A fact about the whole base; None where unknown."""
        row = self.connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return row and row[0]

    def set_meta(self, key: str, value: Any) -> None:
        """Note a fact about the whole base."""
        with self.writing() as connection:
            connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    def _overwrite(self) -> None:
        """Write the word indexes without removed words, and empty the journal unless somebody reads at this moment."""
        with self.writing() as connection:
            forget(connection)
        self.connection.execute("PRAGMA busy_timeout = 200")  # who waits for a reader keeps all writers out
        try:
            with contextlib.suppress(sqlite3.OperationalError):
                self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            self.connection.execute(f"PRAGMA busy_timeout = {PATIENCE * 1000}")

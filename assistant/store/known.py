"""What was looked up in a database, remembered until something in the database changes."""

import sqlite3
import threading
import time
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar
from urllib.parse import quote

from sqlalchemy import Engine

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")
MOST = 10_000  # things remembered; then all are forgotten


class Stamp:
    """Something that is another one after each change of the database.

    SQLite counts the commits that connections other than the asking one have made (sqlite.org/pragma.html,
    ``data_version``), which costs microseconds on a connection of its own that never writes. Of other databases nothing
    so cheap is known: there it is the second that it is, so what is remembered is at most a second old.

    Args:
        engine: the database's.
    """

    def __init__(self, engine: Engine):
        self._sqlite = engine.dialect.name == "sqlite"
        self._path = engine.url.database or ""
        self._connection: sqlite3.Connection | None = None
        self._lock = threading.Lock()

    def read(self) -> Hashable:
        """The stamp of this moment."""
        if not self._sqlite:
            return int(time.monotonic())
        try:
            with self._lock:
                if self._connection is None:
                    self._connection = self._open()
                return self._connection.execute("PRAGMA data_version").fetchone()[0]
        except sqlite3.Error:  # nothing is known, so it is like no other
            return object()

    def _open(self) -> sqlite3.Connection:
        if self._path in ("", ":memory:"):
            raise sqlite3.OperationalError("another connection would be another database")
        address = f"file:{quote(self._path)}?mode=rw"  # never a new file
        return sqlite3.connect(address, timeout=0, check_same_thread=False, isolation_level=None, uri=True)

    def close(self) -> None:
        """Give the connection back."""
        with self._lock:
            if self._connection:
                self._connection.close()
                self._connection = None


class Known(Generic[Key, Value]):
    """A memory for one kind of look-up. Safe to share between threads.

    Args:
        stamp: the database's.
        look: looks a thing up; errors are not remembered.
    """

    def __init__(self, stamp: Stamp, look: Callable[[Key], Value]):
        self._stamp, self._look = stamp, look
        self._held: dict[Key, Value] = {}
        self._held_at: Hashable = None
        self._lock = threading.Lock()

    def find(self, key: Key) -> Value | None:
        """What is remembered of a thing and still holds; None where it must be looked up."""
        stamp = self._stamp.read()
        with self._lock:
            return self._held.get(key) if stamp == self._held_at else None

    def get(self, key: Key) -> Value:
        """A thing, remembered or looked up.

        Raises:
            Exception: what the looking up raises.
        """
        if (found := self.find(key)) is not None:
            return found
        stamp = self._stamp.read()  # first: what is read after it is as new, or newer
        found = self._look(key)
        with self._lock:
            if stamp != self._held_at or len(self._held) >= MOST:
                self._held, self._held_at = {}, stamp
            self._held[key] = found
        return found

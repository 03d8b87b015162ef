"""What an engine has been given, noted beside the base, since asking it for all its ids would take long.

An id is noted before it is handed over and struck off after it was taken back, so whatever is in the engine is noted,
wherever a process stopped.
"""

import contextlib
import secrets
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path

_TABLES = """
CREATE TABLE IF NOT EXISTS held (id INTEGER PRIMARY KEY, there INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS facts (key TEXT PRIMARY KEY, value NOT NULL) WITHOUT ROWID;
"""


class Held:
    """The notes, in one small file. Callers see that one process writes at a time.

    Args:
        path: of the file; made if need be. Without it the engine is filled anew, under another name.
    """

    def __init__(self, path: Path):
        self._path = path

    @contextlib.contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with contextlib.closing(sqlite3.connect(self._path, timeout=120)) as connection, connection:
            connection.executescript(_TABLES)
            yield connection

    def name(self, where: str) -> str:
        """The name of the base's collection in the engine at this address; a new one where it was in another."""
        with self._open() as connection:
            facts = dict(connection.execute("SELECT key, value FROM facts"))
            if facts.get("where") == where:
                return str(facts["name"])
            name = f"startup_assistant_{secrets.token_hex(6)}"
            connection.execute("DELETE FROM held")
            pairs = [("where", where), ("name", name)]
            connection.executemany("INSERT OR REPLACE INTO facts VALUES (?, ?)", pairs)
            return name

    def ids(self) -> tuple[set[int], set[int]]:
        """The ids that are there for certain, and all that may be."""
        with self._open() as connection:
            rows = connection.execute("SELECT id, there FROM held").fetchall()
        return {each for each, there in rows if there}, {each for each, _ in rows}

    def note(self, ids: Iterable[int], there: bool) -> None:
        """Ids are about to be handed over, or (``there``) have been."""
        with self._open() as connection:
            rows = [(each, there) for each in ids]
            connection.executemany("INSERT OR REPLACE INTO held VALUES (?, ?)", rows)

    def strike(self, ids: Iterable[int]) -> None:
        """Ids have been taken back."""
        with self._open() as connection:
            connection.executemany("DELETE FROM held WHERE id = ?", [(each,) for each in ids])

    def doubt(self) -> None:
        """Nothing is certain any more; all is handed over once again."""
        with self._open() as connection:
            connection.execute("UPDATE held SET there = 0")

    def forget(self) -> None:
        """The engine holds nothing."""
        with self._open() as connection:
            connection.execute("DELETE FROM held")

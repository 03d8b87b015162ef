"""SQLite as it is used here: several threads and processes on one file, its journal as a write-ahead log."""

import sqlite3
import time
from typing import Any

PATIENCE = 15  # seconds to wait for another process
PAUSE = 0.02


def write_ahead(connection: Any) -> None:
    """Keep the file's journal as a write-ahead log.

    SQLite does not wait here, whatever its timeout, where another process opens or closes the file at this moment
    (https://www.sqlite.org/wal.html, "Sometimes Queries Return SQLITE_BUSY In WAL Mode"): it is asked again.

    Args:
        connection: one of :mod:`sqlite3`, just opened.

    Raises:
        sqlite3.OperationalError: the file stays locked, or cannot be read.
    """
    until = time.monotonic() + PATIENCE
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > until:
                raise
            time.sleep(PAUSE)

"""Opening a file that another process holds at this moment."""

import sqlite3
import threading
from pathlib import Path

import pytest

from knowledge import sqlite as ours


def held(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.execute("CREATE TABLE a (b)")
    connection.execute("BEGIN EXCLUSIVE")
    return connection


def test_the_journal_is_changed_as_soon_as_another_lets_go(tmp_path: Path):
    other = held(tmp_path / "a.db")
    threading.Timer(0.2, other.commit).start()
    connection = sqlite3.connect(tmp_path / "a.db", timeout=0)
    ours.write_ahead(connection)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_it_gives_up_in_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(ours, "PATIENCE", 0.1)
    other = held(tmp_path / "a.db")
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        ours.write_ahead(sqlite3.connect(tmp_path / "a.db", timeout=0))
    other.close()

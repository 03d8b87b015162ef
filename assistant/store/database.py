"""One database: SQLite in the home, or PostgreSQL by URL. Opening it applies the migrations that are missing."""

import contextlib
import importlib
import json
import math
import pkgutil
import re
from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, OperationalError

from assistant.errors import BadSettings, Conflict
from assistant.store import migrations
from assistant.store.known import Stamp
from knowledge.sqlite import PATIENCE, write_ahead

KEPT = "once kept"
HOLD = 7_042_026  # number of PostgreSQL's advisory lock, under which one process at a time migrates


class Database:
    """A connection pool over a migrated database.

    Args:
        url: an SQLAlchemy URL; ``postgresql://`` is taken as psycopg's.

    Attributes:
        stamp: says whether anything may have changed; see :mod:`assistant.store.known`.

    Raises:
        BadSettings: the URL cannot be used or the server does not answer.
        Conflict: a newer version of the program has written this database.
    """

    def __init__(self, url: str):
        self.url = url
        self.engine = _engine(url)
        self.stamp = Stamp(self.engine)
        try:
            with self.begin() as connection:
                migrate(connection)
        except OperationalError as error:
            raise BadSettings(
                f"The database cannot be opened: {str(error.orig).splitlines()[0]}.",
                "Check ASSISTANT_DATABASE_URL and that its server runs and its disk has room.",
            ) from error

    @contextlib.contextmanager
    def begin(self) -> Iterator[Connection]:
        """A transaction: committed at the end of the block, rolled back on an error.

        SQLite's starts as a writer at once (``BEGIN IMMEDIATE``), so that two processes never deadlock in the middle.
        """
        with self.engine.connect().execution_options(writes=True) as connection:
            kept: list[Callable[[], None]] = []
            connection.info[KEPT] = (
                kept  # of the connection that a pool gives again: anew for each transaction
            )
            with connection.begin():
                yield connection
        for call in kept:
            call()

    @staticmethod
    def once_kept(connection: Connection, call: Callable[[], None]) -> None:
        """Call something when a transaction of :meth:`begin` has been committed, and never where it is rolled back."""
        connection.info[KEPT].append(call)

    def rows(self, query: Any) -> list[dict[str, Any]]:
        """All rows of a select as dictionaries."""
        with self.engine.connect() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]

    def row(self, query: Any) -> dict[str, Any] | None:
        """The first row of a select, or None."""
        found = self.rows(query)
        return found[0] if found else None

    def run(self, statement: Any) -> int:
        """Execute one write and return how many rows it touched."""
        with self.begin() as connection:
            return connection.execute(statement).rowcount

    def overwrite(self) -> None:
        """See that what was deleted is not in SQLite's journal any more; the file itself is overwritten at once."""
        if self.engine.dialect.name == "sqlite":
            raw = self.engine.raw_connection()
            try:
                raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
            finally:
                raw.close()

    def close(self) -> None:
        """Give the connections back."""
        self.stamp.close()
        self.engine.dispose()


def _engine(url: str) -> Engine:
    try:
        parsed = make_url(url)
        if parsed.drivername in ("postgres", "postgresql"):
            parsed = parsed.set(drivername="postgresql+psycopg")
        ping = not parsed.drivername.startswith("sqlite")
        engine = create_engine(parsed, pool_pre_ping=ping, json_serializer=to_json)
    except (ArgumentError, NoSuchModuleError, ImportError) as error:
        raise BadSettings(
            f"The database URL cannot be used: {error}.",
            "Give sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME (pip install 'startup-assistant[postgres]').",
        ) from error
    if engine.dialect.name not in ("sqlite", "postgresql"):
        raise BadSettings(f"{engine.dialect.name} databases are not supported.", "Use SQLite or PostgreSQL.")
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _tune_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def to_json(value: Any) -> str:
    """JSON for a column; NaN and infinities (a loss that ran away) are no JSON and become null."""
    return json.dumps(_finite(value), ensure_ascii=False, allow_nan=False, default=str)


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {str(key): _finite(each) for key, each in value.items()}
    return [_finite(each) for each in value] if isinstance(value, list | tuple) else value


def _tune_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # SQLAlchemy's begin event starts the transactions
    connection.execute(f"PRAGMA busy_timeout={PATIENCE * 1000}")
    write_ahead(connection)
    for pragma in ("synchronous=NORMAL", "secure_delete=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def known_migrations() -> dict[int, str]:
    """Numbers and module names of the migrations in this version of the program."""
    names = (module.name for module in pkgutil.iter_modules(migrations.__path__))
    return {int(found[1]): name for name in names if (found := re.match(r"m(\d{4})_", name))}


def migrate(connection: Connection) -> list[int]:
    """Apply the migrations that this database has not had, in order, and return their numbers.

    Raises:
        Conflict: a newer version of the program has written this database.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": HOLD})
    connection.execute(text("CREATE TABLE IF NOT EXISTS migrations (number INTEGER PRIMARY KEY)"))
    done = {row[0] for row in connection.execute(text("SELECT number FROM migrations"))}
    known = known_migrations()
    if unknown := done - known.keys():
        raise Conflict(
            f"This database is newer than the program (migration {max(unknown)}).", "Update the program."
        )
    missing = sorted(known.keys() - done)
    for number in missing:
        importlib.import_module(f"{migrations.__name__}.{known[number]}").upgrade(connection)
        connection.execute(text("INSERT INTO migrations (number) VALUES (:n)"), {"n": number})
    return missing

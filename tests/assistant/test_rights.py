"""A copy of what is kept about a person, its deletion, and what is deleted by itself."""

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from assistant.access.principal import Principal
from assistant.agent import rights
from assistant.application import Application
from assistant.errors import BadRequest, Conflict
from assistant.settings import Settings
from assistant.store import schema

CANARY = "hello there, seventeen umbrellas"


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Application]:
    application = Application(Settings(home=tmp_path / "home"))
    application.users.owner()
    yield application
    application.close()


def _busy(app: Application, name: str) -> dict:
    """A user with a conversation, an upload, a key, a session, a picture and a job."""
    user = app.users.add(name)
    who = Principal(user["id"], name, "member")
    list(app.agent.turn(who, f"{CANARY} {name.lower()}17"))
    source = app.home.root / "a.csv"
    source.write_text(f"text,label\n{CANARY} {name.lower()}17,a\n")
    with source.open("rb") as file:
        app.files.save(f"{name}.csv", file, user["id"])
    source.unlink()
    app.keys.create(user_id=user["id"])
    app.sessions.create(user["id"])
    picture = app.artifacts.new_path(".png")
    picture.write_bytes(b"picture")
    app.artifacts.record("plot", "a plot", picture, user["id"])
    app.jobs.submit("finetune", {}, user["id"])
    return user


def _bytes_of(home: Path) -> bytes:
    return b"".join(
        path.read_bytes() for path in home.rglob("*") if path.is_file() and "logs" not in path.parts
    )


def test_a_copy_holds_all_that_is_a_users_and_nothing_of_others(app: Application, tmp_path: Path) -> None:
    ann, _ = _busy(app, "Ann"), _busy(app, "Bo")
    told = app.rights.export(ann, tmp_path / "ann.zip")
    assert (told["conversations"], told["files"]) == (1, 2)
    with zipfile.ZipFile(tmp_path / "ann.zip") as archive:
        names = archive.namelist()
        everything = b"".join(archive.read(name) for name in names).decode()
        talk = json.loads(archive.read(next(name for name in names if name.startswith("conversations/"))))
    assert {"users.json", "keys.json", "sessions.json", "jobs.json", "audit.json"} <= set(names)
    assert f"{CANARY} ann17" in str(talk) and "bo17" not in everything
    assert "secret_hash" not in everything and "token_hash" not in everything
    with pytest.raises(BadRequest, match="exists already"):
        app.rights.export(ann, tmp_path / "ann.zip")


def test_erasing_leaves_nothing_of_theirs_and_all_of_others(app: Application) -> None:
    ann, bo = _busy(app, "Ann"), _busy(app, "Bo")
    told = app.rights.erase(ann)
    assert (told["conversations"], told["files"]) == (1, 1)
    for table in rights._tables():
        if table.name not in rights.KEPT:
            assert not app.database.rows(select(table).where(rights._whose(table) == ann["id"])), table.name
    app.close()  # and with it SQLite's journals
    kept = _bytes_of(app.home.root)
    assert f"{CANARY} ann17".encode() not in kept and f"{CANARY} bo17".encode() in kept
    app = Application(app.settings)
    assert app.users.get(bo["id"]) and len(app.agent.threads.list(bo["id"])) == 1
    assert len(app.jobs.list()) == 2 and app.audit.verify()["intact"]
    with pytest.raises(Conflict, match="ASSISTANT_HOME"):
        app.rights.erase(app.users.owner())
    app.close()


def test_every_table_that_names_a_user_is_decided_on() -> None:
    named = {table.name for table in rights._tables()}
    assert named == rights.ERASED | rights.UNNAMED | rights.KEPT


def test_old_conversations_go_by_themselves(app: Application) -> None:
    ann = _busy(app, "Ann")
    assert app.rights.expire(30) == {"conversations": 0, "visits": 0, "handoffs": 0}
    old = "2020-01-01T00:00:00.000000+00:00"
    app.database.run(schema.threads.update().values(updated_at=old))
    row = {"key_id": "key-1", "created_at": old}
    app.database.run(schema.handoffs.insert().values(id="1", status="open", **row))
    app.database.run(schema.handoffs.insert().values(id="2", status="closed", **row))
    app.database.run(schema.visits.insert().values(id="3", updated_at=old, **row))
    assert app.rights.expire(30) == {"conversations": 1, "visits": 1, "handoffs": 1}
    assert app.agent.threads.list(ann["id"]) == []
    assert app.audit.entries(1)[0]["action"] == "old data deleted"

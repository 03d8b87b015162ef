"""A copy of what is kept about a person, its deletion, and what is deleted by itself."""

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import null, select

from assistant.access.principal import Principal
from assistant.agent import kept, rights
from assistant.agent.events import Done
from assistant.application import Application
from assistant.errors import BadRequest, Conflict, Missing
from assistant.settings import Settings
from assistant.store import schema
from tools.errors import NotFound

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
    held = _bytes_of(app.home.root)
    assert f"{CANARY} ann17".encode() not in held and f"{CANARY} bo17".encode() in held
    app = Application(app.settings)
    assert app.users.get(bo["id"]) and len(app.agent.threads.list(bo["id"])) == 1
    assert len(app.jobs.list()) == 2 and app.audit.verify()["intact"]
    with pytest.raises(Conflict, match="ASSISTANT_HOME"):
        app.rights.erase(app.users.owner())
    app.close()


def test_who_was_taken_out_can_still_be_exported_and_erased(app: Application, tmp_path: Path) -> None:
    ann = _busy(app, "Ann")
    app.users.remove(ann["id"])
    with pytest.raises(Missing, match="audit list"):
        app.rights.person("Ann")
    gone = app.rights.person(ann["id"])
    assert app.rights.export(gone, tmp_path / "ann.zip")["conversations"] == 1
    assert app.rights.erase(gone)["conversations"] == 1 and app.agent.threads.list(ann["id"]) == []
    with pytest.raises(Missing):
        app.rights.person(ann["id"])


def test_what_is_attached_to_a_conversation_is_its_users(app: Application) -> None:
    ann, bo = (Principal(app.users.add(name)["id"], name, "member") for name in ("Ann", "Bo"))
    private = app.files.save("notes.csv", io.BytesIO(b"a,b\n1,2\n"), ann.user_id)
    team = app.files.save("team.csv", io.BytesIO(b"a,b\n"), ann.user_id, "fine-tune")
    assert app.workspace(bo).datasets() == ["team.csv"]
    for look in (
        lambda: app.files.get(private["id"], bo),
        lambda: app.files.delete(private["id"], bo),
        lambda: app.files.opened(private["id"], bo),
        lambda: app.workspace(bo).dataset("notes.csv"),
        lambda: app.workspace(bo).document(private["id"]),
    ):
        with pytest.raises((Missing, NotFound)):
            look()
    own = app.files.save("notes.csv", io.BytesIO(b"c,d\n"), bo.user_id)
    assert app.workspace(ann).dataset("notes") == app.files.path(private)
    assert app.workspace(bo).dataset("notes.csv") == app.files.path(own)
    admin = Principal.owner()
    assert len(app.files.all(admin)) == 3 and app.files.opened(private["id"], admin)[0] == private
    assert app.audit.entries(1)[0]["action"] == "file downloaded"
    app.files.delete(team["id"], bo)


def test_every_table_that_names_a_user_is_decided_on() -> None:
    named = {table.name for table in rights._tables()}
    assert named == rights.ERASED | rights.UNNAMED | rights.KEPT


def test_old_conversations_go_by_themselves(app: Application) -> None:
    ann = _busy(app, "Ann")
    who = Principal(ann["id"], "Ann", "member")
    for name in ("notes.txt", "kept.txt"):
        app.files.save(name, io.BytesIO(CANARY.encode()), ann["id"])
    attached = next(iter(app.agent.threads.list(ann["id"])))["id"]
    list(app.agent.turn(who, "hello", attached, ["notes.txt", "kept.txt"]))
    nothing = {"conversations": 0, "files": 0, "visits": 0, "handoffs": 0}
    assert app.rights.expire(30) == nothing
    old = "2020-01-01T00:00:00.000000+00:00"
    app.database.run(schema.threads.update().values(updated_at=old))
    app.database.run(schema.files.update().values(created_at=old))
    list(app.agent.turn(who, "hello", None, ["kept.txt"]))
    row = {"key_id": "key-1", "created_at": old}
    app.database.run(schema.handoffs.insert().values(id="1", status="open", **row))
    app.database.run(schema.handoffs.insert().values(id="2", status="closed", **row))
    app.database.run(schema.visits.insert().values(id="3", updated_at=old, **row))
    assert app.rights.expire(30) == {"conversations": 1, "files": 2, "visits": 1, "handoffs": 2}
    assert len(app.agent.threads.list(ann["id"])) == 1
    assert {each["name"] for each in app.files.all()} == {"kept.txt"}
    assert app.audit.entries(1)[0]["action"] == "old data deleted"


def test_a_deleted_conversation_leaves_no_attachment_and_no_picture(app: Application) -> None:
    who = Principal(app.users.add("Ann")["id"], "Ann", "member")
    for name in ("notes.txt", "both.txt", "waits.csv"):
        app.files.save(name, io.BytesIO(CANARY.encode()), who.user_id)
    bos = app.files.save("notes.txt", io.BytesIO(b"of Bo"), app.users.add("Bo")["id"])
    ended = list(app.agent.turn(who, "hello", None, ["notes.txt", "both.txt", "waits.csv"]))[-1]
    assert isinstance(ended, Done)
    list(app.agent.turn(who, "hello", None, ["both.txt"]))
    waits = app.files.by_name("waits.csv", who)
    app.jobs.submit("finetune", {"data": str(app.files.path(waits))}, who.user_id)
    picture = app.artifacts.new_path(".html")
    picture.write_text(CANARY)
    app.artifacts.record("html", "an explanation", picture, who.user_id, ended.thread)
    app.agent.forget(who, ended.thread)
    assert not picture.exists() and not app.database.rows(select(schema.artifacts))
    assert {row["name"] for row in app.files.all(who)} == {"both.txt", "waits.csv"}
    assert app.files.path(bos).read_bytes() == b"of Bo"


def test_what_was_attached_is_known_without_reading_other_conversations(
    app: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    who = Principal(app.users.add("Ann")["id"], "Ann", "member")
    for name in ("one.txt", "both.txt"):
        app.files.save(name, io.BytesIO(CANARY.encode()), who.user_id)
    first, second = (list(app.agent.turn(who, "hello", None, [name]))[-1] for name in ("both.txt", "one.txt"))
    assert isinstance(first, Done) and isinstance(second, Done)
    list(app.agent.turn(who, "hello again", second.thread, ["both.txt"]))
    older = schema.threads.c.id == second.thread  # as an earlier version left it
    app.database.run(schema.threads.update().where(older).values(files=null()))
    read: list[str] = []
    messages = kept.messages_of
    monkeypatch.setattr(kept, "messages_of", lambda graph, each: read.append(each) or messages(graph, each))
    app.agent.forget(who, first.thread)
    assert read == [second.thread] and len(app.files.all(who)) == 2
    third = list(app.agent.turn(who, "hello", None, ["one.txt"]))[-1]
    assert isinstance(third, Done)
    read.clear()
    app.agent.forget(who, second.thread)
    assert read == [] and [row["name"] for row in app.files.all(who)] == ["one.txt"]
    app.agent.forget(who, third.thread)
    assert read == [] and app.files.all(who) == []


def test_what_is_needed_elsewhere_outlives_its_conversation(app: Application, tmp_path: Path) -> None:
    who = Principal(app.users.add("Ann")["id"], "Ann", "member")
    with zipfile.ZipFile(tmp_path / "handbook.zip", "w") as archive:
        archive.writestr("leave.md", "# Leave\n\nThirty days a year.")
    names = ("failed.csv", "cancelled.csv", "learned.csv", "labelled.csv", "done.csv", "plain.txt")
    paths = {}
    for name in (*names, "handbook.zip"):
        raw = (tmp_path / name).read_bytes() if name.endswith(".zip") else f"{name},b\n".encode()
        row = app.files.save(name, io.BytesIO(raw), who.user_id)
        paths[name] = (row["id"], str(app.files.path(row)))
    ended = list(app.agent.turn(who, "hello", None, list(paths)))[-1]
    assert isinstance(ended, Done)
    copied = app.files.save(
        "plain.txt", io.BytesIO(b"plain.txt,label\n"), who.user_id
    )  # as labelling makes one
    for status in ("failed", "cancelled"):
        number = int(app.jobs.submit("finetune", {"data": paths[f"{status}.csv"][1]}, who.user_id)["id"][4:])
        app.database.run(schema.jobs.update().where(schema.jobs.c.number == number).values(status=status))
    done = int(app.jobs.submit("benchmark", {"data": paths["done.csv"][1]}, who.user_id)["id"][4:])
    app.database.run(schema.jobs.update().where(schema.jobs.c.number == done).values(status="succeeded"))
    lineage = {"data": {"path": paths["learned.csv"][1]}}
    app.database.run(schema.models.insert().values(name="router", versions=1))
    app.database.run(schema.model_versions.insert().values(name="router", version=1, lineage=lineage))
    label = {"file_id": paths["labelled.csv"][0], "column_name": "b", "row_number": 1, "label": "x"}
    app.database.run(schema.row_labels.insert().values(**label))
    app.knowledge.add([paths["handbook.zip"][1]])
    app.agent.forget(who, ended.thread)
    left = {paths[name][0] for name in paths if name not in ("done.csv", "plain.txt")}
    assert {row["id"] for row in app.files.all(who)} == left | {copied["id"]}


def test_a_copy_holds_what_placeholders_stand_for_and_is_its_owners_alone(
    app: Application, tmp_path: Path
) -> None:
    ann = app.users.add("Ann")
    who = Principal(ann["id"], "Ann", "member")
    ended = list(app.agent.turn(who, "hello, I am ann.quill@example.org"))[-1]
    row = {"id": "appr-1", "thread_id": ended.thread, "tool": "deploy_model", "status": "open"}
    app.database.run(schema.approvals.insert().values(**row))
    app.rights.export(ann, tmp_path / "ann.zip")
    assert (tmp_path / "ann.zip").stat().st_mode & 0o777 == 0o600
    with zipfile.ZipFile(tmp_path / "ann.zip") as archive:
        talk = json.loads(archive.read(f"conversations/{ended.thread}.json"))
        assert json.loads(archive.read("approvals.json"))[0]["id"] == "appr-1"
    assert talk["values"] == {"<EMAIL_ADDRESS>": "ann.quill@example.org"}
    (app.home.root / "vault.key").write_bytes(bytes(32))  # a home that was restored without its key
    app.rights.export(ann, tmp_path / "again.zip")
    with zipfile.ZipFile(tmp_path / "again.zip") as archive:
        talk = json.loads(archive.read(f"conversations/{ended.thread}.json"))
    assert talk["values"] == {"<EMAIL_ADDRESS>": None}


def test_a_visitor_is_exported_and_erased_by_the_name_a_site_or_they_themselves_gave(
    app: Application, tmp_path: Path
) -> None:
    for visit, person in (("p-1", "shop-17"), ("p-2", "shop-18")):
        app.visits.note(visit, "key-1", "https://shop.example", person)
        list(app.agent.turn(Principal(f"visitor-{visit}", "visitor", "visitor"), f"hello from {person}"))
    left = ("key-1", "https://shop.example", "Jo@mail.example", "call me", None, [])
    app.visits.hand_off("p-1", *left, person="shop-17")
    app.visits.hand_off("anonymous", *left)
    with pytest.raises(Missing, match="No visitor"):
        app.rights.visitor("shop-17", "key-2")
    found = app.rights.visitor("jo@mail.example", "key-1")
    assert set(found["ids"]) == {"visitor-p-1", "visitor-anonymous"}
    assert app.rights.export(found, tmp_path / "jo.zip")["conversations"] == 1
    with zipfile.ZipFile(tmp_path / "jo.zip") as archive:
        assert len(json.loads(archive.read("handoffs.json"))) == 2
        assert [each["person"] for each in json.loads(archive.read("visits.json"))] == ["shop-17"]
    app.rights.erase(found)
    assert app.visits.handoffs() == []
    assert [each["person"] for each in app.visits.transcripts()] == ["shop-18"]
    with pytest.raises(Missing):
        app.rights.visitor("shop-17")


def test_who_is_erased_is_not_named_beside_what_they_did(app: Application) -> None:
    ann = app.users.add("Ann")
    left = app.visits.hand_off("v", "key-1", "https://shop.example", "jo@mail.example", "", None, [])
    app.visits.close(left["id"], ann["id"])
    row = {"id": "appr-1", "thread_id": "thr-of-another", "decided_by": ann["id"], "status": "done"}
    app.database.run(schema.approvals.insert().values(**row))
    app.keys.create(made_by=ann["id"])
    app.rights.erase(ann)
    assert app.keys.list()[0]["made_by"] is None
    assert app.visits.handoffs()[0]["closed_by"] is None
    assert app.database.row(select(schema.approvals))["decided_by"] is None

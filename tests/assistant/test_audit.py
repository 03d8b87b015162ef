"""The audit log: what it records, and that nobody changes it unseen."""

import json
from pathlib import Path

import pytest
import structlog
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from assistant.access import audit
from assistant.access.audit import AuditLog, acting, record
from assistant.access.keys import KeyStore
from assistant.access.limits import network_of
from assistant.access.principal import Principal
from assistant.access.refusals import Refusals
from assistant.access.users import UserStore
from assistant.store.database import Database


@pytest.fixture(autouse=True)
def nobody():
    """Whoever acted in another test acts no more."""
    before = audit._acting.set(None)
    yield
    audit._acting.reset(before)


@pytest.fixture
def database(tmp_path: Path):
    opened = Database(f"sqlite:///{tmp_path / 'a.db'}")
    yield opened
    opened.close()


def test_who_did_what_to_which_object_when_and_from_where(database: Database):
    acting(Principal("user-1", "Ann", "admin", "key-1"), "10.0.0.7", "req-9")
    key = KeyStore(database).create("viewer")
    entry = AuditLog(database).entries()[0]
    told = {
        name: entry[name]
        for name in ("user_id", "name", "key_id", "source", "request_id", "action", "object")
    }
    assert told == {
        "user_id": "user-1",
        "name": "Ann",
        "key_id": "key-1",
        "source": "10.0.0.7",
        "request_id": "req-9",
        "action": "key created",
        "object": key["id"],
    }
    assert entry["details"] == {"role": "viewer", "user": "owner"}
    assert entry["at"].startswith("20")
    assert key["secret"] not in str(AuditLog(database).entries())


def test_the_chain_holds_and_shows_a_changed_or_missing_entry(database: Database, tmp_path: Path):
    acting(Principal("owner", "owner", "admin"), "command line")
    log = AuditLog(database)
    assert log.verify() == {"entries": 0, "intact": True, "broken_at": None, "head": "0" * 64}
    users = UserStore(database)
    for name in ("Ann", "Bo", "Cy", "Di"):
        users.add(name)
    record(database, "odd", "thing", loss=float("nan"), share=0.1, text="mail ann@example.com")
    assert log.entries(1)[0]["details"] == {"loss": None, "share": 0.1, "text": "mail <hidden>"}
    assert log.verify()["intact"]
    assert log.verify()["entries"] == 5
    other = create_engine(f"sqlite:///{tmp_path / 'a.db'}")
    with other.begin() as connection:  # who has the file can drop the triggers
        connection.execute(text("DROP TRIGGER audit_kept_UPDATE"))
        connection.execute(text("DROP TRIGGER audit_kept_DELETE"))
        connection.execute(text("UPDATE audit SET name = 'Eve' WHERE number = 3"))
    assert log.verify() == {**log.verify(), "intact": False, "broken_at": 3}
    with other.begin() as connection:
        connection.execute(text("UPDATE audit SET name = 'owner' WHERE number = 3"))
    assert log.verify()["intact"]
    with other.begin() as connection:
        connection.execute(text("DELETE FROM audit WHERE number = 2"))
    assert log.verify()["broken_at"] == 3
    other.dispose()


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE audit SET action = 'nothing'",
        "DELETE FROM audit",
        "INSERT OR REPLACE INTO audit SELECT * FROM audit WHERE number = 1",
        "REPLACE INTO audit (number, action) VALUES (1, 'nothing')",
    ],
)
def test_the_database_refuses_changes(database: Database, change: str):
    UserStore(database).add("Ann")
    with pytest.raises(DBAPIError, match="only added to"), database.begin() as connection:
        connection.execute(text(change))
    assert AuditLog(database).verify() == {**AuditLog(database).verify(), "entries": 1, "intact": True}


def test_a_log_tells_what_was_cut_off_at_the_end(database: Database, tmp_path: Path):
    for name in ("Ann", "Bo", "Cy"):
        UserStore(database).add(name)
    log = AuditLog(database)
    lines = [
        json.dumps({"event": "audit", "number": each["number"], "hash": each["hash"]})
        for each in log.everything()
    ]
    told = audit.told_in(["", "no JSON", '{"event": "other"}', *lines[1:]])
    assert set(told) == {2, 3} and log.verify(told)["intact"]
    other = create_engine(f"sqlite:///{tmp_path / 'a.db'}")
    with other.begin() as connection:
        connection.execute(text("DROP TRIGGER audit_kept_DELETE"))
        connection.execute(text("DELETE FROM audit WHERE number = 3"))
    other.dispose()
    assert log.verify()["intact"] and log.verify(told)["broken_at"] == 3
    assert log.verify({1: "another hash"})["broken_at"] == 1


def test_refusals_are_entered_once_a_minute_with_how_many_there_were(database: Database):
    now = [0.0]
    refusals = Refusals(database, lambda: now[0])
    for _ in range(5):
        refusals.note("10.0.0.7", "a key")
    refusals.note("10.0.0.8", "a link", "too old")
    now[0] = 61.0
    refusals.note("10.0.0.7", "a key")
    entries = AuditLog(database).entries(action="sign-in refused")
    assert [(each["source"], each["details"]) for each in entries] == [
        ("10.0.0.7", {"by": "a key", "times": 5}),
        ("10.0.0.8", {"by": "a link", "why": "too old", "times": 1}),
        ("10.0.0.7", {"by": "a key", "times": 1}),
    ]


def test_a_flood_from_many_addresses_does_not_fill_the_log(database: Database):
    now = [0.0]
    refusals = Refusals(database, lambda: now[0])
    for host in range(300):  # one subscriber has 2**64 of them
        refusals.note(f"2001:db8:0:7::{host:x}", "a key")
    for host in range(300):
        refusals.note(f"10.0.{host // 256}.{host % 256}", "a key")
    log = AuditLog(database)
    assert len(log.entries(action="sign-in refused")) == 60
    now[0] = 100.0  # the flood is over: what came after its entries is told with the next refusal
    for _ in range(5):
        now[0] += 100
        refusals.note("10.9.9.9", "a link")
    told = [each["details"]["times"] for each in log.entries(1000, action="sign-in refused")]
    assert sum(told) == 600 + 5 and max(told) == 299


def test_a_refusal_that_cannot_be_entered_is_a_refusal_all_the_same(
    database: Database, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(database, "engine", create_engine("sqlite:////no/such/folder/a.db"))
    Refusals(database).note("10.0.0.7", "a key")


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("10.0.0.7", "10.0.0.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:10.0.0.7", "10.0.0.7"),
        ("unknown", "unknown"),
    ],
)
def test_a_subscriber_counts_as_one(address: str, network: str):
    assert network_of(address) == network


def test_what_is_rolled_back_was_not_done_and_no_log_tells_of_it(database: Database):
    with structlog.testing.capture_logs() as logs:
        with pytest.raises(RuntimeError), database.begin() as connection:
            record(connection, "user removed", "user-1")
            raise RuntimeError
        assert AuditLog(database).entries() == [] and logs == []
        record(database, "user removed", "user-2")
    told = audit.told_in(json.dumps(each) for each in logs)
    assert set(told) == {1} and AuditLog(database).verify(told)["intact"]


def test_entries_by_page_user_and_action(database: Database):
    users, log = UserStore(database), AuditLog(database)
    acting(Principal("owner", "owner", "admin"), "command line")
    for name in ("Ann", "Bo", "Cy"):
        users.add(name)
    acting(Principal("user-7", "Ann", "admin"), "10.0.0.7")
    users.link(users.by_name("Bo")["id"])
    assert [entry["number"] for entry in log.entries(2)] == [4, 3]
    assert [entry["number"] for entry in log.entries(2, before=3)] == [2, 1]
    assert [entry["action"] for entry in log.entries(user="Ann")] == ["sign-in link made"]
    assert len(log.entries(action="user")) == 3
    assert len(list(log.everything())) == 4

"""Users, sessions, keys, roles and limits."""

from pathlib import Path

import pytest

from assistant.access.keys import KeyStore, check_origin
from assistant.access.limits import Limiter
from assistant.access.principal import Principal
from assistant.access.roles import MAY, allow, may
from assistant.access.sessions import SessionStore
from assistant.access.users import UserStore
from assistant.errors import BadRequest, Conflict, Forbidden, Missing, TooMany, Unauthenticated
from assistant.store import schema
from assistant.store.database import Database


@pytest.fixture
def database(tmp_path: Path):
    opened = Database(f"sqlite:///{tmp_path / 'a.db'}")
    yield opened
    opened.close()


def stored(database: Database) -> str:
    with database.engine.connect() as connection:
        return "".join(connection.connection.driver_connection.iterdump())


def test_a_sign_in_link_works_once(database: Database):
    users = UserStore(database)
    token = users.link()
    assert token not in stored(database)
    assert users.redeem(token)["role"] == "admin"
    with pytest.raises(Unauthenticated, match="used"):
        users.redeem(token)
    with pytest.raises(Unauthenticated):
        users.redeem("made up")
    with pytest.raises(Unauthenticated):
        users.redeem(users.link(hours=-1))


def test_users_are_added_listed_changed_and_removed(database: Database):
    users, sessions, keys = UserStore(database), SessionStore(database), KeyStore(database)
    users.owner()
    ann = users.add("Ann", "member")
    assert [user["name"] for user in users.list()] == ["owner", "Ann"]
    with pytest.raises(Conflict, match="Ann"):
        users.add(" Ann ")
    with pytest.raises(BadRequest, match="role"):
        users.add("Bob", "king")
    with pytest.raises(BadRequest):
        users.add("a\x00b")
    cookie, key = sessions.create(ann["id"]), keys.create("member", user_id=ann["id"])["secret"]
    users.set_role(ann["id"], "viewer")
    assert sessions.principal(cookie).role == "viewer"
    assert keys.authenticate(key).role == "viewer", "a key never may more than its user"
    users.remove(ann["id"])
    for call, secret in ((sessions.principal, cookie), (keys.authenticate, key)):
        with pytest.raises(Unauthenticated):
            call(secret)
    with pytest.raises(Missing):
        users.get(ann["id"])
    with pytest.raises(Conflict):
        users.remove("owner")


def test_names_are_nobodys_id_and_one_persons_in_any_case(database: Database):
    users = UserStore(database)
    ann = users.add("o'neill@firm.example")
    for taken in ("owner", "Owner", ann["id"], "key-0123456789ab", "visitor-p-1"):
        with pytest.raises(BadRequest, match="cannot be used"):
            users.add(taken)
    with pytest.raises(Conflict, match="already"):
        users.add("O'Neill@firm.example")
    assert users.rename(ann["id"], "Ann")["name"] == "Ann"
    with pytest.raises(Conflict):
        users.rename(users.add("Bo")["id"], "ann")
    with pytest.raises(Conflict, match="owner"):
        users.rename(users.owner()["id"], "Boss")


def test_a_service_finds_its_person_in_any_case(database: Database):
    users = UserStore(database)
    carl = users.add("Carl@firm.example", "admin")
    assert users.signed_in_by("https://id 1", "carl@firm.example", "member")["id"] == carl["id"]
    assert len(users.list()) == 1
    with pytest.raises(Forbidden):  # another person of that address
        users.signed_in_by("https://id 2", "CARL@firm.example", "member")


def test_sessions_end(database: Database):
    users, sessions = UserStore(database), SessionStore(database)
    cookie = sessions.create(users.owner()["id"])
    assert cookie not in stored(database)
    assert sessions.principal(cookie) == Principal.owner()
    sessions.end(cookie)
    for bad in (cookie, sessions.create("owner", days=-1), "", "\ud800"):
        with pytest.raises(Unauthenticated):
            sessions.principal(bad)


def test_a_program_has_conversations_of_its_own(database: Database):
    keys = KeyStore(database)
    made = keys.create("viewer", user_id=None)
    assert keys.authenticate(made["secret"]) == Principal(made["id"], made["id"], "viewer", made["id"])
    keys.revoke(made["id"])
    with pytest.raises(Unauthenticated):
        keys.authenticate(made["secret"])


def test_keys_know_who_made_them_and_those_that_outlive_their_maker_are_named(database: Database):
    users, keys = UserStore(database), KeyStore(database)
    ann = users.add("Ann", "admin")["id"]
    program, own, ended, old = (
        keys.create("admin", user_id=user, made_by=ann, days=days)["id"]
        for user, days in ((None, None), (ann, None), (None, None), (None, 1))
    )
    keys.create("admin", user_id=None)
    keys.revoke(ended)
    long_ago = schema.keys.update().where(schema.keys.c.id == old).values(expires_at="2020-01-01")
    database.run(long_ago)
    users.remove(ann)
    assert [row["id"] for row in keys.left_by(ann)] == [program]
    assert {row["id"]: row["made_by"] for row in keys.list()}[own] == ann


def test_keys_show_their_secret_once(database: Database):
    keys = KeyStore(database)
    made = keys.create("viewer")
    assert made["secret"].startswith("sk-")
    assert made["secret"] not in stored(database)
    assert "secret" not in keys.list()[0]
    assert keys.authenticate(made["secret"]) == Principal("owner", "owner", "viewer", made["id"])
    assert keys.revoke(made["id"])["revoked_at"] == keys.revoke(made["id"])["revoked_at"]
    with pytest.raises(Unauthenticated):
        keys.authenticate(made["secret"])
    with pytest.raises(Missing):
        keys.revoke("key-x")


def test_a_widget_key_is_a_visitor_of_its_origins(database: Database):
    keys = KeyStore(database)
    made = keys.create(widget=True, origins=["https://Shop.example/", "https://shop.example:443"])
    assert made["secret"].startswith("pk_")
    visitor = keys.authenticate(made["secret"])
    assert (visitor.role, visitor.origins) == ("visitor", ("https://shop.example",))
    with pytest.raises(BadRequest, match="needs an origin"):
        keys.create(widget=True)
    with pytest.raises(BadRequest, match="Only a widget"):
        keys.create(origins=["https://a.example"])


@pytest.mark.parametrize(
    "bad",
    [
        "*",
        "null",
        "shop.example",
        "https://",
        "ftp://a.b",
        "https://a.b/c",
        "https://u@a.b",
        "https://*.b",
        "https://a:x",
    ],
)
def test_odd_origins_are_refused(bad: str):
    with pytest.raises(BadRequest, match="not an origin"):
        check_origin(bad)


def test_origins_keep_unusual_ports():
    assert check_origin("http://LOCALHOST:8000") == "http://localhost:8000"
    assert check_origin("http://[::1]:80/") == "http://[::1]"


@pytest.mark.parametrize(
    ("role", "actions"),
    [
        ("visitor", "ask chat read"),
        ("viewer", "ask chat read api"),
        ("member", "ask chat read api upload act approve"),
        ("admin", "ask chat read api upload act approve manage"),
        ("unheard of", ""),
    ],
)
def test_roles(role: str, actions: str):
    every = set().union(*MAY.values())
    assert {action for action in every if may(Principal("u", "u", role), action)} == set(actions.split())


def test_what_is_not_allowed_is_explained():
    with pytest.raises(Forbidden, match="viewer may not approve actions. Ask an admin"):
        allow(Principal("u", "u", "viewer"), "approve")
    with pytest.raises(ValueError, match="fly"):
        allow(Principal.owner(), "fly")


def test_a_limiter_tells_how_long_to_wait():
    time = [0.0]
    limiter = Limiter(per_minute=60, burst=2, clock=lambda: time[0])
    assert [limiter.check("a"), limiter.check("a")] == [1, 0]
    with pytest.raises(TooMany) as caught:
        limiter.check("a")
    assert caught.value.retry_after == 1
    assert limiter.check("b") == 1, "others are not held up"
    time[0] = 1.0
    limiter.check("a")

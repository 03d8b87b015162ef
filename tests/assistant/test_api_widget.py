"""The widget over HTTP: signed identities, thumbs, hand-offs with their webhook, limits, and origins that change."""

import hashlib
import hmac
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from pydantic import SecretStr
from starlette.testclient import TestClient

from assistant.access.limits import Limiter
from assistant.access.principal import Principal
from assistant.api.auth import VisitorLimits
from assistant.api.visitors import Visit, VisitorTokens
from assistant.api.webhook import SIGNATURE
from assistant.errors import BadRequest, Missing, TooMany
from assistant.settings import Settings
from tests.assistant.api_server import PAGE, Server, server

__all__ = ["server"]
QUESTION = "How many days do I have to return an item?"
EVIL = '<img src=x onerror="alert(1)"><script>alert(2)</script>'


@pytest.fixture
def key(server: Server) -> dict:
    server.api.state.visitor_limits = VisitorLimits(1000, 1000, 1000)
    return server.app.keys.create(widget=True, origins=[PAGE])


def visitor(server: Server, key: dict, token: str | None = None) -> TestClient:
    return server.client(
        token or VisitorTokens(server.app.home).sign(Visit.begin(key["id"], PAGE)), Origin=PAGE
    )


def ask(client: TestClient, words: str, thread: str | None = None) -> dict:
    """The last event of an answer."""
    answer = client.post("/v1/widget/messages", json={"message": words, "thread": thread})
    events = [json.loads(line[6:]) for line in answer.text.splitlines() if line.startswith("data: ")]
    return events[-1]


def signed(server: Server, key: dict, person: str, at: float | None = None) -> dict:
    secret = VisitorTokens(server.app.home).identity_secret(key["id"])
    when = int(time.time() if at is None else at)
    mark = hmac.new(secret.encode(), f"{person}.{when}".encode(), hashlib.sha256).hexdigest()
    return {"id": person, "time": when, "hash": mark}


def token_for(server: Server, key: dict, **claims: object) -> dict:
    from joserfc import jwt
    from joserfc.jwk import OctKey

    secret = VisitorTokens(server.app.home).identity_secret(key["id"])
    return {"token": jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(secret))}


def test_an_identity_is_signed_and_good_for_minutes(server: Server, key: dict) -> None:
    client = visitor(server, key)
    other = server.app.keys.create(widget=True, origins=[PAGE])
    forged = signed(server, key, "customer-7") | {"id": "customer-8"}
    for refused in (
        {"id": "customer-7"},
        forged,
        signed(server, other, "customer-7"),
        signed(server, key, "customer-7", time.time() - 700),
        signed(server, key, "customer-7", time.time() + 600),
        signed(server, key, "two words"),
        token_for(server, key, sub="customer-7"),
        token_for(server, key, sub="customer-7", exp=int(time.time()) - 5),
        token_for(server, key, sub="customer-7", exp=int(time.time()) + 9999),
        token_for(server, key, exp=int(time.time()) + 60),
        token_for(server, other, sub="customer-7", exp=int(time.time()) + 60),
        {"token": "e30.e30."},
    ):
        assert client.post("/v1/widget/identify", json=refused).status_code == 401, refused
    assert client.post("/v1/widget/identify", json=signed(server, key, "customer-7")).status_code == 200
    good = token_for(server, key, sub="customer-7", exp=int(time.time()) + 60)
    assert client.post("/v1/widget/identify", json=good).status_code == 200


def test_what_an_identified_visitor_says_is_theirs_alone(server: Server, key: dict) -> None:
    anonymous = visitor(server, key)
    before = ask(anonymous, QUESTION)["thread"]
    told = [anonymous.post("/v1/widget/identify", json=signed(server, key, each)).json() for each in "aab"]
    first, again, another = (visitor(server, key, each["token"]) for each in told)
    assert first.get("/v1/widget/messages", params={"thread": before}).status_code == 404
    mine = ask(first, QUESTION)["thread"]
    assert anonymous.post("/v1/widget/identify", json=signed(server, key, "a")).json()["thread"] == mine
    assert ask(again, "And the money?", mine)["thread"] == mine  # on the next visit too
    for stranger in (anonymous, another):
        assert stranger.get("/v1/widget/messages", params={"thread": mine}).status_code == 404
        sent = {"message": "And the money?", "thread": mine}
        assert stranger.post("/v1/widget/messages", json=sent).status_code == 404
    assert {"a"} == {row["person"] for row in server.app.visits.transcripts(key["id"]) if row["id"] == mine}


def test_a_visitor_is_not_told_how_an_answer_was_made(server: Server, key: dict) -> None:
    client = visitor(server, key)
    told = client.post("/v1/widget/messages", json={"message": "hello"})
    events = [json.loads(each[6:]) for each in told.text.splitlines() if each.startswith("data: {")]
    assert {each["kind"] for each in events} <= {"begun", "token", "choices", "done"}
    said = client.get("/v1/widget/messages", params={"thread": events[-1]["thread"]}).json()["messages"]
    assert said[-1]["role"] == "assistant" and said[-1]["text"]
    assert all("model" not in each for each in [*events, *said])


def test_thumbs_of_visitors(server: Server, key: dict) -> None:
    client = visitor(server, key)
    thread = ask(client, QUESTION)["thread"]
    ask(client, "hello", thread)
    sent = {"thread": thread, "answer": 0, "good": False, "reason": f"{EVIL} I am at nadia.quill@example.org"}
    assert client.post("/v1/widget/feedback", json=sent).json() == {"noted": True}
    row = next(row for row in server.app.feedback.list(good=False) if row["thread_id"] == thread)
    assert row["question"] == QUESTION and "30 days" in row["answer"] and "nadia" not in row["reason"]
    assert client.post("/v1/widget/feedback", json=sent | {"answer": 2}).status_code == 404
    assert visitor(server, key).post("/v1/widget/feedback", json=sent).status_code == 404
    client.post("/v1/widget/feedback", json=sent | {"good": None})
    assert not [row for row in server.app.feedback.list() if row["thread_id"] == thread]


def test_a_stopped_answer_is_none_that_can_be_rated(server: Server, key: dict) -> None:
    client = visitor(server, key)
    answer = client.post("/v1/widget/messages", json={"message": QUESTION})
    begun = json.loads(answer.text.split("\n", 1)[0][6:])
    thread = begun["thread"]
    assert begun["kind"] == "begun" and thread
    row = next(row for row in server.app.visits.transcripts(key["id"]) if row["id"] == thread)
    turn = server.app.agent.turn(Principal(row["user_id"], "visitor", "visitor", key["id"]), "hello", thread)
    next(iter(turn))
    turn.close()
    ask(client, "When does support answer?", thread)
    told = client.get("/v1/widget/messages", params={"thread": thread}).json()["messages"]
    assert [each["stopped"] for each in told if each["role"] == "assistant"] == [False, True, False]
    sent = {"thread": thread, "answer": 1, "good": False}
    assert client.post("/v1/widget/feedback", json=sent).status_code == 200
    rated = next(row for row in server.app.feedback.list(good=False) if row["thread_id"] == thread)
    assert "9:00" in rated["answer"] and rated["question"] == "When does support answer?"
    assert client.post("/v1/widget/feedback", json=sent | {"answer": 2}).status_code == 404


def test_every_request_names_a_page_of_the_key(server: Server, key: dict) -> None:
    token = VisitorTokens(server.app.home).sign(Visit.begin(key["id"], PAGE))
    thread = ask(visitor(server, key, token), QUESTION)["thread"]

    def said(**headers: str) -> list[int]:
        client = server.client(token, **{name.replace("_", "-"): value for name, value in headers.items()})
        read = client.get("/v1/widget/messages", params={"thread": thread}).status_code
        return [read, client.post("/v1/widget/messages", json={"message": "hello"}).status_code]

    for headers in ({}, {"Origin": "https://evil.example"}, {"Origin": "null"}, {"Origin": "http://["},
                    {"Referer": "https://evil.example/x"}, {"Sec_Fetch_Site": "cross-site"}):  # fmt: skip
        assert said(**headers) == [403, 403], headers
    for headers in ({"Origin": PAGE}, {"Origin": "http://testserver"}, {"Referer": f"{PAGE}/x"},
                    {"Sec_Fetch_Site": "same-origin"}):  # fmt: skip
        assert said(**headers) == [200, 200], headers


def test_tokens_that_are_forged_are_counted(
    server: Server, key: dict, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server.api.state, "refused_limit", Limiter(2))
    forged = visitor(server, key, "forged")
    tried = [forged.get("/v1/widget/passages/1").status_code for _ in range(3)]
    assert tried == [401, 401, 429]


def test_a_hand_off_reaches_inbox_and_webhook(
    server: Server, key: dict, monkeypatch: pytest.MonkeyPatch
) -> None:
    got: list[tuple[bytes, str]] = []
    came = threading.Event()

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            got.append((body, self.headers[SIGNATURE]))
            self.send_response(200)
            self.end_headers()
            came.set()

        def log_message(self, *_args):
            pass

    hook = HTTPServer(("127.0.0.1", 0), Hook)
    threading.Thread(target=hook.serve_forever, daemon=True).start()
    monkeypatch.setattr(server.app.settings, "handoff_webhook", f"http://127.0.0.1:{hook.server_port}/x")
    monkeypatch.setattr(server.app.settings, "handoff_webhook_secret", SecretStr("quiet"))
    client = visitor(server, key)
    thread = ask(client, QUESTION)["thread"]
    for wrong in ("nobody", "<script>@x.y", "a@b", "a b@c.de"):
        assert client.post("/v1/widget/handoff", json={"email": wrong}).status_code == 400
    sent = {"email": "nadia@mail.example", "message": f"{EVIL} card 5555 5555 5555 4444", "thread": thread}
    assert client.post("/v1/widget/handoff", json=sent).status_code == 200
    row = server.app.visits.handoffs()[0]
    assert (row["email"], row["origin"], row["status"]) == ("nadia@mail.example", PAGE, "open")
    assert [line["role"] for line in row["transcript"]] == ["user", "assistant"] and "5555" not in row[
        "message"
    ]
    assert came.wait(10)
    body, mark = got[0]
    assert mark == "sha256=" + hmac.new(b"quiet", body, hashlib.sha256).hexdigest()
    assert json.loads(body)["event"] == "handoff" and json.loads(body)["email"] == "nadia@mail.example"
    stolen = sent | {"thread": ask(visitor(server, key), QUESTION)["thread"]}
    assert client.post("/v1/widget/handoff", json=stolen).status_code == 404  # nobody else's transcript
    hook.shutdown()


def test_origins_can_change_and_old_visits_end_with_them(server: Server, key: dict) -> None:
    client = visitor(server, key)
    assert ask(client, QUESTION)["kind"] == "done"
    with pytest.raises(BadRequest):
        server.app.keys.set_origins(key["id"], [])
    with pytest.raises(Missing):
        server.app.keys.set_origins("key-nobody", [PAGE])
    server.app.keys.set_origins(key["id"], ["https://new.example"])
    assert client.post("/v1/widget/messages", json={"message": "hello"}).status_code == 403
    assert client.post("/v1/widget/handoff", json={"email": "a@b.example"}).status_code == 403


def test_each_visit_has_a_limit_of_its_own() -> None:
    limits = VisitorLimits(per_address=100, per_key=100, per_visit=2)
    for _ in range(2):
        limits.check("key", "1.1.1.1", "visit")
    with pytest.raises(TooMany):
        limits.check("key", "2.2.2.2", "visit")
    limits.check("key", "1.1.1.1", "another")


def test_an_office_may_ask_at_the_same_moment_but_nobody_alone_so_much(tmp_path: Path) -> None:
    preset = Settings(home=tmp_path)
    limits = VisitorLimits(preset.rate_address, preset.rate_site, preset.rate_visit, preset.rate_bare)
    for number in range(200):
        limits.see("key", "127.0.0.1")
        for _ in range(2):
            limits.check("key", "127.0.0.1", f"visit-{number}")
    for _ in range(30):
        limits.see("key", "127.0.0.1", "visit-1")  # takes no question away
    for _ in range(10):
        limits.check("key", "127.0.0.1", "visit-1")
    with pytest.raises(TooMany):
        limits.check("key", "127.0.0.1", "visit-1")
    for _ in range(20):
        limits.check("key", "2.2.2.2")
    with pytest.raises(TooMany):
        limits.check("key", "2.2.2.2")
    with pytest.raises(TooMany):
        for _ in range(61):
            limits.see("key", "3.3.3.3", "visit-2")

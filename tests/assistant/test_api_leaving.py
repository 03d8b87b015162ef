"""Clients that leave, over a real socket: what they asked for is not worked on any more, and others are answered."""

import http.client
import json
import threading
import time
from collections.abc import Iterator

import pytest

from assistant.access.principal import Principal
from assistant.agent.crowd import Crowd
from assistant.agent.running import Stop
from assistant.application import Application
from assistant.workspace.workspace import TeamWorkspace
from tests.assistant.api_server import Server, server
from tests.assistant.listening import listening, until
from tests.assistant.slow_model import slow
from tools.serving.batching import Batcher
from tools.serving.turns import Turns
from tools.wanted import still_wanted
from tools.workspace import ModelEntry

__all__ = ["server"]


@pytest.fixture(scope="module")
def port(server: Server) -> Iterator[int]:
    with listening(server.api) as found:
        yield found


def send(server: Server, port: int, path: str, **body) -> http.client.HTTPConnection:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    headers = {"Authorization": f"Bearer {server.key}", "Content-Type": "application/json"}
    connection.request("POST", f"/v1/{path}", json.dumps(body), headers)
    return connection


def answer(connection: http.client.HTTPConnection) -> dict:
    found = connection.getresponse()
    assert found.status == 200, found.read()
    return json.loads(found.read())


def say(words: str) -> list[dict]:
    return [{"role": "user", "content": words}]


def counted(server: Server, route: str, status: int) -> float:
    sample = "assistant_http_requests_total"
    labels = {"method": "POST", "route": route, "status": str(status)}
    return server.api.state.metrics.registry.get_sample_value(sample, labels) or 0


def predictor_of(server: Server, name: str):
    return server.app.predictors.get(server.app.registry.get(name).path)


@pytest.fixture
def held(server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Batcher, list, threading.Event]]:
    """What collects the classifier's texts, the texts that it gave to the model, which works on the first until it is
    let go.
    """
    batcher, seen, go = predictor_of(server, "router").model.body.batcher, [], threading.Event()
    run = batcher._run

    def slowly(asked: list):
        seen.extend(each.text for each in asked)
        go.wait(20)
        return run(asked)

    monkeypatch.setattr(batcher, "_run", slowly)
    yield batcher, seen, go
    go.set()


def test_a_text_that_waits_is_left_out_when_its_client_leaves(server: Server, port: int, held) -> None:
    (batcher, seen, go), route = held, "/v1/classify"
    before = counted(server, route, 499)
    first = send(server, port, "classify", model="router", input="where is my parcel")
    until(lambda: seen)
    gone = send(server, port, "classify", model="router", input=["never", "read"])
    stays = send(server, port, "classify", model="router", input="my money back please")
    until(lambda: batcher.queued == 3)
    gone.close()
    until(lambda: counted(server, route, 499) == before + 1)
    go.set()
    assert [answer(each)["data"][0]["label"] for each in (first, stays)] == ["shipping", "refund"]
    assert sorted(seen) == ["my money back please", "where is my parcel"] and not batcher.queued


def test_vectors_that_wait_are_left_out_too(
    server: Server, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    embedder, seen, go = server.app.embedder, [], threading.Event()
    embed = embedder._loaded()

    def slowly(texts: list[str]):
        seen.extend(texts)
        go.wait(20)
        return embed(texts)

    monkeypatch.setattr(embedder, "_give", slowly)
    first = send(server, port, "embeddings", model="minilm", input="first")
    until(lambda: seen)
    gone = send(server, port, "embeddings", model="minilm", input="never read")
    until(lambda: embedder.batcher.queued == 1)
    gone.close()
    until(lambda: counted(server, "/v1/embeddings", 499) == 1)
    go.set()
    assert len(answer(first)["data"][0]["embedding"]) == 384 and seen == ["first"]


def test_a_few_compute_at_once_and_health_answers(
    server: Server, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns, go, redact = Turns(1, 1, 4), threading.Event(), server.app.redactor.redact
    monkeypatch.setitem(server.api.state.lanes, "redact", turns)
    monkeypatch.setattr(server.app.redactor, "redact", lambda *a, **b: go.wait(20) and redact(*a, **b))
    works, gone, waits = (send(server, port, "redact", text="Mail ann@example.com") for _ in range(3))
    until(lambda: turns.held == 3)
    full = send(server, port, "redact", text="one too many").getresponse()
    assert full.status == 429 and int(full.headers["Retry-After"]) >= 1
    for path in ("/healthz", "/readyz"):
        assert server.admin.get(path).status_code in (200, 503)
    gone.close()
    until(lambda: turns.held == 2)
    go.set()
    assert all("ann@" not in answer(each)["text"] for each in (works, waits))
    until(lambda: turns.held == 0)
    nobody = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    nobody.request("POST", "/v1/redact", b'{"text": "a"}', {"Content-Type": "application/json"})
    assert nobody.getresponse().status == 401


def test_so_are_turns_of_the_assistant(server: Server, port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    crowd = Crowd(1, room=2)
    monkeypatch.setattr(server.app.agent, "_crowd", crowd)
    threads = len(server.app.agent.threads.list("owner"))
    before = [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]
    body = {"model": "assistant", "messages": [*before, *say("how are you?")]}
    with crowd.place(Principal("usr-busy", "busy", "member"), Stop()):
        gone = send(server, port, "chat/completions", **body)
        until(lambda: crowd._team.held == 2)
        for stream in (True, False):
            full = send(server, port, "chat/completions", **body, stream=stream).getresponse()
            assert full.status == 429 and int(full.headers["Retry-After"]) >= 1
            assert json.loads(full.read())["error"]["code"] == "overloaded"
        assert len(server.app.agent.threads.list("owner")) == threads, (
            "who is turned away leaves nothing behind"
        )
        gone.close()
        until(lambda: crowd._team.held == 1)
    assert answer(send(server, port, "chat/completions", **body))["assistant"]["reply"]


@pytest.fixture
def writing(server: Server) -> Iterator:
    """A model that writes, slowly."""
    model = predictor_of(server, "writer").model
    hook = model.model.register_forward_pre_hook(lambda *_: time.sleep(0.02))
    yield model
    hook.remove()


@pytest.mark.parametrize("stream", [True, False])
def test_a_text_ends_when_its_client_leaves(server: Server, port: int, writing, stream: bool) -> None:
    before = writing.written
    asked = {"model": "writer", "messages": say("where is my card"), "max_tokens": 3000, "stream": stream}
    client = send(server, port, "chat/completions", **asked)
    if stream:
        assert client.getresponse().read(200)
    until(lambda: writing.written > before + 3)
    client.close()
    client.sock = None
    lock = predictor_of(server, "writer").lock
    until(lambda: not lock.locked(), 5)
    written = writing.written
    assert written < before + 600
    time.sleep(0.1)
    assert writing.written == written, "nobody listens, so nothing is written"
    after = answer(send(server, port, "chat/completions", **asked | {"max_tokens": 2, "stream": False}))
    assert after["usage"]["completion_tokens"] == 2 and after["choices"][0]["finish_reason"] == "length"


@pytest.mark.parametrize("stream", [True, False])
def test_the_assistant_stops_when_its_client_leaves(home, stream: bool) -> None:
    from assistant.api.app import create_api
    from assistant.settings import Settings

    app = Application(Settings(home=home))
    app.users.owner()
    model, key = slow(app), app.keys.create("admin")["secret"]
    api = create_api(app)
    mine = Server(app, api, key, "", "")
    with listening(api) as port:
        asked = {"model": "assistant", "messages": say("count"), "stream": stream}
        client = send(mine, port, "chat/completions", **asked)
        if stream:
            assert client.getresponse().read(200)
        assert model.going.wait(20)
        client.close()
        until(lambda: not model.going.is_set(), 10)
        said = answer(send(mine, port, "chat/completions", model="assistant", messages=say("how many?")))
        assert "questions" in said["choices"][0]["message"]["content"]
    app.close()


def test_an_explanation_ends_when_its_client_leaves(server: Server, port: int) -> None:
    route, predictor = "/v1/explain", predictor_of(server, "router")
    before = counted(server, route, 499)
    texts = [f"{number} " + "where is the parcel that I have ordered " * 12 for number in range(250)]
    gone = send(server, port, "explain", model="router", text=texts)
    until(predictor.lock.locked)
    gone.close()
    until(lambda: counted(server, route, 499) == before + 1)  # long before 250 texts are explained
    assert not predictor.lock.locked() and not server.api.state.lanes["explain"].held


def test_a_promotion_is_made_to_its_end(server: Server, port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    began, left, ended = threading.Event(), threading.Event(), threading.Event()
    promote = TeamWorkspace.promote

    def slowly(self: TeamWorkspace, *args) -> ModelEntry:
        began.set()
        left.wait(20)
        for _ in range(100):
            still_wanted()
            time.sleep(0.01)
        found = promote(self, *args)
        ended.set()
        return found

    monkeypatch.setattr(TeamWorkspace, "promote", slowly)
    gone = send(server, port, "registry/models/router/promote", alias="trial")
    assert began.wait(20)
    gone.close()
    left.set()
    assert ended.wait(20)


@pytest.mark.parametrize(
    ("kind", "path"), [("sources", "knowledge/sources"), ("promote", "registry/models/router/promote")]
)
def test_what_takes_long_is_bounded(
    server: Server, monkeypatch: pytest.MonkeyPatch, kind: str, path: str
) -> None:
    monkeypatch.setitem(server.api.state.lanes, kind, Turns(1, 1, 0))
    refused = server.admin.post(f"/v1/{path}", json={"source": "a.md"} if kind == "sources" else {})
    assert refused.status_code == 429 and int(refused.headers["Retry-After"]) > 0

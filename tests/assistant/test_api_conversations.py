"""Conversations over HTTP: read, taken up again, deleted; a client that leaves ends the work."""

import threading
import time
from collections.abc import Iterator

import httpx
import openai
import pytest
import uvicorn
from starlette.testclient import TestClient

from assistant.access.principal import Principal
from assistant.api.app import create_api
from assistant.application import Application
from assistant.settings import Settings
from tests.assistant.api_server import Server, server
from tests.assistant.slow_model import SlowModel, slow

__all__ = ["server"]
QUESTION, OTHER = "How many days do I have to return an item?", "When does support answer?"


def ask(server: Server, words: str, thread: str | None = None) -> dict:
    body = {"model": "assistant", "messages": [{"role": "user", "content": words}], "thread": thread}
    return server.admin.post("/v1/chat/completions", json=body).json()["assistant"]


def said(server: Server, thread: str) -> list[str]:
    """What the user has said, oldest first."""
    items = server.openai.conversations.items.list(thread, order="asc", limit=100)
    return [item.content[0].text for item in items if item.type == "message" and item.role == "user"]


def test_the_official_client_reads_and_deletes(server: Server) -> None:
    client = server.openai.conversations
    told = ask(server, QUESTION)
    thread = told["thread"]
    found = client.retrieve(thread)
    assert (found.id, found.object, found.title) == (thread, "conversation", QUESTION)
    items = list(client.items.list(thread, order="asc", limit=2))  # goes on to the next page by itself
    assert [item.type for item in items] == ["message", "function_call", "function_call_output", "message"]
    assert items[0].id == told["message"] and items[0].content[0].text == QUESTION
    assert items[1].name == "search_knowledge" and "30 days" in items[3].content[0].text
    assert [item.id for item in client.items.list(thread)] == [item.id for item in reversed(items)]
    listed = server.admin.get("/v1/conversations", params={"limit": 1}).json()
    assert listed["data"][0]["id"] == thread
    assert thread in _listed(server.admin, "30 DAYS return") and thread in _listed(
        server.admin, QUESTION[:12]
    )
    assert _listed(server.admin, "30 days of unheard-of words") == []
    ask(server, "and what of candlesticks?", thread)
    assert _listed(server.admin, "candlesticks 30 days") == [thread]  # read anew
    assert client.delete(thread).deleted
    with pytest.raises(openai.NotFoundError, match="no conversation"):
        client.retrieve(thread)


def _listed(client: TestClient, query: str) -> list[str]:
    return [each["id"] for each in client.get("/v1/conversations", params={"query": query}).json()["data"]]


def test_retry_and_edit(server: Server) -> None:
    told = ask(server, "hello")
    thread, first = told["thread"], told["message"]
    ask(server, QUESTION, thread)
    again = server.admin.post(f"/v1/conversations/{thread}/retry", json={}).json()
    assert "30 days" in again["choices"][0]["message"]["content"] and again["usage"]["prompt_tokens"] > 5
    assert again["assistant"]["citations"] and said(server, thread) == ["hello", QUESTION]
    edited = {"message": first, "content": f"{OTHER} I am at jane.roe@example.org"}
    answer = server.admin.post(f"/v1/conversations/{thread}/edit", json=edited).json()
    assert "9:00" in answer["choices"][0]["message"]["content"]
    assert answer["assistant"]["redactions"] == [{"entity_type": "EMAIL_ADDRESS", "where": "message"}]
    assert said(server, thread) == [f"{OTHER} I am at <EMAIL_ADDRESS>"]
    last = server.admin.post(f"/v1/conversations/{thread}/edit", json={"content": QUESTION}).json()
    assert "30 days" in last["assistant"]["reply"] and said(server, thread) == [QUESTION]


def test_they_stream_too(server: Server) -> None:
    thread = ask(server, QUESTION)["thread"]
    with server.admin.stream("POST", f"/v1/conversations/{thread}/retry", json={"stream": True}) as answer:
        lines = [line for line in answer.iter_lines() if line]
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert lines[-1] == "data: [DONE]" and any("30 days" in line for line in lines)


def test_what_was_done_is_told_and_not_done_twice(server: Server) -> None:
    thread = ask(server, "deploy idle")["thread"]
    ask(server, "yes", thread)
    again = server.admin.post(f"/v1/conversations/{thread}/retry", json={}).json()["assistant"]
    assert again["stands"] == [{"tool": "deploy_model", "args": {"model": "idle"}, "job": ""}]
    assert again["approval"]["tool"] == "deploy_model"
    server.app.releases.undeploy("idle")
    granted = server.admin.post(f"/v1/conversations/{thread}/retry", json={"approve": True}).json()
    assert granted["assistant"]["approval"] is None
    assert server.app.registry.get("idle").status == "deployed"
    server.app.releases.undeploy("idle")


@pytest.mark.parametrize(
    ("body", "status", "param"),
    [
        ({"content": "hi", "message": "msg-none"}, 404, None),
        ({"content": " "}, 400, "content"),
        ({}, 400, "content"),
        ({"content": "a " * 20_000}, 400, None),
    ],
)
def test_bad_edits_are_refused_in_openais_shape(
    server: Server, body: dict, status: int, param: str | None
) -> None:
    thread = ask(server, "hello")["thread"]
    for stream in (False, True):
        answer = server.admin.post(f"/v1/conversations/{thread}/edit", json={**body, "stream": stream})
        error = answer.json()["error"]
        assert answer.status_code == status and error["param"] == param and error["message"]
    assert said(server, thread) == ["hello"]


def test_conversations_are_their_users_own(server: Server) -> None:
    thread = ask(server, "hello")["thread"]
    user = server.app.users.by_name("kim") if "kim" in _names(server) else server.app.users.add("kim")
    kim = server.client(server.app.keys.create("member", user_id=user["id"])["secret"])
    own = f"/v1/conversations/{thread}"
    calls = [("GET", own, None), ("GET", f"{own}/items", None), ("DELETE", own, None)]
    calls += [("POST", f"{own}/retry", {}), ("POST", f"{own}/edit", {"content": "hi"})]
    for method, path, body in calls:
        answer = kim.request(method, path, json=body)
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found"), (method, path)
        assert (
            server.client(server.widget, Origin="https://shop.example")
            .request(method, path, json=body)
            .status_code
            == 403
        )
        assert server.client().request(method, path, json=body).status_code == 401
    assert kim.get("/v1/conversations").json()["data"] == [] == _listed(kim, "hello") and said(
        server, thread
    ) == ["hello"]


def test_a_client_that_asks_once_more_by_its_history_begins_another(server: Server) -> None:
    client = server.openai.chat.completions
    first = [{"role": "user", "content": QUESTION}]
    told = client.create(model="assistant", messages=first)
    history = [*first, {"role": "assistant", "content": told.choices[0].message.content}]
    once = client.create(model="assistant", messages=[*history, {"role": "user", "content": "thanks"}])
    twice = client.create(model="assistant", messages=[*history, {"role": "user", "content": OTHER}])
    assert once.assistant["thread"] == told.assistant["thread"] != twice.assistant["thread"]
    assert said(server, told.assistant["thread"]) == [QUESTION, "thanks"]
    assert said(server, twice.assistant["thread"]) == [QUESTION, OTHER]


def _names(server: Server) -> list[str]:
    return [user["name"] for user in server.app.users.list()]


class Live:
    """The API at a real port, with a model that takes its time."""

    def __init__(self, app: Application, model: SlowModel, url: str, key: str):
        self.app, self.model = app, model
        self.client = httpx.Client(base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=30)

    def asked(self, words: str, **more) -> dict:
        return {"model": "assistant", "messages": [{"role": "user", "content": words}], **more}

    def goes_on(self, thread: str) -> str:
        """The answer to the next message, which is taken soon."""
        deadline = time.monotonic() + 6
        while True:
            body = self.asked("and now?", thread=thread)
            answer = self.client.post("/v1/chat/completions", json=body)
            if answer.status_code == 200:
                return answer.json()["assistant"]["reply"]
            assert answer.status_code == 409 and time.monotonic() < deadline, answer.text
            time.sleep(0.1)


@pytest.fixture
def live(home) -> Iterator[Live]:
    app = Application(Settings(home=home))
    app.users.owner()
    model = slow(app)
    app.redactor.gate("Ann said hello.")  # as a server that is ready
    config = uvicorn.Config(create_api(app), port=0, log_config=None, timeout_graceful_shutdown=1)
    served = uvicorn.Server(config)
    thread = threading.Thread(target=served.run)
    thread.start()
    while not served.started:
        time.sleep(0.02)
    port = served.servers[0].sockets[0].getsockname()[1]
    yield Live(app, model, f"http://127.0.0.1:{port}", app.keys.create("admin")["secret"])
    served.should_exit = True
    thread.join()
    app.close()


@pytest.mark.parametrize("streamed", [True, False])
def test_a_client_that_leaves_ends_the_answer(live: Live, streamed: bool) -> None:
    body = live.asked("count, please", stream=streamed)
    if streamed:
        with live.client.stream("POST", "/v1/chat/completions", json=body) as answer:
            next(line for line in answer.iter_lines() if "word3" in line)
    else:
        with pytest.raises(httpx.ReadTimeout):
            live.client.post("/v1/chat/completions", json=body, timeout=4)
    deadline = time.monotonic() + 5
    while live.model.going.is_set():
        assert time.monotonic() < deadline, "the model still speaks"
        time.sleep(0.02)
    thread = live.app.agent.threads.list("owner")[0]["id"]
    while not (lines := live.app.agent.history(Principal.owner(), thread))[-1].stopped:
        assert time.monotonic() < deadline, lines
        time.sleep(0.02)
    assert lines[-1].text.startswith("word0")
    assert live.goes_on(thread) == "I have seen 2 questions."


def test_a_client_that_leaves_during_a_slow_tool(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    release = threading.Event()
    monkeypatch.setattr("assistant.agent.gate.run_tool", lambda *_: {"models": [release.wait(20)]})
    body = live.asked("list the models", stream=True)
    with live.client.stream("POST", "/v1/chat/completions", json=body) as answer:
        next(line for line in answer.iter_lines() if "toolstarted" in line)
    thread = live.app.agent.threads.list("owner")[0]["id"]
    assert live.goes_on(thread) == "I have seen 2 questions."
    release.set()


def test_rename_export_and_share(server: Server) -> None:
    thread = ask(server, QUESTION)["thread"]
    path = f"/v1/conversations/{thread}"
    named = server.admin.post(path, json={"title": "Refunds of nadia.quill@example.org"}).json()
    assert named["title"] == "Refunds of <EMAIL_ADDRESS>"
    assert server.admin.post(path, json={"title": " "}).status_code == 400
    shown = server.admin.get(f"{path}/export")
    assert "attachment" in shown.headers["Content-Disposition"] and "30 days" in shown.text
    messages = server.admin.get(f"{path}/export", params={"form": "json"}).json()["messages"]
    assert [each["role"] for each in messages] == ["user", "tool", "assistant"]
    shared = server.admin.post(f"{path}/share").json()["path"]
    assert shared == server.admin.post(f"{path}/share").json()["path"]
    mate = server.app.users.add("Rae", "admin")
    other = server.client(server.app.keys.create("admin", user_id=mate["id"])["secret"])
    for verb, where in (("POST", path), ("GET", f"{path}/export"), ("POST", f"{path}/share")):
        assert other.request(verb, where, json={"title": "mine"}).status_code == 404
    assert server.admin.delete(f"{path}/share").json()["path"] is None
    assert server.app.shares.of(thread) is None

"""Requests that are sent again with the same Idempotency-Key, and what the database remembers meanwhile."""

import io
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import httpx
import openai
import pytest
from sqlalchemy import select, text

from assistant.access.principal import Principal
from assistant.api.app import create_api
from assistant.application import Application
from assistant.errors import Unauthenticated
from assistant.settings import Settings
from assistant.store.schema import kept_answers
from tests.assistant.api_server import CSV, Server, server
from tests.assistant.listening import listening, until

__all__ = ["server"]


def post(server: Server, key: str, path: str = "/v1/knowledge/sources", by: str = "", **body):
    return server.client(by or server.key, **{"Idempotency-Key": key}).post(path, json=body)


def jobs(server: Server) -> int:
    return len(server.app.jobs.list())


@pytest.fixture
def training(server: Server) -> dict:
    file = server.app.files.save("again.csv", io.BytesIO(CSV.encode()), "owner", "fine-tune")
    return {"model": "minilm", "training_file": file["id"], "name": "again", "method": "head"}


def test_a_job_is_made_once(server: Server, training: dict) -> None:
    before = jobs(server)
    first, again = (post(server, "job-1", "/v1/fine_tuning/jobs", **training) for _ in range(2))
    assert first.status_code == again.status_code == 200 and first.content == again.content
    assert (first.headers.get("Idempotent-Replayed"), again.headers["Idempotent-Replayed"]) == (None, "true")
    assert first.headers["X-Request-Id"] != again.headers["X-Request-Id"]
    assert jobs(server) == before + 1
    other = post(server, "job-1", "/v1/fine_tuning/jobs", **training | {"seed": 7})
    assert other.status_code == 422 and other.json()["error"]["code"] == "idempotency_key_reused"
    elsewhere = post(server, "job-1", f"/v1/fine_tuning/jobs/{first.json()['id']}/cancel", **training)
    assert elsewhere.status_code == 422, "another path is another request"
    someone = server.app.keys.create("member")["secret"]
    assert post(server, "job-1", "/v1/fine_tuning/jobs", by=someone, **training).status_code == 200
    assert jobs(server) == before + 2, "another caller's key is another key"


def test_learning_begins_once(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[dict] = []
    monkeypatch.setattr(
        "assistant.workspace.retriever.learn", lambda _, **asked: begun.append(asked) or {"id": "job-1"}
    )
    first, again = (post(server, "learn-1", "/v1/knowledge/learn", seed=7) for _ in "ab")
    assert first.status_code == again.status_code == 202 and len(begun) == 1
    assert again.headers["Idempotent-Replayed"] == "true"


def test_a_wrong_key_counts_once(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    noted: list[tuple] = []
    monkeypatch.setattr(server.app.refusals, "note", lambda *told: noted.append(told))
    assert post(server, "wrong-1", by="sk-wrong").status_code == 401
    assert len(noted) == 1


def test_the_openai_client_uploads_once_though_its_forms_differ(server: Server) -> None:
    files, key = server.openai.files, {"Idempotency-Key": "upload-1"}
    many = b"a line of text\n" * 20_000  # in several pieces, with the form's boundary anywhere
    made = [
        files.create(file=("o.md", io.BytesIO(many)), purpose="assistants", extra_headers=key) for _ in "ab"
    ]
    assert made[0] == made[1]
    server.app.files.delete(made[0].id)
    assert files.create(file=("o.md", io.BytesIO(many)), purpose="assistants", extra_headers=key) == made[0]
    with pytest.raises(openai.NotFoundError):
        files.retrieve(made[0].id)
    with pytest.raises(openai.UnprocessableEntityError, match="another request"):
        files.create(file=("o.md", io.BytesIO(many + b"x")), purpose="assistants", extra_headers=key)


def test_a_request_under_way_is_not_begun_again(
    server: Server, training: dict, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go, submit = threading.Event(), threading.Event(), server.app.jobs.submit

    def slow(*args, **named):
        begun.set()
        assert go.wait(20)
        return submit(*args, **named)

    monkeypatch.setattr(server.app.jobs, "submit", slow)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(post, server, "job-2", "/v1/fine_tuning/jobs", **training)
        assert begun.wait(20)
        long_ago = (datetime.now(UTC) - timedelta(minutes=20)).isoformat()
        server.app.database.run(kept_answers.update().values(created_at=long_ago))
        second = post(server, "job-2", "/v1/fine_tuning/jobs", **training)
        go.set()
        assert first.result().status_code == 200
    assert second.status_code == 409 and second.headers["Retry-After"] == "1"
    assert post(server, "job-2", "/v1/fine_tuning/jobs", **training).content == first.result().content


@pytest.mark.parametrize("kind", ["a job", "a turn"])
def test_what_took_too_long_is_done_to_its_end_and_once(
    kind: str, server: Server, training: dict, monkeypatch: pytest.MonkeyPatch
) -> None:
    go, begun, found = threading.Event(), [], []
    submit, turn = server.app.jobs.submit, server.app.agent.turn

    def slow(work, *args, **named):
        begun.append(work)
        assert go.wait(20)
        return work(*args, **named)

    monkeypatch.setattr(server.app.jobs, "submit", partial(slow, submit))
    monkeypatch.setattr(server.app.agent, "turn", partial(slow, turn))
    monkeypatch.setattr(server.app.settings, "request_seconds", 0.5)
    said = {"model": "assistant", "messages": [{"role": "user", "content": "hello"}]}
    path, body = ("/v1/fine_tuning/jobs", training) if kind == "a job" else ("/v1/chat/completions", said)
    sent = {"Authorization": f"Bearer {server.key}", "Idempotency-Key": f"late {kind}"}
    with listening(create_api(server.app)) as port:
        client = httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=sent, timeout=30)
        late = client.post(path, json=body)
        assert late.status_code == 504 and late.json()["error"]["code"] == "timeout"
        under_way = client.post(path, json=body)
        assert under_way.status_code == 409 and under_way.headers["Retry-After"] == "1"
        go.set()
        until(
            lambda: (
                (answer := client.post(path, json=body)).status_code == 200 and found.append(answer) is None
            )
        )
    assert found[0].headers["Idempotent-Replayed"] == "true" and len(begun) == 1


def test_a_text_that_takes_too_long_is_not_written_on(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For a model's texts are not kept."""
    predictor = server.app.predictors.get(server.app.registry.get("writer").path)
    monkeypatch.setattr(server.app.settings, "request_seconds", 0.5)
    slowly = predictor.model.model.register_forward_pre_hook(lambda *_: time.sleep(0.05))
    writes = {"model": "writer", "messages": [{"role": "user", "content": "hello"}], "max_tokens": 3000}
    with listening(create_api(server.app)) as port:
        sent = {"Authorization": f"Bearer {server.key}", "Idempotency-Key": "late text"}
        client = httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=sent, timeout=30)
        assert client.post("/v1/chat/completions", json=writes).status_code == 504
        until(lambda: not predictor.lock.locked(), 5)
    slowly.remove()


def test_what_made_nothing_is_tried_again(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    assert post(server, "add-1", sources=["later.md"]).status_code == 404
    with monkeypatch.context() as patch:
        patch.setattr(server.app.files, "by_name", lambda _name: 1 / 0)
        assert post(server, "add-1", sources=["later.md"]).status_code == 500
    server.app.files.save("later.md", io.BytesIO(b"# Later\n\nIt came later.\n"), "owner", "assistants")
    assert post(server, "add-1", sources=["later.md"]).json()["sources"] == 1
    server.app.knowledge.remove(server.app.knowledge.find_source("later.md"))


def test_keys_are_no_way_round_the_doors(server: Server, training: dict) -> None:
    mine = server.app.keys.create("member")
    assert post(server, "k", "/v1/fine_tuning/jobs", by=mine["secret"], **training).status_code == 200
    server.app.keys.revoke(mine["id"])
    assert post(server, "k", "/v1/fine_tuning/jobs", by=mine["secret"], **training).status_code == 401
    assert post(server, "k" * 256, "/v1/fine_tuning/jobs", **training).status_code == 400
    assert post(server, "v", "/v1/fine_tuning/jobs", by=server.viewer, **training).status_code == 403


def test_after_a_day_or_a_crash_the_key_is_free(server: Server, training: dict) -> None:
    first = post(server, "old", "/v1/fine_tuning/jobs", **training)
    for status, span in ((200, timedelta(hours=25)), (None, timedelta(minutes=20))):
        when = (datetime.now(UTC) - span).isoformat()
        server.app.database.run(
            text("UPDATE kept_answers SET created_at = :t, status = :s").bindparams(t=when, s=status)
        )
        again = post(server, "old", "/v1/fine_tuning/jobs", **training)
        assert again.status_code == 200 and again.json()["id"] != first.json()["id"]


def test_what_another_program_changes_is_known_at_once(server: Server) -> None:
    """The keys and ways that a server remembers are looked up again after any change of the database."""
    key, asked = server.app.keys.create("member"), []
    look, server.app.keys._known._look = server.app.keys._look, lambda h: asked.append(1) or look(h)
    client = server.client(key["secret"])
    for _ in range(5):
        assert client.get("/v1/models/router").status_code == 200
    assert len(asked) <= 2
    other = Application(Settings(home=server.app.home.root))
    other.keys.revoke(key["id"])
    assert client.get("/v1/models/router").status_code == 401
    other.close()


def test_a_remembered_key_still_expires(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = Application(Settings(home=home))
    secret = app.keys.create("member", days=1)["secret"]
    assert app.keys.authenticate(secret) == app.keys.recall(secret)
    monkeypatch.setattr("assistant.access.keys.now", lambda: "2999-01-01")
    with pytest.raises(Unauthenticated, match="expired"):
        app.keys.recall(secret)
    app.close()


def test_the_assistant_answers_once(server: Server) -> None:
    def said(thread: str) -> int:
        return sum(each.role == "user" for each in server.app.agent.history(Principal.owner(), thread))

    def chat(key: str, words: str, **more):
        body = {"model": "assistant", "messages": [{"role": "user", "content": words}], **more}
        return post(server, key, "/v1/chat/completions", **body)

    first, again = (chat("chat-1", "hello") for _ in "ab")
    assert again.content == first.content and again.headers["Idempotent-Replayed"] == "true"
    thread = first.json()["assistant"]["thread"]
    told = [chat("chat-2", "hello again", thread=thread, stream=True) for _ in "ab"]
    assert told[0].text == told[1].text and told[1].text.endswith("data: [DONE]\n\n")
    assert told[1].headers["Content-Type"].startswith("text/event-stream") and said(thread) == 2
    edited = [post(server, "edit-1", f"/v1/conversations/{thread}/edit", content="hello there") for _ in "ab"]
    assert edited[0].content == edited[1].content and said(thread) == 2
    assert server.admin.delete(f"/v1/conversations/{thread}").status_code == 200
    kept = server.app.database.rows(select(kept_answers.c.body).where(kept_answers.c.body.contains(thread)))
    assert not kept, "what was said goes with its conversation"
    writes = {"model": "writer", "messages": [{"role": "user", "content": "hello"}], "max_tokens": 2}
    plain = [post(server, "plain-1", "/v1/chat/completions", **writes) for _ in "ab"]
    assert [each.headers.get("Idempotent-Replayed") for each in plain] == [None, None]

"""Quotas: what one person may use in a day, and keep."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.access.principal import Principal
from assistant.access.quotas import Quotas
from assistant.agent.direct import Call
from assistant.application import Application
from assistant.errors import TooLarge, TooMany
from assistant.settings import Settings
from tools.errors import NotFound

ANN, BO = Principal("user-1", "Ann", "member"), Principal("user-2", "Bo", "member")


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Application]:
    settings = Settings(home=tmp_path / "home", quota_tokens=100, quota_jobs=2, quota_storage_mb=1)
    application = Application(settings)
    object.__setattr__(application.shared, "start_worker", lambda: None)
    yield application
    application.close()


def test_a_days_tokens(app: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    quotas = app.quotas
    quotas.check(ANN, "tokens")
    quotas.add(ANN, "tokens", 60)
    assert quotas.headers(ANN)["x-ratelimit-remaining-tokens"] == "40"
    quotas.check(ANN, "tokens")  # what is begun is finished
    quotas.add(ANN, "tokens", 60)
    with pytest.raises(TooMany, match="100 tokens") as refused:
        quotas.check(ANN, "tokens")
    assert 0 < refused.value.retry_after <= 86_400
    assert quotas.headers(ANN)["x-ratelimit-remaining-tokens"] == "0"
    quotas.check(BO, "tokens")
    monkeypatch.setattr("assistant.access.quotas._today", lambda: "2999-01-01")
    quotas.check(ANN, "tokens")


def test_visitors_of_a_key_share_its_quota(app: Application) -> None:
    one = Principal("visitor-a", "visitor", "visitor", "key-1")
    other = Principal("visitor-b", "visitor", "visitor", "key-1")
    app.quotas.add(one, "tokens", 100)
    with pytest.raises(TooMany):
        app.quotas.check(other, "tokens")


def test_jobs_a_day(app: Application) -> None:
    workspace = app.workspace(ANN)
    for _ in range(2):
        workspace.submit("finetune", {})
    with pytest.raises(TooMany, match="2 jobs"):
        workspace.submit("finetune", {})
    assert len(app.jobs.list()) == 2
    assert app.workspace(BO).submit("finetune", {})["status"] == "queued"


def test_room_for_uploads(app: Application) -> None:
    app.files.save("a.csv", io.BytesIO(b"a" * 700_000), ANN.user_id)
    with pytest.raises(TooLarge, match="1 MB together"):
        app.files.save("b.csv", io.BytesIO(b"b" * 700_000), ANN.user_id)
    assert len(list(app.home.uploads.iterdir())) == 1
    app.files.save("b.csv", io.BytesIO(b"b" * 700_000), BO.user_id)
    app.files.delete(app.files.by_name("a.csv")["id"])
    app.files.save("c.csv", io.BytesIO(b"c" * 700_000), ANN.user_id)


def test_no_quota_no_count(app: Application) -> None:
    free = Quotas(app.database, {"tokens": 0})
    free.add(ANN, "tokens", 1e9)
    free.check(ANN, "tokens")
    assert free.used(ANN, "tokens") == 0 and free.headers(ANN) == {}


def test_a_turn_counts_by_whatever_door(app: Application) -> None:
    list(app.agent.turn(ANN, "hello " * 10))
    used = app.quotas.used(ANN, "tokens")
    assert used > 15  # her words and the answer's
    shop = Principal("visitor-a", "visitor", "visitor", "key-1")
    call = Call("redact_text", {"text": "hello " * 10})
    app.direct.run(app.direct.context(BO), call)
    assert app.quotas.used(BO, "tokens") > 15
    for who in (ANN, BO, shop):
        app.quotas.add(who, "tokens", 100)
    for who in (ANN, shop):
        [failed] = app.agent.turn(who, "hello")
        assert failed.code == "rate_limit_exceeded" and "100 tokens" in failed.message
    with pytest.raises(TooMany):
        app.direct.run(app.direct.context(BO), call)


def test_calls_a_minute(tmp_path: Path) -> None:
    from starlette.testclient import TestClient

    from assistant.api.app import create_api
    from assistant.api.auth import COOKIE

    app = Application(Settings(home=tmp_path / "home", rate_requests=2, rate_refused=2))
    user, other = app.users.add("Ann"), app.keys.create("viewer")["secret"]
    api = create_api(app)
    client = TestClient(api, cookies={COOKIE: app.sessions.create(user["id"])})
    assert [client.get("/v1/models").status_code for _ in range(3)] == [200, 200, 429]
    wrong = TestClient(api, headers={"Authorization": "Bearer sk-wrong"})
    assert [wrong.get("/v1/models").status_code for _ in range(3)] == [401, 401, 429]
    right = TestClient(api, headers={"Authorization": f"Bearer {other}"})
    assert right.get("/v1/models").status_code == 200
    app.close()


def test_over_http_what_is_left_is_told_and_what_is_over_refused(app: Application) -> None:
    from starlette.testclient import TestClient

    from assistant.api.app import create_api

    app.users.owner()
    key = app.keys.create("viewer", scopes=["embeddings", "chat", "fine_tuning"])["secret"]
    client = TestClient(create_api(app), headers={"Authorization": f"Bearer {key}"})
    body = {"model": "minilm", "input": ["where is my parcel? " * 10]}
    first = client.post("/v1/embeddings", json=body)
    assert first.status_code == 200 and first.headers["x-ratelimit-remaining-tokens"] == "100"
    assert first.headers["x-ratelimit-limit-requests"] == "60000"
    used = first.json()["usage"]["total_tokens"]
    said = {"model": "assistant", "messages": [{"role": "user", "content": "hello " * 10}]}
    second = client.post("/v1/chat/completions", json=said)
    assert second.headers["x-ratelimit-remaining-tokens"] == f"{100 - used}"
    for _ in range(4):
        last = client.post("/v1/embeddings", json=body)
    assert last.status_code == 429 and int(last.headers["Retry-After"]) > 0
    assert last.json()["error"]["code"] == "rate_limit_exceeded"
    assert client.get("/v1/models").status_code == 403  # the key is narrowed to three parts
    jobs = client.get("/v1/fine_tuning/jobs").headers
    assert jobs["x-ratelimit-remaining-jobs"] == "2" and jobs["x-ratelimit-remaining-storage"] == f"{1 << 20}"
    assert client.post("/v1/classify", json={"model": "a", "input": "b"}).status_code == 403


def test_explaining_and_redacting_count_too(app: Application) -> None:
    from starlette.testclient import TestClient

    from assistant.api.app import create_api

    app.users.owner()
    client = TestClient(
        create_api(app), headers={"Authorization": f"Bearer {app.keys.create('member')['secret']}"}
    )
    first = client.post("/v1/redact", json={"text": "call me back " * 40})  # 520 signs: 130 tokens of 100
    assert first.status_code == 200 and first.headers["x-ratelimit-remaining-tokens"] == "100"
    for path, body in (
        ("redact", {"text": "x"}),
        ("explain", {"model": "a", "text": "b"}),
        ("explain/model", {"model": "a", "data": "b.csv"}),
    ):
        over = client.post(f"/v1/{path}", json=body)
        assert (over.status_code, over.json()["error"]["code"]) == (429, "rate_limit_exceeded")


def test_a_job_is_cancelled_unnamed_by_its_own_user_alone(app: Application) -> None:
    job = app.workspace(BO).submit("finetune", {})
    with pytest.raises(NotFound, match=f"name it: {job['id']}"):
        app.workspace(ANN).cancel()
    assert app.workspace(BO).cancel()["id"] == job["id"]
    assert app.workspace(ANN).cancel(job["id"])["status"] == "cancelled"

"""Versions over the API of a running server: what answers, splits of the traffic, and what they measure."""

import asyncio
import shutil
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from assistant.api.app import create_api
from assistant.application import Application
from assistant.errors import ClientLeft, Conflict
from assistant.settings import Settings
from tests.tools.tiny_models import sentences, tiny_bert, tiny_gpt
from tests.tools.trained import train_head
from tools.errors import BadArgument, Busy
from tools.models.card import write_info

KIND = {"task": "text-classification", "base": "minilm", "method": "head"}
ROWS: dict[str, list[str]] = {}
for _words, _label in sentences(24):
    ROWS.setdefault(_label, []).append(_words)
TEXTS = [each for group in ROWS.values() for each in group]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    """Two versions of a classifier, the second of which reads but the first two words."""
    folder = tmp_path_factory.mktemp("models")
    base = tiny_bert(folder / "base")
    return {
        1: train_head(folder / "one", base=base, rows=ROWS),
        2: train_head(folder / "two", base=base, rows=ROWS, max_length=4),
    }


@pytest.fixture
def served(home: Path, trained: dict[int, Path]) -> Iterator[SimpleNamespace]:
    """A server with ``router`` in two versions, the first in production; ``other`` is a second program on its home."""
    app = Application(Settings(home=home))
    app.users.owner()
    for number, folder in trained.items():
        path = shutil.copytree(folder, app.home.models / f"router-{number}")
        app.registry.add(KIND | {"model": "router"}, path, further=number > 1)
    app.releases.promote("router@1")
    key = {"Authorization": f"Bearer {app.keys.create('member')['secret']}"}
    client = TestClient(create_api(app), headers=key, raise_server_exceptions=False)
    other = Application(Settings(home=home))
    yield SimpleNamespace(app=app, client=client, other=other, owner=app.sessions.create("owner"))
    other.close()
    app.close()


def classify(served: SimpleNamespace, model: str = "router", words: str | list[str] = "hello", **more):
    return served.client.post("/v1/classify", json={"model": model, "input": words, **more})


def version(response) -> str:
    assert response.status_code == 200, response.text
    return response.headers["X-Model-Version"]


def error(response) -> tuple[int, str]:
    return response.status_code, response.json()["error"]["message"]


def test_a_promotion_takes_effect_in_a_running_server(served: SimpleNamespace) -> None:
    answer = classify(served, "Router")
    assert version(answer) == "router@1" and answer.json()["model"] == "router"
    served.other.releases.promote("router@2")
    assert version(classify(served)) == "router@2"
    served.other.releases.rollback("router")
    assert version(classify(served)) == "router@1"
    served.other.releases.undeploy("router")
    assert error(classify(served))[0] == 404 and "not deployed" in error(classify(served))[1]


def test_versions_with_an_alias_answer_by_name_and_others_do_not(served: SimpleNamespace) -> None:
    status, said = error(classify(served, "router@2"))
    assert status == 404 and "assistant models promote router@2 --alias staging" in said
    assert error(classify(served, "router@7")) == (
        404,
        "router has no version 7. Known are router@1, router@2, router@production.",
    )
    assert classify(served, "router@7").json()["error"]["code"] == "model_not_found"
    served.other.releases.promote("router@2", "staging")
    for name in ("router@2", "router@v2", "router@staging"):
        answer = classify(served, name)
        assert version(answer) == "router@2" and answer.json()["model"].startswith("router@")
        assert served.client.get(f"/v1/models/{name}").json()["id"] == answer.json()["model"]
    assert version(classify(served, "router@production")) == "router@1"
    told = served.client.post("/v1/explain", json={"model": "router@2", "text": TEXTS[0]})
    assert told.status_code == 200 and told.json()["model"] == "router@2"
    assert [each["id"] for each in served.client.get("/v1/models").json()["data"]][2:] == ["router"]


def test_a_request_under_way_finishes_on_the_version_it_began_with(
    served: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    predictor, pool = served.app.predictors.get(served.app.registry.get("router").path), ThreadPoolExecutor(1)
    begun, go, ask = threading.Event(), threading.Event(), predictor.ask

    def late(*args):
        begun.set()
        return ask(*args).result() if go.wait(20) else []

    monkeypatch.setattr(predictor, "ask", lambda *args: pool.submit(late, *args))
    answers = []
    asking = threading.Thread(target=lambda: answers.append(classify(served, words=TEXTS[0])))
    asking.start()
    assert begun.wait(20)
    served.other.releases.promote("router@2")
    served.other.registry.delete("router@1")
    assert version(classify(served)) == "router@2"
    go.set()
    asking.join()
    assert version(answers[0]) == "router@1" and answers[0].json()["data"][0]["label"] in ROWS


def test_a_share_of_the_callers_is_answered_by_the_other_version(served: SimpleNamespace) -> None:
    served.other.splits.start("router", "router@2", share=40)
    users = [f"user-{i}" for i in range(40)]
    sides = {user: version(classify(served, user=user)) for user in users}
    assert {"router@1", "router@2"} == set(sides.values())
    assert {user: version(classify(served, words="another text", user=user)) for user in users} == sides
    assert version(classify(served, "router@1", user=users[0])) == "router@1", "asked for by number"
    served.app.traffic.flush()
    told = served.other.splits.results("router")
    first, second = told["sides"]
    assert (told["status"], told["share"], told["agreement"], told["compared"]) == ("running", 40, None, 0)
    assert second["requests"] == 2 * sum(side == "router@2" for side in sides.values())
    assert first["requests"] + second["requests"] == 80
    assert sum(second["labels"].values()) == second["requests"] and 0 < second["confidence"] <= 1
    assert 0 < second["latency_ms"]["p50"] <= second["latency_ms"]["p95"]
    served.other.splits.start("router", None, share=100)
    assert {version(classify(served, user=user)) for user in users[:5]} == {"router@2"}
    assert served.other.splits.results("router")["sides"][1]["requests"] >= second["requests"], "it goes on"
    served.other.splits.end("router")
    assert {version(classify(served, user=user)) for user in users[:5]} == {"router@1"}
    assert served.other.splits.results("router")["status"] == "ended"


def test_without_a_user_the_text_decides_and_a_signed_in_person_stays(served: SimpleNamespace) -> None:
    served.other.splits.start("router", "2", share=50)
    sides = [version(classify(served, words=words)) for words in TEXTS]
    assert set(sides) == {"router@1", "router@2"}
    assert [version(classify(served, words=words)) for words in TEXTS] == sides
    page = TestClient(served.client.app, cookies={"assistant_session": served.owner})
    person = [page.post("/v1/classify", json={"model": "router", "input": words}) for words in TEXTS[:6]]
    assert len({version(answer) for answer in person}) == 1


def test_a_shadow_reads_along_and_is_compared(served: SimpleNamespace) -> None:
    served.other.splits.start("router", "2", shadow=True)
    answer = classify(served, words=TEXTS)
    assert version(answer) == "router@1"
    for words in TEXTS[:3]:
        assert version(classify(served, words=words)) == "router@1", "it never answers"
    served.app.traffic.flush(30)
    told = served.other.splits.results("router")
    one, two = (
        [
            each["label"]
            for each in served.app.predictors.get(served.app.registry.get(ref).path).predict(TEXTS)
        ]
        for ref in ("router@1", "router@2")
    )
    asked = [*range(len(TEXTS)), 0, 1, 2]
    same = sum(one[i] == two[i] for i in asked)
    assert told["compared"] == len(asked) and told["agreement"] == round(same / len(asked), 4) < 1
    assert [side["requests"] for side in told["sides"]] == [4, 4] and told["dropped"] == 0
    assert told["sides"][1]["labels"] == Counter(two[i] for i in asked)
    assert told["sides"][0]["confidence"] != told["sides"][1]["confidence"]
    assert not stored(served.app, [*TEXTS, "tracking"]), "no text is kept"


def stored(app: Application, words: list[str]) -> list[str]:
    """Which of these words any row of the split's tables holds."""
    rows = [*app.database.rows(text("SELECT * FROM model_splits"))]
    rows += app.database.rows(text("SELECT * FROM model_split_figures"))
    rows += app.database.rows(text("SELECT * FROM model_events"))
    assert len(rows) > 5
    return [each for each in words if each in str(rows)]


def test_a_busy_shadow_leaves_requests_out(served: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assistant.workspace.traffic.WAITING", 2)
    app = Application(Settings(home=served.app.home.root))
    served.client.app.state.application = app
    app.splits.start("router", "2", shadow=True)
    slow, go = app.predictors.get(app.registry.get("router@2").path), threading.Event()
    predict = slow.predict
    monkeypatch.setattr(slow, "predict", lambda *args: predict(*args) if go.wait(20) else [])
    began = time.monotonic()
    assert {version(classify(served, words=words)) for words in TEXTS[:8]} == {"router@1"}
    assert time.monotonic() - began < 15, "nobody waits for a shadow"
    go.set()
    app.traffic.flush(30)
    told = app.splits.results("router")
    assert told["dropped"] in (5, 6) and told["compared"] + told["dropped"] == 8  # one was under way already
    app.close()


def test_a_shadow_whose_model_is_full_leaves_requests_out(
    served: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    served.app.splits.start("router", "2", shadow=True)
    shadow = served.app.predictors.get(served.app.registry.get("router@2").path)

    def full(*_):
        raise Busy("The model has more to do than it can.")

    monkeypatch.setattr(shadow, "predict", full)
    assert version(classify(served)) == "router@1"
    served.app.traffic.flush(30)
    told = served.app.splits.results("router")
    assert (told["dropped"], [side["failed"] for side in told["sides"]]) == (1, [0, 0])


def test_who_leaves_is_no_failure_and_an_answer_that_came_too_late_is(served: SimpleNamespace) -> None:
    served.app.splits.start("router", "2", share=100)
    watched: list[int] = []
    served.app.traffic.watch = lambda entry, seconds, status: watched.append(status)
    way = served.app.traffic.route("router", "anybody")
    for error in (ClientLeft("The client has left."), asyncio.CancelledError()):
        with pytest.raises(type(error)), way.watched(lambda model: [], 1):
            raise error
    served.app.traffic.flush(30)
    assert watched == [499, 504]
    assert [side["failed"] for side in served.app.splits.results("router")["sides"]] == [0, 1]


def test_a_broken_version_is_seen_in_the_figures(served: SimpleNamespace) -> None:
    served.other.splits.start("router", "2", shadow=True)
    assert classify(served, words=" ").status_code == 400, "the caller's own fault"
    shutil.rmtree(served.app.registry.get("router@2").path)
    assert version(classify(served)) == "router@1"
    served.app.traffic.flush(30)
    assert [side["failed"] for side in served.other.splits.results("router")["sides"]] == [0, 1]
    served.other.splits.start("router", "2", share=100)
    assert error(classify(served))[0] == 404
    served.app.traffic.flush(30)
    told = served.other.splits.results("router")
    assert [side["failed"] for side in told["sides"]] == [0, 2]
    assert served.client.get("/v1/models/router").status_code == 200


def test_a_promotion_ends_the_split(served: SimpleNamespace) -> None:
    served.other.splits.start("router", "2", share=100)
    assert version(classify(served)) == version(classify(served, "router@2")) == "router@2"
    served.other.releases.promote("router@2")
    assert served.other.splits.results("router")["status"] == "ended"
    assert version(classify(served)) == "router@2" and error(classify(served, "router@1"))[0] == 404
    last = served.other.registry.history("router")[0]
    assert last["action"] == "split ended" and last["details"]["why"] == "router@2 was promoted"
    served.other.releases.undeploy("router")
    with pytest.raises(Conflict, match="not deployed. Deploy it first"):
        served.other.splits.start("router", "1", share=10)


def test_splits_that_make_no_sense(served: SimpleNamespace) -> None:
    path = served.app.home.models / "tagger"
    path.mkdir()
    served.app.registry.add(KIND | {"model": "router", "task": "token-classification"}, path, further=True)
    start = served.app.splits.start
    for to, share, says in (
        ("router@1", 10, "router@1 is in production already"),
        ("router@3", 10, "router@3 is a model for token-classification"),
        ("idle@1", 10, "no version of router"),
        ("router", 10, "no version of router"),
        (None, 10, "Which version"),
        ("router@2", 101, "between 0 and 100"),
        ("router@2", None, "--share 10 .* or --shadow"),
    ):
        with pytest.raises(BadArgument, match=says):
            start("router", to, share)
    with pytest.raises(Conflict, match="nothing to end"):
        served.app.splits.end("router")
    assert served.app.splits.results("router") == {"name": "router", "status": "none"}


def test_a_model_that_writes_is_split_by_conversation(served: SimpleNamespace) -> None:
    about = {"task": "text-generation", "base": "tiny", "method": "full"}
    for number in (1, 2):
        folder = tiny_gpt(served.app.home.models / f"writer-{number}")
        write_info(folder, {"name": "writer", **about})
        served.app.registry.add({"model": "writer", **about}, folder, further=number > 1)
    served.app.releases.promote("writer@1")
    served.other.splits.start("writer", "2", share=50, shadow=True)
    sides = set()
    for words in ("where is my card", "i lost my card", "my order is late", "please help", "refund my money"):
        said = [{"role": "system", "content": "be kind"}, {"role": "user", "content": words}]
        body = {"model": "writer", "messages": said, "max_tokens": 4}
        whole = served.client.post("/v1/chat/completions", json=body)
        more = [*said, {"role": "assistant", "content": "yes"}, {"role": "user", "content": "and?"}]
        streamed = served.client.post("/v1/chat/completions", json=body | {"messages": more, "stream": True})
        assert version(whole) == version(streamed) and streamed.text.endswith("data: [DONE]\n\n")
        sides.add(version(whole))
    assert sides == {"writer@1", "writer@2"}
    served.app.traffic.flush(30)
    told = served.other.splits.results("writer")
    assert (told["compared"], told["agreement"]) == (10, 1.0), "the weights are the same"
    assert [side["requests"] for side in told["sides"]] == [10, 10]
    assert told["sides"][0]["confidence"] is None and not stored(served.app, ["card", "order"])

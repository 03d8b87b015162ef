"""The registry over HTTP: the shapes of the command line, who may change what, and the API's own description."""

import re
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import openai
import pytest
from pydantic import TypeAdapter
from starlette.testclient import TestClient

from assistant.api import examples
from assistant.api.app import create_api
from assistant.api.errors import ErrorBody
from assistant.api.fields import Body
from assistant.api.retries import PATHS
from assistant.application import Application
from assistant.settings import Settings
from tests.tools.tiny_models import sentences, tiny_bert
from tests.tools.trained import train_head
from tests.ui.commands import here

KIND = {"task": "text-classification", "base": "minilm", "method": "head"}
MODELS = "/v1/registry/models"


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder, rows = tmp_path_factory.mktemp("registry"), {}
    for words, label in sentences(24):
        rows.setdefault(label, []).append(words)
    return train_head(folder / "router", base=tiny_bert(folder / "base"), rows=rows)


@pytest.fixture
def served(home: Path, trained: Path) -> Iterator[SimpleNamespace]:
    """A server with three versions of ``router``, none in service."""
    app = Application(Settings(home=home))
    app.users.owner()
    for number in (1, 2, 3):
        path = shutil.copytree(trained, app.home.models / f"router-{number}")
        app.registry.add(KIND | {"model": "router"}, path, further=number > 1)
    api = create_api(app)

    def client(role: str) -> TestClient:
        key = {"Authorization": f"Bearer {app.keys.create(role)['secret']}"}
        return TestClient(api, headers=key, raise_server_exceptions=False)

    yield SimpleNamespace(app=app, api=api, client=client("member"), viewer=client("viewer"))
    app.close()


def test_versions_promotion_and_roll_back(served: SimpleNamespace, capfd) -> None:
    client = served.client
    listed = client.get(MODELS).json()["models"]
    assert [(each["name"], each["version"], each["status"]) for each in listed] == [("router", 3, "ready")]
    assert client.get("/v1/models/router").status_code == 404, "not in service"
    for name, body, aliases in (
        ("router@1", None, ["production"]),
        ("router@2", {}, ["production"]),
        ("router@3", {"alias": "staging"}, ["staging"]),
    ):
        made = client.post(f"{MODELS}/{name}/promote", json=body).json()
        assert (f"{made['name']}@{made['version']}", made["aliases"]) == (name, aliases)
    back = client.post(f"{MODELS}/router/rollback").json()
    assert (back["version"], back["status"], back["engine"]) == (1, "deployed", None)
    assert client.post(f"{MODELS}/router/rollback").status_code == 409
    shown = client.get(f"{MODELS}/router").json()
    assert [each["version"] for each in shown["versions"]] == [3, 2, 1] and shown["lineage"][
        "method"
    ] == "head"
    assert [each["action"] for each in shown["history"][:2]] == ["rolled back", "promoted"]
    assert shown["history"][0]["user_id"] == "owner" and str(served.app.home.root) not in str(shown)
    told = here(capfd, "models", "show", "router", "--json").json
    assert set(told) - {"path"} == set(shown) and told["history"] == shown["history"]
    off = client.post(f"{MODELS}/router@staging/undeploy").json()
    assert (off["version"], off["aliases"]) == (3, [])


def test_a_promotion_may_name_the_engine(served: SimpleNamespace) -> None:
    wanted = "/v1/registry/models/router/promote"
    refused = served.client.post(wanted, json={"engine": "int8"})
    assert refused.status_code == 400 and "ASSISTANT_ENGINE is torch" in refused.json()["error"]["message"]
    assert served.client.post(wanted, json={"engine": "fastest"}).status_code == 400
    assert served.client.post(wanted, json={"engine": "torch"}).status_code == 200


def test_what_is_in_service_is_not_deleted(served: SimpleNamespace) -> None:
    client = served.client
    client.post(f"{MODELS}/router@2/promote")
    for path in (f"{MODELS}/router", f"{MODELS}/router@2", "/v1/models/router"):
        refused = client.delete(path)
        assert refused.status_code == 409 and "Undeploy it first" in refused.json()["error"]["message"]
    gone = client.delete(f"{MODELS}/router@1").json()
    assert (gone["status"], gone["deleted"], gone["version"]) == ("deleted", ["router@1"], 1)
    assert client.post(f"{MODELS}/router/undeploy").json()["status"] == "ready"
    api_key = client.headers["Authorization"].removeprefix("Bearer ")
    official = openai.OpenAI(
        base_url="http://testserver/v1", api_key=api_key, http_client=TestClient(served.api), max_retries=0
    )
    assert official.models.delete("router").deleted
    assert client.get(f"{MODELS}/router").status_code == 404 and not list(served.app.home.models.iterdir())


def test_a_split_over_http(served: SimpleNamespace) -> None:
    client = served.client
    assert client.get(f"{MODELS}/router/split").json()["status"] == "none"
    assert client.post(f"{MODELS}/router/split", json={"to": "router@2", "share": 50}).status_code == 409
    client.post(f"{MODELS}/router@1/promote")
    begun = client.post(
        f"{MODELS}/router/split", json={"to": "router@2", "share": 100, "shadow": True}
    ).json()
    assert (begun["status"], begun["other"], begun["share"], begun["shadow"]) == ("running", 2, 100, True)
    asked = client.post("/v1/classify", json={"model": "router", "input": "card"})
    assert asked.headers["X-Model-Version"] == "router@2"
    served.app.traffic.flush(30)
    told = client.get(f"{MODELS}/router/split").json()
    assert [side["requests"] for side in told["sides"]] == [1, 1] and told["agreement"] == 1.0
    for body in ({}, {"to": "router@9", "share": 1}, {"share": 101}, {"to": "router@1", "share": 1}):
        assert client.post(f"{MODELS}/router/split", json=body).status_code in (400, 404), body
    assert client.delete(f"{MODELS}/router/split").json()["status"] == "ended"
    assert client.delete(f"{MODELS}/router/split").status_code == 409


def test_viewers_look_and_change_nothing(served: SimpleNamespace) -> None:
    assert served.viewer.get(f"{MODELS}/router").status_code == 200
    for method, path in (
        ("POST", "router/promote"),
        ("POST", "router/rollback"),
        ("POST", "router/undeploy"),
        ("POST", "router/split"),
        ("DELETE", "router/split"),
        ("DELETE", "router"),
    ):
        body = {"json": {}} if method == "POST" else {}
        assert served.viewer.request(method, f"{MODELS}/{path}", **body).status_code == 403, path
    assert served.viewer.delete("/v1/models/router").status_code == 403
    assert not served.app.registry.get("router").aliases


def test_two_promotions_at_once_leave_one_of_them_in_service(served: SimpleNamespace) -> None:
    names = [f"router@{1 + i % 3}" for i in range(12)]
    with ThreadPoolExecutor(6) as pool:
        made = list(pool.map(lambda name: served.client.post(f"{MODELS}/{name}/promote"), names))
    assert [each.status_code for each in made] == [200] * 12, [each.text for each in made]
    entry = served.app.registry.get("router")
    assert entry.aliases == ["production"] and entry.pinned in names
    answer = served.client.post("/v1/classify", json={"model": "router", "input": "card"})
    assert answer.headers["X-Model-Version"] == entry.pinned
    promoted = [each for each in served.app.registry.history("router", 50) if each["action"] == "promoted"]
    for later, earlier in zip(promoted, promoted[1:], strict=False):  # each says what it found
        assert later["details"]["before"] == earlier["version"]


def test_every_route_is_described(served: SimpleNamespace) -> None:
    """Summary, description, tags, a named shape for what comes back, the errors, an example of each body."""
    shown = served.api.openapi() and served.api.openapi()  # asked again, it says no more
    for path, verbs in shown["paths"].items():
        for verb, about in verbs.items():
            where = f"{verb} {path}"
            assert about["summary"] and about["description"] and about["tags"], where
            for answer in _answers(about):
                assert "$ref" in str(answer["schema"]), f"{where}: what it answers has no shape"
            if not path.startswith("/v1/"):
                continue
            assert {"400", "401", "403", "404", "429", "500"} <= set(about["responses"]), where
            refusal = about["responses"]["429"]["content"]["application/json"]
            assert refusal["schema"]["$ref"].endswith("/ErrorBody")
            TypeAdapter(ErrorBody).validate_python(refusal["example"])
            headers = [each["name"] for each in about.get("parameters", []) if each["in"] == "header"]
            assert headers.count("Idempotency-Key") == (verb == "post" and path.startswith(PATHS)), where
            body = about.get("requestBody", {}).get("content", {}).get("application/json")
            assert not body or body.get("example") is not None, f"{where}: assistant/api/examples.py lacks it"


def _answers(about: dict) -> list[dict]:
    """The JSON that an operation may answer with where all is well."""
    good = [answer for status, answer in about["responses"].items() if status.startswith("2")]
    assert good, about["summary"]
    contents = [answer.get("content", {}).get("application/json") for answer in good]
    return [each for each in contents if each is not None]


def test_the_examples_are_requests_that_fit(served: SimpleNamespace) -> None:
    shown, kinds = served.api.openapi()["paths"], {}
    waiting = [Body]
    for kind in waiting:
        waiting += kind.__subclasses__()
        kinds |= {kind.__name__: kind, f"{kind.__module__}.{kind.__name__}".replace(".", "__"): kind}
    for path, example in examples.EXAMPLES.items():
        taken = shown[path].get("post") or shown[path]["patch"]
        schema = str(taken["requestBody"]["content"]["application/json"]["schema"])
        kind = kinds[re.search(r"schemas/(\w+)", schema)[1]]
        made = kind.model_validate(example)
        assert set(example) <= set(kind.model_fields) and made, path

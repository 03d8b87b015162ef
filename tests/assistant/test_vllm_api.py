"""Models that vLLM writes, behind the API: our keys, streams, a server that goes away, and models out of service."""

from pathlib import Path

import httpx
import pytest
from starlette.testclient import TestClient

from assistant.api.app import create_api
from assistant.application import Application
from assistant.settings import Settings
from tests.tools.test_vllm import base, folder, running  # noqa: F401 - fixtures
from tools.serving.remote import vllm
from tools.serving.remote.vllm import LORA

ASK = {"model": "helper", "messages": [{"role": "user", "content": "where is my parcel"}], "max_tokens": 3}


def test_a_deployed_model_is_written_by_vllm(
    base: Path,  # noqa: F811
    folder: Path,  # noqa: F811
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with running(base, *LORA, VLLM_API_KEY="sesame") as url:
        app = Application(Settings(home=home, vllm=url, vllm_api_key="sesame"))
        app.users.owner()
        path = app.home.models / "helper"
        path.symlink_to(folder)
        row = {"model": "helper", "task": "text-generation", "base": "tiny", "method": "lora"}
        app.registry.add(row, path)
        app.releases.promote("helper")
        client = TestClient(create_api(app), raise_server_exceptions=False)
        assert client.post("/v1/chat/completions", json=ASK).status_code == 401
        client.headers["Authorization"] = f"Bearer {app.keys.create('admin')['secret']}"

        whole = client.post("/v1/chat/completions", json=ASK)
        said = whole.json()["choices"][0]["message"]["content"]
        assert said.strip().startswith("helper-") and said.endswith(" 2 3")
        assert whole.headers["X-Model-Version"] == "helper@1"
        streamed = client.post("/v1/chat/completions", json=ASK | {"stream": True})
        assert streamed.text.count('"content"') == 4 and streamed.text.endswith("data: [DONE]\n\n")

        def served() -> list[str]:
            cards = httpx.get(f"{url}/v1/models", headers={"Authorization": "Bearer sesame"}).json()["data"]
            return [card["id"] for card in cards if card["parent"]]

        assert len(served()) == 1
        app.keep_places()
        assert len(served()) == 1
        app.releases.undeploy("helper")
        monkeypatch.setattr(vllm, "IDLE_SECONDS", 0.0)
        app.keep_places()
        assert not served() and not app.predictors.loaded()
        app.releases.promote("helper")
        assert client.post("/v1/chat/completions", json=ASK).status_code == 200
    for stream in (False, True):
        away = client.post("/v1/chat/completions", json=ASK | {"stream": stream})
        assert away.status_code == 503 and int(away.headers["Retry-After"]) >= 1, away.text
        assert away.json()["error"]["code"] == "unavailable"
        assert "does not answer" in away.json()["error"]["message"]
    app.close()

"""Traces: what a collector is told of a request, and what it is not."""

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from assistant.api.app import create_api
from assistant.application import Application
from assistant.settings import Settings
from tests.tools.tiny_models import tiny_bert
from tests.tools.trained import train_head
from tests.ui.otlp import Collector, facts

pytest.importorskip("opentelemetry.exporter.otlp.proto.http.trace_exporter")
SECRET = "zanzibar"  # what users write, and no trace may hold


def test_a_request_is_traced_in_numbers(tmp_path: Path) -> None:
    collector = Collector()
    app = Application(Settings(home=tmp_path / "home", otel_endpoint=collector.url, engine="torch"))
    path = train_head(app.home.models / "router", base=tiny_bert(tmp_path / "base"))
    kind = {"task": "text-classification", "base": "minilm", "method": "head"}
    app.registry.add({"model": "router", **kind}, path)
    app.releases.promote("router")
    key = {"Authorization": f"Bearer {app.keys.create('admin')['secret']}"}
    with TestClient(create_api(app), headers=key) as client:  # at its end the spans are sent
        parent = {"traceparent": f"00-{'a' * 32}-{'b' * 16}-01"}
        body = {"model": "router", "input": [f"where is {SECRET}", "my parcel"]}
        assert client.post(f"/v1/classify?token={SECRET}", json=body, headers=parent).status_code == 200
        assert client.get("/healthz").status_code == 200
    app.close()
    collector.shutdown()
    assert collector.scopes == {"assistant", "fastapi"}
    assert not any(SECRET.encode() in each for each in collector.bodies)
    [asked] = collector.named("POST /v1/classify")
    assert asked.trace_id.hex() == "a" * 32 and asked.parent_span_id.hex() == "b" * 16
    assert facts(asked)["assistant.model"] == "router@1"
    assert facts(asked)["http.response.status_code"] == 200
    beneath = {each.name: each for each in collector.beneath(asked)}
    assert set(beneath) == {"queue", "batch"} and not collector.named("GET /healthz")
    assert beneath["queue"].end_time_unix_nano == beneath["batch"].start_time_unix_nano
    assert facts(beneath["batch"]) == {"assistant.texts": 2, "assistant.batch.texts": 2}

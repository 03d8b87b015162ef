"""What /metrics says of the models: who answered, how long it took, what failed, which tokens."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from assistant.api.metrics import Metrics
from tests.assistant.api_server import Server, server
from tools.serving.batching import Batcher
from tools.workspace import ModelEntry

__all__ = ["server"]


@dataclass(eq=False)
class Writer:
    read: int
    written: int
    running: int = 0


def figure(server: Server, name: str, **labels: str) -> float:
    """One sample of a running server's figures; 0 where it is not there."""
    told = server.client().get("/metrics").text
    wanted = {f'{key}="{value}"' for key, value in labels.items()}
    for line in told.splitlines():
        found = re.fullmatch(r"(\w+)(?:{(.*)})? (\S+)", line)
        if found and found[1] == name and wanted <= set((found[2] or "").split(",")):
            return float(found[3])
    return 0.0


def test_answers_and_errors_are_counted_by_version(server: Server) -> None:
    router = {"model": "router", "version": "1"}
    before = figure(server, "assistant_prediction_seconds_count", **router)
    assert (
        server.admin.post("/v1/classify", json={"model": "router", "input": ["a b", "c"]}).status_code == 200
    )
    assert figure(server, "assistant_prediction_seconds_count", **router) == before + 1
    assert server.admin.post("/v1/classify", json={"model": "router", "input": " "}).status_code == 400
    assert figure(server, "assistant_prediction_errors_total", **router, status="400") == 1


def test_tokens_are_counted_as_they_are_written(server: Server) -> None:
    body = {"model": "writer", "messages": [{"role": "user", "content": "where is my card"}], "max_tokens": 5}
    for _ in range(2):
        assert server.admin.post("/v1/chat/completions", json=body).status_code == 200
    read, written = (
        figure(server, "assistant_tokens_total", model="writer", kind=kind)
        for kind in ("prompt", "completion")
    )
    assert 2 <= written <= 10 and read >= 8 and read % 2 == 0
    assert figure(server, "assistant_prediction_seconds_count", model="writer") == 2


def test_sums_outlive_the_models_that_are_unloaded() -> None:
    held: list = []
    metrics = Metrics(lambda: [("m", each) for each in held], lambda: [("w", each) for each in written])
    written = [Writer(5, 7, 1), Writer(1, 1)]
    for texts in (3, 4):
        held.append(Batcher(list))
        held[-1].submit(["x"] * texts).result()
    told = metrics.text().decode()
    assert 'assistant_batched_texts_total{model="m"} 7.0' in told
    assert 'assistant_tokens_total{kind="completion",model="w"} 8.0' in told
    assert 'assistant_answers_running{model="w"} 1.0' in told
    del held[0], written[1]
    held[0].submit(["x"]).result()
    assert 'assistant_batched_texts_total{model="m"} 8.0' in metrics.text().decode()
    assert 'assistant_tokens_total{kind="prompt",model="w"} 6.0' in metrics.text().decode()


def test_the_dashboard_names_figures_that_there_are() -> None:
    """Each metric with the labels that its queries group by."""
    metrics = Metrics(lambda: [("m", Batcher(list))], lambda: [("w", Writer(1, 1))])
    metrics.answered(ModelEntry("m", "text-classification", "minilm", "head", Path()), 0.1, 0)
    metrics.answered(ModelEntry("m", "text-classification", "minilm", "head", Path()), 0.1, 500)
    metrics.requests.labels("GET", "/healthz", "200").inc()
    metrics.seconds.labels("GET", "/healthz").observe(0.1)
    samples = [
        each for family in text_string_to_metric_families(metrics.text().decode()) for each in family.samples
    ]
    labels = {each.name: set(each.labels) for each in samples}
    board = json.loads((Path(__file__).parents[2] / "docs/grafana/startup-assistant.json").read_text())
    queries = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    asked = [
        found
        for query in queries
        for found in re.findall(r"(?:by \(([^)]*)\) )?\(?(?:rate\()?(assistant_\w+)", query)
    ]
    assert len(queries) >= 12 and {name for _, name in asked} <= set(labels)
    for by, name in asked:
        assert {each.strip() for each in by.split(",") if by} <= labels[name], (by, name)
    named = {name.removesuffix("_bucket").removesuffix("_count") for _, name in asked}
    counted = [name for name in labels if not name.endswith("_created")]
    shown = {re.sub("_(bucket|count|sum)$", "", name) for name in counted}
    assert shown <= named, "a figure that no panel shows"


@pytest.mark.parametrize(
    ("whose", "source", "answer"),
    [
        ("private", "10.0.0.7", 200),
        ("private", "::1", 200),
        ("private", "8.8.8.8", 401),
        ("private", "::ffff:8.8.8.8", 401),
        ("key", "127.0.0.1", 401),
        ("open", "8.8.8.8", 200),
    ],
)
def test_figures_are_not_for_everybody(
    server: Server, monkeypatch: pytest.MonkeyPatch, whose: str, source: str, answer: int
) -> None:
    monkeypatch.setattr(server.app.settings, "metrics", whose)
    client = TestClient(server.api, client=(source, 5))
    assert client.get("/metrics").status_code == answer
    admin, viewer = (
        {"Authorization": f"Bearer {server.app.keys.create(each)['secret']}"} for each in ("admin", "viewer")
    )
    assert client.get("/metrics", headers=admin).status_code == 200
    assert client.get("/metrics", headers=viewer).status_code == (403 if answer == 401 else 200)

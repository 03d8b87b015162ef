"""A server as those see it who run it: ready when it is, hurt and healed."""

import json
import re
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
import pytest

from assistant.application import Application
from assistant.settings import Settings
from tests.tools.tiny_models import tiny_bert, tokenizer
from tests.tools.trained import train_head
from tests.ui.running import Running, serving
from tools.models.card import write_info

pytest.importorskip("openvino_genai")

LONG = 3000  # tokens


@dataclass
class Service:
    """A running server, a client with a key, and how ``/readyz`` answered until it was ready."""

    server: Running
    client: httpx.Client
    readiness: list[int]

    def classify(self, words: str = "where is my parcel") -> httpx.Response:
        return self.client.post("/v1/classify", json={"model": "router", "input": words})

    @contextmanager
    def story(self, tokens: int = LONG) -> Iterator[Iterator[str]]:
        """The pieces of a long answer as they come."""
        messages = [{"role": "user", "content": "help me"}]
        body = {"model": "writer", "messages": messages, "max_tokens": tokens, "stream": True}
        with self.client.stream("POST", "/v1/chat/completions", json=body) as answer:
            assert answer.status_code == 200
            yield (line[6:] for line in answer.iter_lines() if line.startswith("data: "))

    def figure(self, name: str) -> float:
        found = re.search(rf"^{name}(?:{{[^}}]*}})? (\S+)$", self.client.get("/metrics").text, re.MULTILINE)
        return float(found[1]) if found else -1.0

    def writer(self) -> psutil.Process:
        """The process that writes texts."""
        for each in psutil.Process(self.server.process.pid).children(recursive=True):
            with suppress(psutil.Error):  # it may be gone
                if any("generation/worker.py" in part for part in each.cmdline()):
                    return each
        raise AssertionError("nobody writes")


def _endless(folder: Path) -> Path:
    """A small model that takes seconds for a long answer, and never ends one by itself."""
    from transformers import LlamaConfig, LlamaForCausalLM, set_seed

    set_seed(0)
    words = tokenizer()
    sizes = {"hidden_size": 256, "intermediate_size": 512, "num_hidden_layers": 6, "num_attention_heads": 4}
    ends = {"bos_token_id": 2, "eos_token_id": None, "pad_token_id": 0}
    config = LlamaConfig(vocab_size=len(words), max_position_embeddings=2 * LONG, **sizes, **ends)
    LlamaForCausalLM(config).save_pretrained(folder)
    words.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("operations")
    app = Application(Settings(home=folder / "home"))
    app.users.owner()
    path = train_head(app.home.models / "router", base=tiny_bert(folder / "base"))
    app.registry.add(
        {"model": "router", "task": "text-classification", "base": "minilm", "method": "head"}, path
    )
    kind = {"task": "text-generation", "base": "tiny", "method": "full"}
    path = _endless(app.home.models / "writer")
    write_info(path, {"name": "writer", **kind})
    app.registry.add({"model": "writer", **kind}, path)
    for name in ("router", "writer"):
        app.releases.promote(name)
    key = {"Authorization": f"Bearer {app.keys.create('admin')['secret']}"}
    app.close()
    readiness: list[int] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ASSISTANT_ENGINE", "auto")
        patch.setenv("ASSISTANT_SHUTDOWN_SECONDS", "3")
        with serving(folder / "home", patience=240, watch=readiness.append) as server:
            client = httpx.Client(base_url=server.url, headers=key, timeout=120)
            yield Service(server, client, readiness)


def test_it_is_ready_when_its_models_are_loaded(service: Service) -> None:
    assert service.readiness[0] == 503
    assert service.readiness == sorted(service.readiness, reverse=True)  # once ready, it stays so
    assert service.client.get("/readyz").status_code == 200
    assert service.figure("assistant_answers_running") == 0  # loaded, and nobody has asked for it
    text = service.client.get("/metrics").text
    assert 'assistant_batched_texts_total{model="minilm"} 1.0' in text  # so is the encoder of /v1/embeddings


def test_the_work_for_a_client_that_is_gone_ends(service: Service) -> None:
    with service.story() as pieces:
        for _ in range(5):
            next(pieces)
        assert service.figure("assistant_answers_running") == 1
    deadline = time.monotonic() + 10
    while service.figure("assistant_answers_running"):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_writer_that_is_killed_comes_back_and_others_answer(service: Service) -> None:
    begun = threading.Semaphore(0)

    def told(_: int) -> str:
        with service.story() as pieces:
            piece = next(pieces)
            begun.release()
            return [piece, *pieces][-1]

    with ThreadPoolExecutor(4) as pool:
        stories = [pool.submit(told, number) for number in range(3)]
        assert all(begun.acquire(timeout=60) for _ in stories)  # none can be refused as a whole any more
        first = service.writer()
        first.kill()
        answers = [service.classify() for _ in range(5)]
        ends = [each.result() for each in stories]
    assert [each.status_code for each in answers] == [200] * 5
    assert all("broke off" in json.loads(each)["error"]["message"] for each in ends)
    with service.story(20) as pieces:
        assert list(pieces)[-1] == "[DONE]"
    assert service.writer().pid != first.pid


def test_told_to_stop_it_ends_what_it_can_and_tells_the_others(service: Service) -> None:
    """The last test: the server is gone then."""
    long = {"model": "writer", "messages": [{"role": "user", "content": "help me"}], "max_tokens": LONG}
    with ThreadPoolExecutor(4) as pool:
        told = [pool.submit(service.client.post, "/v1/chat/completions", json=long) for _ in range(4)]
        deadline = time.monotonic() + 20
        while service.figure("assistant_answers_running") < len(told):
            assert time.monotonic() < deadline
        with service.story(20) as pieces:
            next(pieces)
            service.server.process.send_signal(signal.SIGTERM)
            assert list(pieces)[-1] == "[DONE]"
        answers = [each.result() for each in told]
    for answer in answers:
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "going_down"), answer.text
        assert int(answer.headers["Retry-After"]) >= 1 and answer.headers["X-Request-Id"]
    assert service.server.process.wait(60) == 0

"""Serving over HTTP: ours with keys, limits and metrics, the peers as anybody would write them in ten minutes.

All clients run on the same cores as the servers. Ours is deployed as a user deploys it: the engine that was fastest in
its calibration.
"""

import http.client
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.benchmarks import tickets
from tests.benchmarks.measure import each, milliseconds, rates, shuffled, sized
from tests.benchmarks.row import Row

CLIENTS = 32
TOGETHER = 16  # texts a request, where several go in one
PEER = "FastAPI + transformers.pipeline"
ENCODER = "SentenceTransformer.encode"


def run() -> Iterable[Row]:
    folder = tickets.trained().folder
    with _servers(folder) as (ours, theirs):
        texts = shuffled(tickets.texts() * 4)
        one = _load(ours, CLIENTS), _load(theirs, CLIENTS)
        yield Row(f"serve: {CLIENTS} clients, one text", *rates(*one, texts[: sized(2400, 400)]), PEER)
        groups = [texts[at : at + TOGETHER] for at in range(0, sized(len(texts), 400), TOGETHER)]
        many = rates(*one, groups)
        yield Row(f"serve: {CLIENTS} clients, {TOGETHER} texts", *(TOGETHER * each for each in many), PEER)
        alone = milliseconds(_load(ours, 1), _load(theirs, 1), [[text] for text in texts[: sized(200, 40)]])
        yield Row("serve: one client, median", *alone, PEER, unit="ms", lower_is_better=True)
        yield from _embeddings(ours, texts)


def _embeddings(ours: "Address", texts: list[str]) -> Iterable[Row]:
    from sentence_transformers import SentenceTransformer

    from tools.models.embedded import minilm_folder

    encoder = SentenceTransformer(str(minilm_folder()), device="cpu")
    load = _load(ours.at("/v1/embeddings", model="minilm", encoding_format="base64"), CLIENTS)
    few = texts[: sized(1200, 200)]
    singly = each(lambda text: encoder.encode(text))
    yield Row(f"serve: embeddings, {CLIENTS} clients", *rates(load, singly, few), f"{ENCODER} one by one")
    batched = rates(load, lambda some: encoder.encode(list(some), batch_size=64), few)
    yield Row(f"serve: embeddings, {CLIENTS} clients, at its best", *batched, f"{ENCODER} in batches of 64")


class Address:
    """Where texts are sent, and what goes with them."""

    def __init__(self, port: int, path: str, key: str = "", **extra: str):
        self.port, self.path, self.key, self.extra = port, path, key, extra

    def at(self, path: str, **extra: str) -> "Address":
        """Another route of the same server."""
        return Address(self.port, path, self.key, **extra)


@contextmanager
def _servers(folder: Path) -> Iterator[tuple[Address, Address]]:
    from tests.ui.running import free_port, serving

    home, port = tickets.folder() / "home", free_port()
    key = _deploy(home, folder)
    plain = subprocess.Popen([sys.executable, "-m", "tests.benchmarks.plain_server", str(folder), str(port)])
    try:
        with serving(home) as server:
            mine = int(server.url.rsplit(":", 1)[1])
            _await(port)
            _await(mine)
            yield Address(mine, "/v1/classify", key, model="tickets"), Address(port, "/classify")
    finally:
        plain.terminate()
        plain.wait(15)


def _deploy(home: Path, folder: Path) -> str:
    """A home with the model deployed; returns a key."""
    import shutil

    from assistant.application import Application
    from assistant.settings import Settings
    from tools.serving.engines.choice import calibrate

    app = Application(Settings(home=home))
    path = shutil.copytree(folder, app.home.models / "tickets")
    kind = {"task": "text-classification", "base": "minilm", "method": "full"}
    app.registry.add({"model": "tickets", **kind}, path)
    app.releases.promote("tickets")
    print(json.dumps(calibrate(path)), file=sys.stderr)
    secret = app.keys.create("member")["secret"]
    app.close()
    return secret


def _await(port: int, patience: float = 60) -> None:
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        try:
            http.client.HTTPConnection("127.0.0.1", port).request("GET", "/")
            return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError(f"no server came up on port {port}")


def _load(where: Address, clients: int) -> Callable[[Sequence[Any]], None]:
    """Send items (a text, or a list of texts) from several clients at once, each over a connection that it keeps."""

    def client(items: Sequence[Any]) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", where.port, timeout=60)
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {where.key}"}
        for item in items:
            body = {"input": item} | where.extra
            connection.request("POST", where.path, json.dumps(body), headers)
            answer = connection.getresponse()
            said = answer.read()
            if answer.status != 200:
                raise RuntimeError(f"{where.path} answered {answer.status}: {said[:200]!r}")
        connection.close()

    def send(items: Sequence[Any]) -> None:
        if clients == 1:
            client(items)
            return
        with ThreadPoolExecutor(clients) as pool:
            list(pool.map(client, [items[number::clients] for number in range(clients)]))

    return send

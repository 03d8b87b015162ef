"""Serving a classifier against transformers.pipeline on the same folder: in the process, and over HTTP.

Both give every label's probability. Over HTTP ours is the whole server (``assistant serve``: keys, limits, metrics),
the peer a FastAPI application of one route.
"""

import http.client
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.benchmarks import tickets
from tests.benchmarks.measure import each, rates, shuffled, sized
from tests.benchmarks.row import Row

PEER = "transformers.pipeline"
CLIENTS = 8
BATCH = 32


def run() -> Iterable[Row]:
    from tests.benchmarks.plain_server import classifier
    from tools.serving.predictor import load

    folder = tickets.trained().folder
    predictor, pipe = load(folder), classifier(folder)
    yield _accuracy(predictor, pipe)
    texts = shuffled(tickets.texts() * 2)  # neither side remembers texts
    few = texts[: sized(480, 60)]
    one = rates(each(lambda text: predictor.predict([text])), each(lambda text: pipe(text)), few)
    yield Row("classify: texts one by one", *one, PEER)
    batches = [texts[i : i + BATCH] for i in range(0, sized(len(texts), 6 * BATCH), BATCH)]
    ours, theirs = rates(each(predictor.predict), each(lambda some: pipe(some, batch_size=BATCH)), batches)
    yield Row(f"classify: batches of {BATCH}", BATCH * ours, BATCH * theirs, PEER)
    yield from _over_http(folder, texts[: sized(420, 60)])


def _accuracy(predictor, pipe) -> Row:
    rows = tickets.parts()[1]
    ours = [found["label"] for found in predictor.predict([text for text, _ in rows])]
    theirs = [found[0]["label"] for found in pipe([text for text, _ in rows])]
    same = sum(a == b for a, b in zip(ours, theirs, strict=True))

    def right(labels: list[str]) -> float:
        return sum(a == b for a, (_, b) in zip(labels, rows, strict=True)) / len(rows)

    name = f"classify: accuracy, same label in {same} of {len(rows)}"
    return Row(name, right(ours), right(theirs), PEER, unit="")


def _over_http(folder: Path, texts: list[str]) -> Iterable[Row]:
    from tests.ui.running import free_port, serving

    home, port = tickets.folder() / "home", free_port()
    key = _deploy(home, folder)
    command = [sys.executable, "-m", "tests.benchmarks.plain_server", str(folder), str(port)]
    plain = subprocess.Popen(command)
    try:
        with serving(home) as server:
            mine = int(server.url.rsplit(":", 1)[1])
            _await(port)
            _await(mine)
            ours = _clients(mine, "/v1/classify", {"Authorization": f"Bearer {key}"}, {"model": "tickets"})
            theirs = _clients(port, "/classify", {}, {})
            found = rates(ours, theirs, texts)
        yield Row(f"classify: HTTP requests, {CLIENTS} clients", *found, "FastAPI + pipeline")
    finally:
        plain.terminate()
        plain.wait(15)


def _deploy(home: Path, folder: Path) -> str:
    """A home with the model deployed; returns a key."""
    import shutil

    from assistant.application import Application
    from assistant.settings import Settings

    app = Application(Settings(home=home))
    path = shutil.copytree(folder, app.home.models / "tickets")
    kind = {"task": "text-classification", "base": "minilm", "method": "full"}
    app.registry.add({"model": "tickets", **kind}, path)
    app.releases.promote("tickets")
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


def _clients(port: int, path: str, headers: dict, body: dict) -> Callable[[Sequence[str]], None]:
    """Send texts from several clients at once, each over a connection that it keeps until all are answered."""

    def client(texts: Sequence[str]) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        sent = {"Content-Type": "application/json", **headers}
        for text in texts:
            connection.request("POST", path, json.dumps({**body, "input": text}), sent)
            answer = connection.getresponse()
            said = answer.read()
            if answer.status != 200:
                raise RuntimeError(f"{path} answered {answer.status}: {said[:200]!r}")
        connection.close()

    def send(texts: Sequence[str]) -> None:
        with ThreadPoolExecutor(CLIENTS) as pool:
            list(pool.map(client, [texts[number::CLIENTS] for number in range(CLIENTS)]))

    return send

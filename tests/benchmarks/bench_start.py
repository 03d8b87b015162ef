"""From a cold start until all is ready with three models in service, and the memory of all its processes."""

import http.client
import json
import statistics
from collections.abc import Iterable

from tests.benchmarks.measure import sized
from tests.benchmarks.row import Row
from tests.benchmarks.three import Served, running

SECONDS, MEGABYTES = 15.0, 2560.0  # the bars
ASKED = {
    "/v1/classify": {"model": "tickets", "input": "Where is my parcel?"},
    "/v1/embeddings": {"model": "vectors", "input": "Where is my parcel?"},
    "/v1/chat/completions": {
        "model": "writer",
        "messages": [{"role": "user", "content": "Write about the sea."}],
        "max_tokens": 32,
    },
}


def run() -> Iterable[Row]:
    seconds, memory = [], []
    for _ in range(sized(3, 1)):
        with running() as served:
            seconds.append(served.seconds)
            for path, body in ASKED.items():
                ask(served, path, body)
            memory.append(served.memory())
    bar = {"peer_name": "the bar", "lower_is_better": True}
    yield Row("start: ready, three models", statistics.median(seconds), SECONDS, unit="s", **bar)
    yield Row("start: memory, three models", statistics.median(memory), MEGABYTES, unit="MB", **bar)


def ask(served: Served, path: str, body: dict) -> None:
    """One request, which must be answered."""
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=300)
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {served.key}"}
    connection.request("POST", path, json.dumps(body), headers)
    answer = connection.getresponse()
    said = answer.read()
    connection.close()
    if answer.status != 200:
        raise RuntimeError(f"{path} answered {answer.status}: {said[:200]!r}")

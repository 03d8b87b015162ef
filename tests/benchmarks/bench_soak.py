"""Ten minutes at 80 % of what three models can do together: no error, and memory that stays where it is.

``python -m tests.benchmarks soak`` takes ten minutes, ``python -m tests.benchmarks.bench_soak 3`` three.
"""

import http.client
import json
import random
import statistics
import sys
import threading
import time
from collections.abc import Iterable

from tests.benchmarks import tickets
from tests.benchmarks.measure import SIZE
from tests.benchmarks.row import Row
from tests.benchmarks.three import Served, running

MINUTES = 10.0
CLIENTS = 32
LOAD = 0.8  # of the capacity
CAPACITY_SECONDS = 20.0
SHARES = {"/v1/classify": 80, "/v1/embeddings": 18, "/v1/chat/completions": 2}  # of the requests, in percent
EACH = 5.0  # seconds between looks at the memory
WARM = 0.2  # of the time, before memory is compared


class Load:
    """Requests of all clients: how many were answered, what went wrong, how long they took."""

    def __init__(self, served: Served, seconds: float, pause: float = 0.0):
        self._served, self._pause, self._texts = served, pause, tickets.texts()
        self._until = time.monotonic() + seconds
        self.answered = 0
        self.errors: list[str] = []
        self.seconds: list[float] = []
        self._lock = threading.Lock()
        threads = [threading.Thread(target=self._client, args=(number,)) for number in range(CLIENTS)]
        for thread in threads:
            thread.start()
        self._threads = threads

    @property
    def going(self) -> bool:
        """Whether clients still ask."""
        return any(thread.is_alive() for thread in self._threads)

    def wait(self) -> "Load":
        """Until all clients are done."""
        for thread in self._threads:
            thread.join()
        return self

    def _client(self, number: int) -> None:
        dice = random.Random(number)
        connection = http.client.HTTPConnection("127.0.0.1", self._served.port, timeout=60)
        due = time.monotonic() + dice.random() * self._pause
        while due < self._until and time.monotonic() < self._until:
            time.sleep(max(0.0, due - time.monotonic()))
            due = max(
                due + self._pause, time.monotonic() - self._pause
            )  # what is missed is made up for, a little
            self._ask(connection, dice)
        connection.close()

    def _ask(self, connection: http.client.HTTPConnection, dice: random.Random) -> None:
        [path] = dice.choices(list(SHARES), list(SHARES.values()))
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self._served.key}"}
        began = time.monotonic()
        try:
            connection.request("POST", path, json.dumps(_body(path, dice.choice(self._texts))), headers)
            answer = connection.getresponse()
            said = answer.read()
            fault = "" if answer.status == 200 else f"{path} {answer.status} {said[:80]!r}"
        except OSError as error:
            fault = f"{path} {error!r}"
            connection.close()
        with self._lock:
            self.answered += not fault
            self.seconds.append(time.monotonic() - began)
            if fault:
                self.errors.append(fault)


def _body(path: str, text: str) -> dict:
    if path == "/v1/classify":
        return {"model": "tickets", "input": text}
    if path == "/v1/embeddings":
        return {"model": "vectors", "input": text, "encoding_format": "base64"}
    return {"model": "writer", "messages": [{"role": "user", "content": text}], "max_tokens": 16}


def run(minutes: float = MINUTES * min(1.0, SIZE)) -> Iterable[Row]:
    with running() as served:
        Load(served, CAPACITY_SECONDS / 4).wait()  # warms up
        full = Load(served, CAPACITY_SECONDS).wait()
        capacity = full.answered / CAPACITY_SECONDS
        load = Load(served, 60 * minutes, CLIENTS / (LOAD * capacity))
        memory: list[float] = []
        while load.going:
            memory.append(served.memory())
            time.sleep(EACH)
        load.wait()
    print(json.dumps({"MB": [round(each) for each in memory], "errors": load.errors[:5]}), file=sys.stderr)
    rate = len(load.seconds) / (60 * minutes)
    asked = f"{LOAD:.0%} of what it can"
    yield Row(f"soak: {minutes:g} minutes, requests", rate, LOAD * capacity, asked)
    yield Row("soak: answered", load.answered / len(load.seconds), 1.0, "all of them", unit="")
    kept = memory[int(WARM * len(memory)) :]
    part = max(1, len(kept) // 5)
    first, last = statistics.median(kept[:part]), statistics.median(kept[-part:])
    yield Row("soak: memory at its end", last, first, "at its beginning", unit="MB", lower_is_better=True)
    slow = 1000 * statistics.quantiles(load.seconds, n=100)[98]
    worst = 1000 * statistics.quantiles(full.seconds, n=100)[98]
    yield Row("soak: p99", slow, worst, "at full load", unit="ms", lower_is_better=True)


if __name__ == "__main__":
    for row in run(float(sys.argv[1]) if len(sys.argv) > 1 else MINUTES):
        print(row.name, row.shown(row.ours), row.shown(row.peer), f"{row.ratio:.3f}", row.peer_name)

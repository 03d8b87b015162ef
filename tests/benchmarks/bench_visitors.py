"""The support widget under load: many visitors at once against a running server on loopback, and its memory over many.

Each visitor opens the frame, asks two questions of the sample help centre and reads both answers to their end: once all
of them at the very same moment, without a pause, and once as people do, who look around before they ask and read what
they are told: an office behind one address, on a site with one key. The many of the memory's part come from addresses
of their own, so that the limits for visitors let them in. The peers are budgets.
"""

import asyncio
import json
import random
import re
import statistics
import time
from collections.abc import Iterable
from pathlib import Path

import psutil

from tests.benchmarks import tickets
from tests.benchmarks.measure import sized
from tests.benchmarks.row import Row

AT_ONCE = 200
SESSIONS = 2000
KEYS = 20  # 1,200 questions a minute each
SITE = "https://shop.example"
QUESTIONS = (
    "How long do refunds take?",
    "Do you ship abroad?",
    "How can I reset my password?",
    "What does the warranty cover?",
    "How do I cancel my order?",
    "Where do I find my invoice?",
)
P95 = 2.0  # seconds
PAUSE = (5.0, 25.0)  # seconds that somebody takes before a question
GROWTH = 1.10  # of memory, from the first quarter of the sessions to the last


def run() -> Iterable[Row]:
    from tests.ui.running import serving

    home = tickets.folder() / "visitors"
    keys = _furnish(home)
    with serving(home, patience=300) as server:
        process = psutil.Process(server.process.pid)
        asyncio.run(_crowd(server.url, keys[:1], AT_ONCE // 10, 0))  # warm
        began = time.perf_counter()
        times = asyncio.run(_crowd(server.url, keys[:1], AT_ONCE, 10_000))
        rate = len(times) / (time.perf_counter() - began)
        yield Row(f"widget: {AT_ONCE} ask at the same moment, p95", _p95(times), P95, "budget", "s", True)
        print(f"  {rate:.1f} answers/s, median {statistics.median(times):.2f} s", flush=True)
        times = asyncio.run(_crowd(server.url, keys[:1], AT_ONCE, 15_000, PAUSE))
        yield Row(f"widget: {AT_ONCE} visitors at once, p95", _p95(times), P95, "budget", "s", True)
        sizes = []
        for number in range(4):  # a quarter of the sessions each
            some = sized(SESSIONS) // 4
            for at in range(0, some, 50):
                asyncio.run(_crowd(server.url, keys, min(50, some - at), 20_000 + number * some + at))
                time.sleep(2)  # the keys' minute
            sizes.append(process.memory_info().rss / 1e6)
        grown = sizes[-1] / sizes[0]
        yield Row(
            f"widget: memory after {sized(SESSIONS)} sessions",
            grown,
            GROWTH,
            "budget",
            "of a quarter's",
            True,
        )


def _furnish(home: Path) -> list[str]:
    from assistant.application import Application
    from assistant.settings import Settings
    from assistant.workspace.samples import load_samples

    app = Application(Settings(home=home))
    app.users.owner()
    load_samples(app.shared, "owner")
    keys = [app.keys.create(widget=True, origins=[SITE])["secret"] for _ in range(KEYS)]
    app.close()
    return keys


async def _crowd(
    url: str, keys: list[str], many: int, first: int, pause: tuple[float, float] = (0.0, 0.0)
) -> list[float]:
    """Visitors who come together, from one address where they have one key; returns seconds of each whole answer."""
    import httpx

    limits = httpx.Limits(max_connections=many)
    async with httpx.AsyncClient(base_url=url, timeout=60, limits=limits) as client:
        visits = (
            _visit(client, keys[number % len(keys)], first + number, pause, office=len(keys) == 1)
            for number in range(many)
        )
        return [seconds for each in await asyncio.gather(*visits) for seconds in each]


async def _visit(client, key: str, number: int, pause: tuple[float, float], office: bool) -> list[float]:
    rng = random.Random(number)
    headers = {"Origin": SITE}
    if not office:  # a proxy on this machine is believed (uvicorn's FORWARDED_ALLOW_IPS)
        headers["X-Forwarded-For"] = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
    page = await client.get("/widget", params={"key": key}, headers=headers)
    page.raise_for_status()
    found = re.search(r'name="token" content="([^"]+)"', page.text)
    assert found, page.text[:200]
    token, thread, times = found[1], None, []
    for place in range(2):
        body = {"message": QUESTIONS[(number + place) % len(QUESTIONS)], "thread": thread}
        await asyncio.sleep(rng.uniform(*pause))
        began = time.perf_counter()
        answer = await client.post(
            "/v1/widget/messages", json=body, headers={**headers, "Authorization": f"Bearer {token}"}
        )
        answer.raise_for_status()
        events = [json.loads(line[6:]) for line in answer.text.splitlines() if line.startswith("data: ")]
        assert events[-1]["kind"] == "done", events[-1]
        times.append(time.perf_counter() - began)
        token, thread = events[-1]["token"], events[-1]["thread"]
    return times


def _p95(times: list[float]) -> float:
    return statistics.quantiles(times, n=20)[-1]

"""Streams: a generator in its own thread, stopped when nobody listens any more."""

import asyncio
import threading
import time
from collections.abc import Iterator

import pytest

from assistant.api.sse import WAITING, Pump, data, paced
from tools.serving.turns import Turns


def test_items_come_in_order_from_one_thread() -> None:
    threads = set()

    def numbers():
        for n in range(200):
            threads.add(threading.current_thread())
            yield n

    async def listen():
        return [n async for n in Pump(numbers)]

    assert asyncio.run(listen()) == list(range(200)) and len(threads) == 1


def test_an_error_comes_through() -> None:
    def broken():
        yield 1
        raise LookupError("gone")

    async def listen():
        pump = Pump(broken)
        assert await anext(pump) == 1
        with pytest.raises(LookupError, match="gone"):
            await anext(pump)

    asyncio.run(listen())


def test_a_generator_is_closed_when_the_listener_leaves() -> None:
    closed, made = threading.Event(), []

    def endless():
        try:
            while True:
                made.append(1)
                yield 1
        finally:
            closed.set()

    async def leave():
        pump = Pump(endless)
        await anext(pump)
        while len(made) <= WAITING:  # a slow listener is waited for, not run away from
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.05)
        assert len(made) <= WAITING + 2
        pump.stop()

    asyncio.run(leave())
    assert closed.wait(5)


def test_silence_is_filled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assistant.api.sse.PING", 0.05)

    def slow():
        time.sleep(0.2)
        yield "hello"

    async def listen():
        async def lines():
            async for text in Pump(slow):
                yield data(text)

        return [line async for line in paced(lines())]

    heard = asyncio.run(listen())
    assert heard[-1] == "data: hello\n\n" and heard[0].startswith(":")


def test_who_leaves_while_waiting_for_a_turn_waits_no_longer() -> None:
    turns = Turns(1, 1, 4)
    first = turns.ask("writes")

    def writes() -> Iterator[str]:
        with turns.place("waits"):
            yield "never said"

    async def leave() -> None:
        pumps = [Pump(writes) for _ in range(2)]
        while turns.held < 3:
            await asyncio.sleep(0.01)
        for pump in pumps:
            pump.stop()
        while turns.held > 1:
            await asyncio.sleep(0.01)

    asyncio.run(asyncio.wait_for(leave(), 5))
    turns.leave(first)
    assert turns.held == 0

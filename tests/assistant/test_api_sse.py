"""Streams: a generator in its own thread, stopped when nobody listens any more."""

import asyncio
import threading
import time

import pytest

from assistant.api.sse import WAITING, Pump, data, paced


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

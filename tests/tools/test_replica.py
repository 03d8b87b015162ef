"""A replica of a model that writes, without a cluster around it."""

import asyncio
import sys
import types
from contextlib import suppress

from tools.serving.remote import ray_replica
from tools.serving.turns import Turns


class Writer:
    """Writes for two at a time, word by word."""

    def __init__(self) -> None:
        self.turns = Turns(2, 2, 200)

    def generate(self, words: int):
        with self.turns.place():
            yield from ["word"] * words
            return len("done")


def test_who_waits_or_leaves_keeps_nobody_from_going_on(monkeypatch, tmp_path):
    writer = Writer()
    monkeypatch.setitem(sys.modules, "ray", types.ModuleType("ray"))
    monkeypatch.setattr(ray_replica, "at_hand", lambda *_: tmp_path)
    monkeypatch.setattr(ray_replica, "load", lambda *_, **__: writer)

    async def first(pieces) -> str:
        return await anext(pieces)

    async def talk() -> None:
        replica = ray_replica.Replica("", [], "", ("", ""), None)
        going = [replica.generate(3) for _ in range(2)]
        assert [await first(each) for each in going] == ["word", "word"]
        waiting = [asyncio.create_task(first(replica.generate(1))) for _ in range(ray_replica.STREAMS)]
        await asyncio.sleep(0.2)
        for each in waiting[:40]:
            each.cancel()
            with suppress(asyncio.CancelledError):
                await each
        rest = [[piece async for piece in each] for each in going]
        assert rest == [["word", "word", 4]] * 2
        assert await asyncio.gather(*waiting[40:]) == ["word"] * (ray_replica.STREAMS - 40)

    asyncio.run(asyncio.wait_for(talk(), 20))

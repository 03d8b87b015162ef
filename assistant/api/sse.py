"""Server-sent events from a blocking generator: it runs in a thread of its own and stops when the client leaves."""

import asyncio
import contextvars
import json
import threading
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import suppress
from typing import Any, TypeVar

from starlette.responses import StreamingResponse

from assistant.errors import ClientLeft
from tools.wanted import while_wanted

Item = TypeVar("Item")
WAITING = 64  # items a slow client may lag behind before the generator pauses
PING = 15.0  # seconds of silence after which a comment keeps proxies from closing the connection
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


class _End:
    def __init__(self, error: BaseException | None = None):
        self.error = error


class Pump(AsyncIterator[Item]):
    """A blocking generator as an asynchronous iterator.

    It runs in one thread from beginning to end, because generators that set context variables (as the agent's graph
    does) may not move from thread to thread. :meth:`stop` closes it at its next yield, or while it waits for its turn;
    an iterator that has a ``stop`` of its own, as a turn has, is told at once.

    Args:
        make: makes the iterator; called in the thread.
    """

    def __init__(self, make: Callable[[], Iterable[Item]]):
        self._loop = asyncio.get_running_loop()
        self._queue: asyncio.Queue[Any] = asyncio.Queue()
        self._room = threading.Semaphore(WAITING)
        self._stopped = threading.Event()
        self._items: Any = None
        here = contextvars.copy_context()  # the request's id, and its trace
        threading.Thread(target=here.run, args=(self._run, make), name="turn", daemon=True).start()

    def _run(self, make: Callable[[], Iterable[Item]]) -> None:
        end = _End()
        try:
            with while_wanted(self._unless_stopped):
                self._pass_on(make)
        except BaseException as error:  # carried over to the loop, where it is raised again
            end = _End(error)
        self._put(end)

    def _pass_on(self, make: Callable[[], Iterable[Item]]) -> None:
        self._items = items = iter(make())
        try:
            for item in () if self._stopped.is_set() else items:
                self._room.acquire()
                if self._stopped.is_set():
                    break
                self._put(item)
        finally:
            if close := getattr(items, "close", None):
                close()

    def _unless_stopped(self) -> None:
        if self._stopped.is_set():
            raise ClientLeft("The client has left.")

    def _put(self, item: Any) -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody listens any more
            self._loop.call_soon_threadsafe(self._queue.put_nowait, item)

    async def __anext__(self) -> Item:
        item = await self._queue.get()
        if isinstance(item, _End):
            self._queue.put_nowait(item)
            if item.error:
                raise item.error
            raise StopAsyncIteration
        self._room.release()
        return item

    def stop(self) -> None:
        """Let the generator go: it ends soon, at its next yield at the latest. Can be called again."""
        self._stopped.set()
        if tell := getattr(self._items, "stop", None):
            tell()
        self._room.release()


def data(value: Any) -> str:
    """One event of the stream: a JSON value, or a text as it is."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f"data: {text}\n\n"


async def paced(lines: AsyncIterator[str]) -> AsyncIterator[str]:
    """The lines as they come, with a comment wherever nothing came for a while."""
    upcoming = asyncio.ensure_future(anext(lines))
    try:
        while True:
            done, _ = await asyncio.wait({upcoming}, timeout=PING)
            if not done:
                yield ": still here\n\n"
                continue
            try:
                line = upcoming.result()
            except StopAsyncIteration:
                return
            yield line
            upcoming = asyncio.ensure_future(anext(lines))
    finally:
        upcoming.cancel()


def stream(lines: AsyncIterator[str], pump: Pump) -> StreamingResponse:
    """A response of server-sent events; the pump is stopped when the client has left or all is said."""

    async def body() -> AsyncIterator[str]:
        try:
            async for line in paced(lines):
                yield line
        finally:
            pump.stop()

    return StreamingResponse(body(), media_type="text/event-stream", headers=HEADERS)

"""The chat page, built when all else is ready: a third of the start, which callers of the API need not wait for."""

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.types import Receive, Scope, Send

from assistant.logs import log

if TYPE_CHECKING:
    from fastapi import FastAPI

LOOK = 0.05  # seconds between looks whether it is time


class LatePage:
    """An ASGI application that stands for the page. Requests that come before it is built wait for it.

    Args:
        make: builds it.
    """

    def __init__(self, make: Callable[[], "FastAPI"]):
        self._make, self._lock = make, threading.Lock()
        self._made: FastAPI | None = None
        self._opened: asyncio.Event | None = None
        self._failed: Exception | None = None
        self._wanted = False

    @property
    def page(self) -> "FastAPI":
        """The page, built now where it is not yet."""
        with self._lock:
            if self._made is None:
                self._made = self._make()
            return self._made

    @property
    def routes(self) -> list[Any]:
        """The page's routes."""
        return self.page.router.routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the page answer."""
        if self._opened:
            self._wanted = True
            await self._opened.wait()
        if self._failed:  # not tried anew: a page without its life would answer by half
            raise RuntimeError("The page could not be built; the log says why.") from self._failed
        await self.page(scope, receive, send)

    @contextlib.asynccontextmanager
    async def life(self, ready: threading.Event) -> AsyncIterator[None]:
        """While the server runs: build the page as soon as all else is ready or somebody asks for it.

        Args:
            ready: set when all else is.
        """
        self._opened, closing = asyncio.Event(), asyncio.Event()
        living = asyncio.create_task(self._live(ready, closing))
        yield
        closing.set()
        await living

    async def _live(self, ready: threading.Event, closing: asyncio.Event) -> None:
        while not (ready.is_set() or self._wanted or closing.is_set()):
            await asyncio.sleep(LOOK)
        if closing.is_set() or self._opened is None:
            return
        try:
            page = await run_in_threadpool(lambda: self.page)
            async with page.router.lifespan_context(page):
                self._opened.set()
                await closing.wait()
        except Exception as error:
            log().error("the page cannot be built", exc_info=error)
            self._failed = error
            self._opened.set()  # those who wait are told

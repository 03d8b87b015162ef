"""Parts of a server that are made when all else is ready or when first asked for: the others need not wait for them."""

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, Generic, TypeVar

from starlette.concurrency import run_in_threadpool

from assistant.logs import log

LOOK = 0.05  # seconds between looks whether it is time
_making = threading.Lock()  # two that import much at once may find parts of it unfinished

Part = TypeVar("Part")


class Late(Generic[Part]):
    """One such part.

    Args:
        name: what people call it, for the log.
        make: makes it; called once.
        live: what runs around its life.

    Attributes:
        settled: set when it lives, cannot be made, or will not be made any more.
    """

    def __init__(
        self,
        name: str,
        make: Callable[[], Part],
        live: Callable[[Part], AbstractAsyncContextManager[Any]],
    ):
        self._name, self._make, self._live = name, make, live
        self._lock = threading.Lock()
        self._made: Part | None = None
        self._opened: asyncio.Event | None = None
        self._failed: Exception | None = None
        self._wanted = False
        self.settled = threading.Event()

    @property
    def lives(self) -> bool:
        """Whether the server runs."""
        return self._opened is not None

    @property
    def made(self) -> Part:
        """The part, made now where it is not yet."""
        with self._lock:
            if self._made is None:
                with _making:
                    self._made = self._make()
            return self._made

    async def get(self) -> Part:
        """The part, once it lives; those who come before are waited for by its making.

        Raises:
            RuntimeError: it cannot be made. That is not tried anew: it would answer by half.
        """
        if self._opened:
            self._wanted = True
            await self._opened.wait()
        if self._failed:
            raise RuntimeError(f"{self._name} could not be built; the log says why.") from self._failed
        return self.made

    @contextlib.asynccontextmanager
    async def life(self, ready: threading.Event) -> AsyncIterator[None]:
        """While the server runs: make the part as soon as all else is ready or somebody asks for it.

        Args:
            ready: set when all else is.
        """
        self._opened, closing = asyncio.Event(), asyncio.Event()
        living = asyncio.create_task(self._live_on(self._opened, ready, closing))
        yield
        closing.set()
        await living
        self._opened = None

    async def _live_on(self, opened: asyncio.Event, ready: threading.Event, closing: asyncio.Event) -> None:
        while not (ready.is_set() or self._wanted or closing.is_set()):
            await asyncio.sleep(LOOK)
        try:
            if not closing.is_set():
                async with self._live(await run_in_threadpool(lambda: self.made)):
                    opened.set()
                    self.settled.set()
                    await closing.wait()
        except Exception as error:
            log().error("%s cannot be built", self._name, exc_info=error)
            self._failed = error
            opened.set()  # those who wait are told
        finally:
            self.settled.set()

"""Routes that compute for a while: a few at once of each kind, callers in turns, a bounded number of those who wait.

So they leave room, in the threads that all routes share, for those that answer at once.
"""

import asyncio
import threading
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any, TypeVar

import anyio
from fastapi import Request

from assistant.api.auth import application, known
from assistant.api.waiting import left, unless_left
from assistant.errors import ClientLeft
from tools.serving.turns import Turns
from tools.wanted import while_wanted

PLACES, EACH = 8, 6  # requests at once: of a kind, and of them of one caller
Returned = TypeVar("Returned")
ROOM = 96  # requests that go on or wait; more are answered with 429


def lanes() -> "defaultdict[str, Turns]":
    """The lanes of one server, by kind."""
    return defaultdict(lambda: Turns(PLACES, EACH, ROOM))


def in_turn(kind: str) -> Callable[..., Any]:
    """A dependency: the route waits for a place among those of its kind, and has it until its answer is sent.

    Where the client leaves or the time is up, the route's thread ends at the next step of its work that looks.

    Args:
        kind: of work, whose routes share their places.
    """

    async def turn_of(request: Request) -> AsyncIterator[None]:
        who = await known(request, application(request))  # nobody unknown shall wait here
        turns: Turns = request.app.state.lanes[kind]
        turn = turns.ask(who.key_id or who.user_id)
        over = threading.Event()
        try:
            if not turn.done():
                await unless_left(request, turn)
            watch = asyncio.ensure_future(left(request))
            watch.add_done_callback(lambda _: over.set())
            try:
                with while_wanted(partial(_unless, over)):
                    yield
            finally:
                watch.cancel()
        finally:
            over.set()
            turns.leave(turn)

    return turn_of


def _unless(over: threading.Event) -> None:
    if over.is_set():
        raise ClientLeft("The client has left.")


async def placed(turns: Turns, caller: str, work: Callable[[], Returned]) -> Returned:
    """Do blocking work in a thread that has a place until it ends, also where nobody waits for it any more.

    Args:
        turns: the places.
        caller: whose work it is.
        work: what is done; it is asked to end where the wait for it is cancelled.

    Raises:
        Busy: too much goes on or waits already.
    """
    turn, over, begun = turns.ask(caller), threading.Event(), threading.Lock()

    def done() -> Returned:
        if not begun.acquire(blocking=False):
            raise ClientLeft("The client has left.")
        try:
            return work()
        finally:
            turns.leave(turn)

    try:
        await asyncio.wrap_future(turn)
        with while_wanted(partial(_unless, over)):
            # The places are the limit: a limiter's is given back while an abandoned thread goes on.
            return await anyio.to_thread.run_sync(
                done, abandon_on_cancel=True, limiter=anyio.CapacityLimiter(1)
            )
    finally:
        over.set()
        if begun.acquire(blocking=False):  # no thread has taken it up, nor will
            turns.leave(turn)

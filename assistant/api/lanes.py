"""Routes that compute for a while: a few at once of each kind, callers in turns, a bounded number of those who wait.

So they leave room, in the threads that all routes share, for those that answer at once.
"""

from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from typing import Any

from fastapi import Request

from assistant.api.auth import application, known
from assistant.api.waiting import unless_left
from tools.serving.turns import Turns

PLACES, EACH = 8, 6  # requests at once: of a kind, and of them of one caller
ROOM = 96  # requests that go on or wait; more are answered with 429


def lanes() -> "defaultdict[str, Turns]":
    """The lanes of one server, by kind."""
    return defaultdict(lambda: Turns(PLACES, EACH, ROOM))


def in_turn(kind: str) -> Callable[..., Any]:
    """A dependency: the route waits for a place among those of its kind, and has it until its answer is sent.

    Args:
        kind: of work, whose routes share their places.
    """

    async def placed(request: Request) -> AsyncIterator[None]:
        who = await known(request, application(request))  # nobody unknown shall wait here
        turns: Turns = request.app.state.lanes[kind]
        turn = turns.ask(who.key_id or who.user_id)
        try:
            if not turn.done():
                await unless_left(request, turn)
            yield
        finally:
            turns.leave(turn)

    return placed

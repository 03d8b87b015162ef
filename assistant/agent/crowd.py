"""How many turns go on at the same time, while others wait: bounded, and nobody fills the room alone."""

import contextlib
from collections.abc import Iterator
from concurrent.futures import CancelledError

from assistant.access.principal import Principal
from assistant.agent.running import Stop
from tools.serving.turns import Turns

LONGEST_WAIT = 30.0  # seconds that a turn waits for a place
ROOM = 384  # turns that go on or wait, about what two cores answer meanwhile; who brings more is turned away


class Crowd:
    """Places for turns: some for the team and as many for visitors, so that neither keeps the other out.

    Args:
        places: turns that go on at the same time, of each.
        room: turns that go on or wait, of each.
    """

    def __init__(self, places: int, room: int = ROOM):
        each, told = max(1, places * 3 // 4), "I am asked more at once than I can answer."
        self._team, self._visitors = (Turns(places, each, room, told) for _ in range(2))

    @contextlib.contextmanager
    def place(self, principal: Principal, stop: Stop) -> Iterator[None]:
        """Wait for a place, and have it for the block; not for ever, as somebody may read very slowly.

        Args:
            principal: whose turn it is. A key and a user have their share; visitors of a page share its key.
            stop: ends the wait.

        Raises:
            Busy: too many turns go on or wait already.
        """
        visits = principal.role == "visitor"
        turns = self._visitors if visits else self._team
        place = turns.ask(principal.user_id if visits else principal.key_id or principal.user_id)
        try:
            stop.wakes(place.cancel)
            with contextlib.suppress(CancelledError, TimeoutError):
                place.result(LONGEST_WAIT)
            yield
        finally:
            turns.leave(place)

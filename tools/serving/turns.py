"""Places for work that goes on at the same time. Who finds none waits; callers take turns, and none fills the room."""

import threading
import time
from collections import Counter, deque
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress

from tools.errors import Busy
from tools.wanted import still_wanted

KEPT = 4  # the last so many-th part of a room is kept
LOOK_SECONDS = 0.25  # after which who waits looks whether the work is wanted any more
FEW = 16  # for callers who have at most so many-th part of it
TOLD = "The server has more to do than it can."


def too_much(held: int, mine: int, more: int, room: int) -> bool:
    """Whether more of a caller's is to be turned away.

    Args:
        held: what is in the room, of all callers.
        mine: of it, the caller's.
        more: what the caller brings.
        room: how much it holds.
    """
    few = mine + more <= max(1, room // FEW)
    return held + more > (room if few else room - room // KEPT)


class Turn(Future[None]):
    """Somebody's wait for a place; done when there is one.

    Args:
        caller: whose.
    """

    def __init__(self, caller: str):
        super().__init__()
        self.caller, self.since = caller, 0.0

    def wait(self) -> None:
        """Until there is a place, or nobody waits for the work any more."""
        while not self.done():
            still_wanted()
            with suppress(TimeoutError):
                self.result(LOOK_SECONDS)
        self.result()


class Turns:
    """Safe to share between threads.

    Args:
        places: for work that goes on at the same time.
        each: places that one caller may have.
        room: work that goes on or waits; more is turned away.
        told: what those are told who are turned away.
    """

    def __init__(self, places: int, each: int, room: int, told: str = TOLD):
        self._places, self._each, self._room, self._told = places, each, room, told
        self._running: Counter[str] = Counter()  # places that callers have
        self._lines: dict[str, deque[Turn]] = {}  # who waits, the next in turn first
        self._seconds = 1.0  # that a place is had for, lately
        self._lock = threading.Lock()

    @property
    def held(self) -> int:
        """Work that goes on or waits."""
        with self._lock:
            return self._held().total()

    @contextmanager
    def place(self, caller: str = "") -> Iterator[None]:
        """Wait for a place, and have it for the block.

        Args:
            caller: whose work it is.

        Raises:
            Busy: too much goes on or waits already.
        """
        turn = self.ask(caller)
        try:
            turn.wait()
            yield
        finally:
            self.leave(turn)

    def ask(self, caller: str = "") -> Turn:
        """Wait in line; whatever comes of it, give the turn to :meth:`leave` in the end.

        Raises:
            Busy: too much goes on or waits already.
        """
        turn = Turn(caller)
        with self._lock:
            held = self._held()
            if too_much(held.total(), held[caller], 1, self._room):
                error = Busy(self._told, "Try again in a moment.")
                error.retry_after = max(1, round(held.total() / self._places * self._seconds))
                raise error
            self._lines.setdefault(caller, deque()).append(turn)
            self._admit()
        return turn

    def leave(self, turn: Turn) -> None:
        """Give a place back, or wait no longer."""
        if turn.cancel():  # it had none yet
            with self._lock:
                self._forget(turn)
            return
        with self._lock:
            self._seconds += (time.monotonic() - turn.since - self._seconds) / 8
            self._running[turn.caller] -= 1
            self._running = +self._running
            self._admit()

    def _forget(self, turn: Turn) -> None:
        line = self._lines.get(turn.caller)
        if line and turn in line:
            line.remove(turn)
            if not line:
                del self._lines[turn.caller]

    def _held(self) -> "Counter[str]":
        """What goes on or waits, by caller."""
        waiting = {caller: sum(not turn.done() for turn in line) for caller, line in self._lines.items()}
        return self._running + Counter(waiting)

    def _admit(self) -> None:
        """Give the free places to those who are next."""
        while self._running.total() < self._places and (caller := self._next()) is not None:
            line = self._lines.pop(caller)
            turn = line.popleft()
            if line:
                self._lines[caller] = line  # at the end: the others come first
            if turn.set_running_or_notify_cancel():  # or its caller waits no longer
                self._running[caller] += 1
                turn.since = time.monotonic()
                turn.set_result(None)

    def _next(self) -> str | None:
        return next((caller for caller in self._lines if self._running[caller] < self._each), None)

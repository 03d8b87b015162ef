"""The turns that run on the page, by browser session: each is drawn where it was asked, one at a time in a place."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from assistant.agent.running import Turn


class Place(NamedTuple):
    """Where a session is: how often it has turned to another conversation, and to which (None: a new one)."""

    moves: int = 0
    thread: str | None = None


class Turns:
    """The running turns of all sessions, and where each session is."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._places: dict[str, Place] = {}
        self._taken: dict[str, list[Place]] = {}
        self._running: dict[str, list[tuple[Turn, Place]]] = {}

    def show(self, session: str, thread: str | None) -> None:
        """A session turns to a conversation; what it asked elsewhere goes on, and is drawn no more.

        Args:
            session: the browser session.
            thread: the conversation; None for a new one.
        """
        with self._lock:
            self._places[session] = Place(self.place(session).moves + 1, thread)

    def place(self, session: str) -> Place:
        """Where a session is."""
        return self._places.get(session, Place())

    def busy(self, session: str) -> bool:
        """Whether an answer is on its way where the session is."""
        return any(self.here(session, place) for place in self._taken.get(session, []))

    @contextlib.contextmanager
    def taken(self, session: str) -> Iterator[bool]:
        """Take the place where a session is for an answer, for the length of the block; False where it is taken."""
        with self._lock:
            place, free = self.place(session), not self.busy(session)
            if free:
                self._taken.setdefault(session, []).append(place)
        try:
            yield free
        finally:
            if free:
                self._drop(self._taken, session, place)

    @contextlib.contextmanager
    def running(self, session: str, turn: Turn, place: Place) -> Iterator[Callable[[], bool]]:
        """Note a turn for the length of the block, and close it at its end.

        Args:
            session: the browser session.
            turn: the turn.
            place: where it was asked.

        Yields:
            Whether the session is there now: it has not turned away, or has come back.
        """
        this = (turn, place)
        with self._lock:
            self._running.setdefault(session, []).append(this)
        try:
            with contextlib.closing(turn):
                yield lambda: self.here(session, place)
        finally:
            self._drop(self._running, session, this)

    def stop(self, session: str) -> bool:
        """Ask the turns to end that run where the session is; False where none does."""
        here = [turn for turn, place in self._running.get(session, []) if self.here(session, place)]
        for turn in here:
            turn.stop()
        return bool(here)

    def leave(self, session: str) -> None:
        """The session is over, and so are all its turns."""
        with self._lock:
            running = self._running.pop(session, [])
            self._taken.pop(session, None)
            self._places.pop(session, None)
        for turn, _ in running:
            turn.stop()

    def here(self, session: str, place: Place) -> bool:
        """Whether a session is at a place: it has not turned away from it, or has come back."""
        now = self.place(session)
        return now.moves == place.moves or (place.thread is not None and now.thread == place.thread)

    def _drop(self, held: dict[str, list[Any]], session: str, this: Any) -> None:
        """Take one thing of a session away, and the session with its last."""
        with self._lock:
            rest = [each for each in held.get(session, []) if each is not this]
            if rest:
                held[session] = rest
            else:
                held.pop(session, None)

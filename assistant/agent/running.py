"""A turn while it happens: its events come from a graph in a thread of its own, and any thread can stop it."""

import contextvars
import queue
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, suppress
from typing import Any

from assistant.agent.events import Event

PATIENCE = 2.0  # seconds a stopped step gets to end by itself; then the turn ends without it


class Stop:
    """The wish that a turn ends."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._bells: list[Callable[[], object]] = []

    def set(self) -> None:
        """Ask for the end; whoever waits for something of the turn is woken."""
        self._event.set()
        for ring in [*self._bells]:
            ring()

    def is_set(self) -> bool:
        """Whether the end was asked for."""
        return self._event.is_set()

    def wakes(self, ring: Callable[[], object]) -> None:
        """Have a function called when the end is asked for; at once where it has been already."""
        self._bells.append(ring)
        if self.is_set():
            ring()


class Turn(Iterator[Event]):
    """The events of a turn as they happen. Once begun, a turn goes on by itself until it ends or is stopped.

    Args:
        begin: makes the events, given what tells them to end.
    """

    def __init__(self, begin: Callable[[Stop], Generator[Event, None, None]]):
        self._stop = Stop()
        self._events = begin(self._stop)

    def __next__(self) -> Event:
        return next(self._events)

    def stop(self) -> None:
        """Ask the turn to end, from any thread; its last events are ``Stopped`` and ``Done``. Returns at once."""
        self._stop.set()

    def close(self) -> None:
        """End the turn as :meth:`stop` does, and give back what it holds; what was said so far stays."""
        self._stop.set()
        with suppress(ValueError):  # another thread waits for the next event: it ends the turn
            self._events.close()


class _End:
    def __init__(self, error: BaseException | None = None):
        self.error = error


def in_background(make: Callable[[], Generator[Any, None, None]], stop: Stop) -> Generator[Any, None, None]:
    """The items of a blocking generator that runs in a thread of its own.

    So whoever waits for an item can be woken, and a step that cannot be stopped (a long computation) holds nobody up:
    after :data:`PATIENCE` it is left to end alone, and what comes of it is thrown away.

    Args:
        make: makes the generator; called in the thread, with the caller's context variables.
        stop: ends it early.
    """
    items: queue.SimpleQueue[Any] = queue.SimpleQueue()
    thread = threading.Thread(
        target=contextvars.copy_context().run, args=(_fill, make, stop, items.put), name="graph", daemon=True
    )
    thread.start()
    stop.wakes(lambda: items.put(_End()))
    ended = False
    try:
        while not stop.is_set():
            item = items.get()
            if isinstance(item, _End):
                ended = not stop.is_set()
                if ended and item.error:
                    raise item.error
                return
            yield item
    finally:
        if not ended:
            stop.set()
        thread.join(PATIENCE)


def _fill(make: Callable[[], Generator[Any, None, None]], stop: Stop, put: Callable[[Any], None]) -> None:
    try:
        with closing(make()) as source:
            for item in source:
                if stop.is_set():
                    break
                put(item)
    except BaseException as error:  # raised again where the items are read
        put(_End(error))
    else:
        put(_End())

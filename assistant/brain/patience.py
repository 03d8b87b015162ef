"""How long the server of a chat model is waited for: until when an answer may come, and how soon it is asked again."""

import email.utils
import itertools
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any, TypeVar

from assistant.brain.faults import BrokeOff, is_away

FIRST_WAIT = 0.5  # seconds before a second try; each further one waits twice as long
MOST_WAIT = 8.0  # seconds in which it is tried again: somebody sits before an empty answer
MOST_REST = 600.0  # seconds for which a server may ask to be left alone

_UNTIL: ContextVar[float | None] = ContextVar("until", default=None)
Answer = TypeVar("Answer")


def tried(ask: Callable[[], Answer], retries: int, end: float) -> Answer:
    """Ask; where the server is away for a moment, again.

    Args:
        ask: asks once; what it reads of the answer later is under the same ``end`` where the client has :func:`hooks`.
        retries: how often it is tried again, as long as the server wants no longer pause than :data:`MOST_WAIT`.
        end: when the answer must be there, on the monotonic clock.
    """
    begun = time.monotonic()
    for attempt in itertools.count():
        try:
            with _until(end):
                return ask()
        except Exception as error:
            wait = _pause(error, attempt)
            passes = is_away(error) and not isinstance(error, BrokeOff)
            if not passes or attempt >= retries or time.monotonic() + wait > min(end, begun + MOST_WAIT):
                raise
        time.sleep(wait)
    raise AssertionError("never reached")


def _pause(error: Exception, attempt: int) -> float:
    wanted = wanted_pause(error)
    return FIRST_WAIT * 2**attempt * random.uniform(1, 1.25) if wanted is None else wanted


def wanted_pause(error: Exception) -> float | None:
    """The seconds for which the server behind an error asks to be left alone; None where it says nothing of it."""
    headers = getattr(getattr(error, "response", None), "headers", None) or {}
    after, milliseconds = headers.get("retry-after") or "", headers.get("retry-after-ms") or ""
    for text, unit in ((milliseconds, 0.001), (after, 1.0)):
        try:
            return max(0.0, float(text) * unit)
        except ValueError:
            pass
    try:
        return max(0.0, email.utils.parsedate_to_datetime(after).timestamp() - time.time())
    except ValueError:
        return None


@contextmanager
def _until(end: float) -> Iterator[None]:
    token = _UNTIL.set(end)
    try:
        yield
    finally:
        _UNTIL.reset(token)


def hooks() -> dict[str, list[Callable[[Any], None]]]:
    """For an HTTP client: its answers end in time, also one that is but kept alive (": ping") and holds no words.

    No time-out of the client sees that: something is read all the while, and nothing comes through.
    """
    return {"request": [_hurried], "response": [_bounded]}


def _hurried(request: Any) -> None:
    """Let a request be silent for no longer than its answer may take."""
    end, limits = _UNTIL.get(), request.extensions.get("timeout")
    if end is not None and limits:
        left = max(0.001, end - time.monotonic())
        changed = {kind: min(limits.get(kind) or left, left) for kind in ("connect", "read")}
        request.extensions = {**request.extensions, "timeout": {**limits, **changed}}


def _bounded(response: Any) -> None:
    """Have the bytes of an answer end in time."""
    end = _UNTIL.get()
    if end is not None:
        # The clients come with different releases of httpx, each of which insists on a stream of its own class.
        kinds = type(response.stream).__mro__
        base = next((kind for kind in kinds if kind.__name__ == "SyncByteStream"), None)
        if base:
            response.stream = _timed(base)(response.stream, end)


@cache
def _timed(base: type[Any]) -> Callable[[Any, float], Any]:
    class Timed(base):
        def __init__(self, inner: Any, end: float):
            self._inner, self._end = inner, end

        def __iter__(self) -> Iterator[bytes]:
            for piece in self._inner:
                if time.monotonic() > self._end:
                    raise TimeoutError("The answer takes too long.")
                yield piece

        def close(self) -> None:
            self._inner.close()

    return Timed

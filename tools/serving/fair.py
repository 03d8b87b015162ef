"""A lock that is had in the order in which it was asked for."""

import threading
from collections import deque
from types import TracebackType


class FairLock:
    """As ``threading.Lock``, but who lets it go and wants it again comes after those who wait.

    Whoever holds it may be another thread than the one that lets it go.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._held = False
        self._line: deque[threading.Event] = deque()

    def acquire(self) -> None:
        """Wait for it."""
        with self._guard:
            if not self._held:
                self._held = True
                return
            turn = threading.Event()
            self._line.append(turn)
        try:
            turn.wait()
        except BaseException:  # the wait was interrupted
            with self._guard:
                waits = turn in self._line
                if waits:
                    self._line.remove(turn)
            if not waits:
                self.release()
            raise

    def release(self) -> None:
        """Hand it to who waits longest."""
        with self._guard:
            if self._line:
                self._line.popleft().set()
            else:
                self._held = False

    def locked(self) -> bool:
        """Whether somebody has it."""
        return self._held

    def pass_on(self) -> None:
        """Let those who wait have it before going on; where the wait is interrupted, it is not had any more."""
        if self._line:
            self.release()
            self.acquire()

    def __enter__(self) -> "FairLock":
        self.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

"""Work behind the answers: one thread, a bounded queue, and what does not fit is left undone."""

import threading
from collections import deque
from collections.abc import Callable


class Background:
    """Runs pieces of work one after another, as long as there are not too many. Safe to share between threads.

    Args:
        most: pieces that may wait.
        most_weight: what all that wait may weigh together.
        failed: told of an error that a piece of work raised.
    """

    def __init__(self, most: int, most_weight: int, failed: Callable[[Exception], None]):
        self._most, self._most_weight, self._failed = most, most_weight, failed
        self._waiting: deque[tuple[int, Callable[[], None]]] = deque()
        self._weight, self._busy, self._closed = 0, False, False
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def offer(self, work: Callable[[], None], weight: int = 0) -> bool:
        """Have a piece of work done later.

        Args:
            work: called in the thread of this object.
            weight: how much it holds in memory, in any unit.

        Returns:
            Whether it will be done; False where too much waits already.
        """
        with self._changed:
            full = len(self._waiting) >= self._most or self._weight + weight > self._most_weight
            if full or self._closed:
                return False
            self._waiting.append((weight, work))
            self._weight += weight
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="background", daemon=True)
                self._thread.start()
            self._changed.notify_all()
        return True

    def wait(self, seconds: float) -> bool:
        """Wait until all is done that was accepted; False where the time was not enough."""
        with self._changed:
            return self._changed.wait_for(lambda: not (self._waiting or self._busy), seconds)

    def close(self) -> None:
        """Take nothing more, and leave undone what waits."""
        with self._changed:
            self._closed = True
            self._waiting.clear()
            self._changed.notify_all()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._closed)
                if self._closed:
                    return
                weight, work = self._waiting.popleft()
                self._busy = True
            try:
                work()
            except Exception as error:  # nobody waits for it who could be told
                self._failed(error)
            finally:
                del work  # with the texts that it holds
                with self._changed:
                    self._weight, self._busy = self._weight - weight, False
                    self._changed.notify_all()

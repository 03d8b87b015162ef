"""The turns that run on the page, by browser session, so that a button or a closed tab ends them."""

import contextlib
from collections.abc import Iterator

from assistant.agent.running import Turn


class Turns:
    """The running turns of all sessions."""

    def __init__(self) -> None:
        self._running: dict[str, list[Turn]] = {}

    @contextlib.contextmanager
    def running(self, session: str, turn: Turn) -> Iterator[None]:
        """Note a turn for the length of the block, and close it at its end.

        Args:
            session: the browser session.
            turn: the turn.
        """
        self._running.setdefault(session, []).append(turn)
        try:
            with contextlib.closing(turn):
                yield
        finally:
            self._running[session].remove(turn)
            if not self._running[session]:
                del self._running[session]

    def stop(self, session: str) -> bool:
        """Ask the session's turns to end; False where none runs."""
        turns = [*self._running.get(session, [])]
        for turn in turns:
            turn.stop()
        return bool(turns)

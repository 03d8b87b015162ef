"""The answers to the questions that were asked lately: those of a support page come again and again."""

import copy
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any

ROOM = 1_024  # answers; the longest unused go first


class Answers:
    """Answers a question once, for as long as what it was answered from stays as it is."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._state: Hashable = None
        self._kept: OrderedDict[Hashable, dict[str, Any]] = OrderedDict()

    def __call__(
        self, state: Hashable, asked: Hashable, answer: Callable[[], dict[str, Any]]
    ) -> dict[str, Any]:
        """The answer, which is the caller's own.

        Args:
            state: of the documents; with another one, all that is remembered is forgotten. None: nothing is remembered.
            asked: the question, and all else that the answer depends on.
            answer: finds it.
        """
        if state is None:
            return answer()
        with self._lock:
            if self._state != state:
                self._state = state
                self._kept.clear()
            if asked in self._kept:
                self._kept.move_to_end(asked)
                return copy.deepcopy(self._kept[asked])
        found = answer()
        with self._lock:
            if self._state == state:
                self._kept[asked] = copy.deepcopy(found)
                while len(self._kept) > ROOM:
                    self._kept.popitem(last=False)
        return found

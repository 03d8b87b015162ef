"""The answers to the questions that were asked lately: those of a support page come again and again."""

import copy
from collections.abc import Callable, Hashable
from typing import Any

from knowledge.lately import Lately

ROOM = 1_024  # answers


class Answers:
    """Answers a question once, for as long as what it was answered from stays as it is."""

    def __init__(self) -> None:
        self._state: Hashable = None
        self._kept: Lately[dict[str, Any]] = Lately(ROOM)

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
        if self._state != state:
            self._state = state
            self._kept.clear()
        found = self._kept.get((state, asked))
        if found is None:
            found = answer()
            self._kept.keep((state, asked), found)
        return copy.deepcopy(found)

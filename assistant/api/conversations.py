"""Conversations of clients that send their whole history with each request, as the OpenAI API has it."""

import hashlib
import json
import threading
from collections import OrderedDict
from collections.abc import Sequence

KEPT = 10_000

Said = Sequence[tuple[str, str]]


class Conversations:
    """Finds the thread that a request goes on with, by the messages exchanged so far.

    So a plain OpenAI client keeps its place in a conversation, open approvals included, without knowing threads. Only
    digests are kept, in memory; where one is forgotten, the history sent along begins a new thread.
    """

    def __init__(self) -> None:
        self._threads: OrderedDict[str, str] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, user_id: str, said: Said) -> str | None:
        """The thread in which this user and the assistant have said just this."""
        with self._lock:
            return self._threads.get(_digest(user_id, said))

    def keep(self, user_id: str, said: Said, thread_id: str) -> None:
        """Note what has been said in a thread by now."""
        with self._lock:
            self._threads[_digest(user_id, said)] = thread_id
            while len(self._threads) > KEPT:
                self._threads.popitem(last=False)


def _digest(user_id: str, said: Said) -> str:
    normal = [user_id, *([role, text.strip()] for role, text in said)]
    return hashlib.sha256(json.dumps(normal).encode()).hexdigest()

"""Clients that send their whole history with each request, as the OpenAI API has it, and the threads they are in."""

import hashlib
import json
import threading
from collections import OrderedDict
from collections.abc import Sequence

KEPT = 10_000

Said = Sequence[tuple[str, str]]


class Histories:
    """Finds the thread that a request goes on with, by the messages exchanged so far.

    So a plain OpenAI client keeps its place in a conversation, open approvals included, without knowing threads. Only
    digests are kept, in memory; where one is forgotten, the history sent along begins a new thread. So it does where
    the thread has gone on since: a client that asks once more, or edits a message, leaves the first answer as it was.
    """

    def __init__(self) -> None:
        self._threads: OrderedDict[str, str] = OrderedDict()
        self._newest: OrderedDict[str, str] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, user_id: str, said: Said) -> str | None:
        """The thread in which this user and the assistant have said just this, and nothing since."""
        digest = _digest(user_id, said)
        with self._lock:
            thread_id = self._threads.get(digest)
            return thread_id if thread_id and self._newest.get(thread_id) == digest else None

    def keep(self, user_id: str, said: Said, thread_id: str) -> None:
        """Note what has been said in a thread by now."""
        digest = _digest(user_id, said)
        with self._lock:
            self._threads[digest], self._newest[thread_id] = thread_id, digest
            for kept in (self._threads, self._newest):
                while len(kept) > KEPT:
                    kept.popitem(last=False)


def _digest(user_id: str, said: Said) -> str:
    normal = [user_id, *([role, text.strip()] for role, text in said)]
    return hashlib.sha256(json.dumps(normal).encode()).hexdigest()

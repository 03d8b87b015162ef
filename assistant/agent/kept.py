"""Conversations as they are kept: shown again, locked while they are answered in, deleted with what belongs to them."""

import contextlib
from collections.abc import Iterable, Iterator
from typing import Any

from assistant.access.principal import Principal
from assistant.agent.checkpoints import keep_latest
from assistant.agent.history import Entry, entries
from assistant.agent.parts import Parts
from assistant.agent.state import attached_to, messages_of
from assistant.agent.threads import Threads
from assistant.errors import Conflict, Occupied
from assistant.home import exclusive


class Kept:
    """What is kept of the conversations.

    Args:
        parts: what the application gives.
        threads: whose conversations there are.
    """

    def __init__(self, parts: Parts, threads: Threads):
        self._parts, self.threads = parts, threads

    def history(self, principal: Principal, thread_id: str) -> list[Entry]:
        """A conversation as it can be shown again, oldest first.

        Raises:
            Missing: there is none, or it is another's.
        """
        self.threads.get(thread_id, principal.user_id)
        messages = messages_of(self._parts.graph(principal), thread_id)
        record = self._parts.record
        return entries(messages, lambda each: record(each, principal, thread_id))

    def values(self, principal: Principal, thread_id: str) -> dict[str, str | None]:
        """What the placeholders of a conversation stand for; None where that cannot be read any more.

        Raises:
            Missing: there is none, or it is another's.
        """
        self.threads.get(thread_id, principal.user_id)
        return self._parts.vault(thread_id).values()

    def attached(self, principal: Principal, rows: Iterable[dict[str, Any]]) -> set[str]:
        """Names of the files that were attached to conversations (their rows)."""
        return {name for row in rows for name in self._noted(principal, row)}

    def _noted(self, principal: Principal, row: dict[str, Any]) -> list[str]:
        """Names of a conversation's files; where they were not noted when they came, its messages are read once."""
        if row["files"] is not None:
            return row["files"]
        return self.threads.attach(
            row["id"], attached_to(messages_of(self._parts.graph(principal), row["id"]))
        )

    def forget(self, principal: Principal, thread_id: str, files: bool = True) -> None:
        """Delete a conversation with all that was said in it, and the pictures and reports made for it.

        Args:
            principal: whose it is.
            thread_id: the conversation.
            files: delete the files attached to it, too, that no other conversation of theirs names.

        Raises:
            Missing: there is none, or it is another's.
            Conflict: it is being answered in.
        """
        from assistant.agent.finding import forget

        self.threads.get(thread_id, principal.user_id)
        with self.alone(principal, thread_id):
            row = self.threads.get(thread_id, principal.user_id)
            names = self.attached(principal, [row]) if files else set()
            self.threads.delete(thread_id, principal.user_id)
            self.checkpointer().delete_thread(thread_id)
            self._parts.leavings.delete_pictures(thread_id)
        if names:
            names -= self.attached(principal, self.threads.list(principal.user_id))
            # What has come since under one of the names, a copy with labels say, was never in this conversation.
            self._parts.leavings.delete_files(principal.user_id, names, before=row["updated_at"])
        forget()

    def checkpointer(self) -> Any:
        """Where conversations are kept."""
        return self._parts.graph(Principal.owner()).checkpointer

    @contextlib.contextmanager
    def alone(self, principal: Principal, thread_id: str) -> Iterator[None]:
        """One turn at a time in a conversation, over all processes.

        Raises:
            Conflict: it is being answered in.
        """
        try:
            with exclusive(self._parts.locks / f"{thread_id}.lock", "a turn"):
                try:
                    yield
                finally:
                    keep_latest(self._parts.graph(principal).checkpointer, thread_id)
        except Occupied:
            raise Conflict(
                "I am still answering in this conversation.",
                "Wait for the answer, or start another conversation.",
            ) from None

"""Conversations: whose they are and what they are called. Their messages lie in the graph's checkpoints."""

import secrets
from collections.abc import Collection
from typing import Any

from sqlalchemy import select

from assistant.access.audit import record
from assistant.errors import BadRequest, Missing
from assistant.store.database import Database
from assistant.store.kept_answers import KeptAnswers
from assistant.store.schema import approvals, feedback, now, shares, threads, vault

TITLE = 60


class Threads:
    """The conversations of all users; each method sees only the given user's.

    Args:
        database: where the rows are.
    """

    def __init__(self, database: Database):
        self._database = database

    def create(self, user_id: str, title: str = "") -> dict[str, Any]:
        """Begin a conversation."""
        row = {
            "id": f"thr-{secrets.token_hex(8)}",
            "user_id": user_id,
            "title": _short(title),
            "created_at": now(),
            "updated_at": now(),
            "files": [],
        }
        self._database.run(threads.insert().values(**row))
        return row

    def get(self, thread_id: str, user_id: str) -> dict[str, Any]:
        """One conversation of this user.

        Raises:
            Missing: there is none, or it is another's.
        """
        row = self._database.row(
            select(threads).where(threads.c.id == thread_id, threads.c.user_id == user_id)
        )
        if row is None:
            raise Missing(f"There is no conversation {thread_id}.", "Start a new one.", param="thread")
        return row

    def attach(self, thread_id: str, names: Collection[str]) -> list[str]:
        """Note names of files that were attached to a conversation, and return all of them."""
        mine = threads.c.id == thread_id
        with self._database.begin() as connection:
            before = connection.execute(select(threads.c.files).where(mine)).scalar() or []
            noted = list(dict.fromkeys([*before, *names]))
            connection.execute(threads.update().where(mine).values(files=noted))
        return noted

    def list(self, user_id: str) -> list[dict[str, Any]]:
        """This user's conversations, the last used first."""
        mine = select(threads).where(threads.c.user_id == user_id)
        return self._database.rows(mine.order_by(threads.c.updated_at.desc()))

    def rename(self, thread_id: str, user_id: str, title: str) -> dict[str, Any]:
        """Give a conversation of this user another title (redacted by the caller).

        Raises:
            Missing: there is no such conversation, or it is another's.
            BadRequest: the title is empty.
        """
        self.get(thread_id, user_id)
        if not title.strip():
            raise BadRequest("The title is empty.", "Give the conversation a name.", param="title")
        self._database.run(threads.update().where(threads.c.id == thread_id).values(title=_short(title)))
        return self.get(thread_id, user_id)

    def touch(self, thread_id: str, title: str = "", anew: bool = False) -> None:
        """Note that a conversation was used; the first message gives it its title (redacted by the caller).

        Args:
            thread_id: the conversation.
            title: what was said.
            anew: it is the first message now, whatever was the first before.
        """
        mine = threads.c.id == thread_id
        self._database.run(threads.update().where(mine).values(updated_at=now()))
        named = (mine,) if anew else (mine, threads.c.title == "")
        self._database.run(threads.update().where(*named).values(title=_short(title)))

    def delete(self, thread_id: str, user_id: str) -> None:
        """Remove a conversation's rows (its checkpoints are the graph's to delete)."""
        self.get(thread_id, user_id)
        with self._database.begin() as connection:
            connection.execute(threads.delete().where(threads.c.id == thread_id))
            for table in (approvals, shares, vault):
                connection.execute(table.delete().where(table.c.thread_id == thread_id))
            thumbs = (feedback.c.thread_id == thread_id, feedback.c.example.is_not(True))
            connection.execute(feedback.delete().where(*thumbs))  # examples were chosen to be kept
            record(connection, "conversation deleted", thread_id)
        KeptAnswers(self._database).keep_none_of(thread_id)


def _short(title: str) -> str:
    words = " ".join(title.split())
    return words if len(words) <= TITLE else words[: TITLE - 1].rstrip() + "…"

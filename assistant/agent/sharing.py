"""Conversations taken elsewhere: read by others of the team, and written out as Markdown or JSON."""

import json
import secrets
from typing import Any

from sqlalchemy import select

from assistant.access.audit import record
from assistant.agent.events import Citation
from assistant.agent.history import Entry
from assistant.agent.outcome import public
from assistant.agent.threads import Threads
from assistant.errors import Missing
from assistant.store.database import Database
from assistant.store.schema import now, shares


class Shares:
    """Which conversations may be read by whoever is signed in and has the link.

    Args:
        database: where the rows are.
        threads: whose conversations there are.
    """

    def __init__(self, database: Database, threads: Threads):
        self._database, self._threads = database, threads

    def share(self, thread_id: str, user_id: str) -> str:
        """The id by which others may read a conversation of this user; the same one each time.

        Raises:
            Missing: there is no such conversation, or it is another's.
        """
        self._threads.get(thread_id, user_id)
        if known := self.of(thread_id):
            return known
        share_id = secrets.token_urlsafe(16)
        row = {"id": share_id, "thread_id": thread_id, "user_id": user_id, "created_at": now()}
        with self._database.begin() as connection:
            connection.execute(shares.insert().values(**row))
            record(connection, "conversation shared", thread_id, user_id)
        return share_id

    def of(self, thread_id: str) -> str | None:
        """The id under which a conversation is shared; None where it is not."""
        row = self._database.row(select(shares).where(shares.c.thread_id == thread_id))
        return row["id"] if row else None

    def end(self, thread_id: str, user_id: str) -> None:
        """Let nobody else read it any more: the link is dead."""
        self._threads.get(thread_id, user_id)
        with self._database.begin() as connection:
            if connection.execute(shares.delete().where(shares.c.thread_id == thread_id)).rowcount:
                record(connection, "conversation not shared any more", thread_id, user_id)

    def get(self, share_id: str) -> dict[str, Any]:
        """The conversation (its row) that is shared under an id.

        Raises:
            Missing: it is not, or not any more.
        """
        row = self._database.row(select(shares).where(shares.c.id == share_id))
        if row is None:
            raise Missing("This conversation is not shared (any more).", "Ask whoever sent you the link.")
        return self._threads.get(row["thread_id"], row["user_id"])


def as_markdown(title: str, lines: list[Entry]) -> str:
    """A conversation as people read it; tools' steps are told in a line each.

    Args:
        title: its title.
        lines: its lines, oldest first.
    """
    parts = [f"# {title or 'Conversation'}"]
    for line in lines:
        if line.role == "tool":
            parts.append(f"*{line.name}: {line.status}*")
            parts += [f"> [{c.number}] {c.source}: {_flat(c.text)}" for c in _citations(line)]
        else:
            files = f"\n\nFiles: {', '.join(line.files)}" if line.files else ""
            parts.append(f"**{'You' if line.role == 'user' else 'Assistant'}**\n\n{line.text}{files}")
    return "\n\n".join(parts) + "\n"


def as_json(row: dict[str, Any], lines: list[Entry]) -> str:
    """A conversation as programs read it: ``id``, ``title``, times and ``messages``.

    Args:
        row: the thread's.
        lines: its lines, oldest first.
    """
    about = {key: row[key] for key in ("id", "title", "created_at", "updated_at")}
    return json.dumps({**about, "messages": [_plain(line) for line in lines]}, ensure_ascii=False, indent=1)


def _plain(line: Entry) -> dict[str, Any]:
    if line.role == "tool":
        step = {"role": "tool", "name": line.name, "status": line.status, "args": public(line.args)}
        return {**step, "result": public(line.result)}
    return {"role": line.role, "content": line.text, **({"files": line.files} if line.files else {})}


def _citations(line: Entry) -> list[Citation]:
    return [each for each in line.shown if isinstance(each, Citation)]


def _flat(text: str) -> str:
    return " ".join(text.split())

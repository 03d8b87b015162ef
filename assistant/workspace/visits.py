"""Visitors of sites with the widget: which visit was where, and the ones who want to talk to a person."""

import re
import secrets
from typing import Any

from sqlalchemy import Column, ColumnElement, or_, select

from assistant.access.audit import record
from assistant.errors import BadRequest, Missing
from assistant.store.database import Database
from assistant.store.schema import handoffs, now, threads, visits

EMAIL = re.compile(r"[^\s@<>\"',;]{1,64}@[^\s@<>\"',;]{1,190}\.[^\s@<>\"',;.]{2,24}")
ENTRIES = 200  # newest shown
OPEN, CLOSED = "open", "closed"


class Visits:
    """Who visited, and what they left for the team.

    Args:
        database: where the rows are.
    """

    def __init__(self, database: Database):
        self._database = database

    def note(self, visit_id: str, key_id: str, origin: str, person: str = "") -> None:
        """Note that a visitor writes; once for each visit, and again once the site has said who they are."""
        this = visits.c.id == visit_id
        changed = {"updated_at": now(), **({"person": person} if person else {})}
        with self._database.begin() as connection:
            if not connection.execute(visits.update().where(this).values(**changed)).rowcount:
                row = {"id": visit_id, "key_id": key_id, "origin": origin, "created_at": now(), **changed}
                connection.execute(visits.insert().values(**row))

    def transcripts(
        self, key_id: str | None = None, words: str = "", only: str | None = None
    ) -> list[dict[str, Any]]:
        """Conversations of visitors, the last used first: thread, title, key, page, person.

        Args:
            key_id: of one widget key alone.
            words: that the title, the page or the person holds.
            only: this thread alone.
        """
        query = (
            select(threads.c.id, threads.c.title, threads.c.user_id, threads.c.updated_at)
            .add_columns(visits.c.key_id, visits.c.origin, visits.c.person)
            .join(visits, threads.c.user_id == "visitor-" + visits.c.id)
            .where(threads.c.title != "")  # something was said
            .order_by(threads.c.updated_at.desc())
            .limit(ENTRIES)
        )
        if words:
            query = query.where(_held(words, threads.c.title, visits.c.origin, visits.c.person))
        if only is not None:
            query = query.where(threads.c.id == only)
        return self._database.rows(query if key_id is None else query.where(visits.c.key_id == key_id))

    def hand_off(
        self,
        visit_id: str,
        key_id: str,
        origin: str,
        email: str,
        message: str,
        thread_id: str | None,
        transcript: list[dict[str, str]],
        person: str = "",
    ) -> dict[str, Any]:
        """A visitor asks for a person.

        Args:
            visit_id: the visit.
            key_id: the widget key.
            origin: the page's origin.
            email: where the team may answer; stored as it is, that being its purpose.
            message: what else they say, redacted by the caller.
            thread_id: their conversation, if there is one.
            transcript: its lines as they are stored.
            person: who they are by the site's word.

        Raises:
            BadRequest: the address is none.
        """
        if not EMAIL.fullmatch(email.strip()):
            raise BadRequest(
                "This is not an e-mail address.", "Write it like name@example.com.", param="email"
            )
        row = {
            "id": f"hand-{secrets.token_hex(8)}",
            "key_id": key_id,
            "visit_id": visit_id,
            "thread_id": thread_id,
            "origin": origin,
            "person": person,
            "email": email.strip(),
            "message": message,
            "transcript": transcript,
            "status": OPEN,
            "created_at": now(),
        }
        self._database.run(handoffs.insert().values(**row))
        return row

    def handoffs(
        self, status: str | None = None, words: str = "", only: str | None = None
    ) -> list[dict[str, Any]]:
        """What visitors left for the team, newest first.

        Args:
            status: ``open`` or ``closed``.
            words: that the address, the message, the page or the person holds.
            only: this one alone.
        """
        query = select(handoffs).order_by(handoffs.c.created_at.desc()).limit(ENTRIES)
        if words:
            query = query.where(
                _held(words, handoffs.c.email, handoffs.c.message, handoffs.c.origin, handoffs.c.person)
            )
        if only is not None:
            query = query.where(handoffs.c.id == only)
        return self._database.rows(query if status is None else query.where(handoffs.c.status == status))

    def handoff(self, handoff_id: str) -> dict[str, Any]:
        """One of them, for somebody who reads it.

        Raises:
            Missing: there is none.
        """
        row = self._handoff(handoff_id)
        record(self._database, "hand-off read", handoff_id)
        return row

    def _handoff(self, handoff_id: str) -> dict[str, Any]:
        row = self._database.row(select(handoffs).where(handoffs.c.id == handoff_id))
        if row is None:
            raise Missing(f"There is no hand-off {handoff_id}.", "Look into the inbox.", param="handoff")
        return row

    def close(self, handoff_id: str, user_id: str, again: bool = False) -> dict[str, Any]:
        """Note that a person has taken care of it, or open it again."""
        self._handoff(handoff_id)
        closed = {"status": CLOSED, "closed_at": now(), "closed_by": user_id}
        opened = {"status": OPEN, "closed_at": None, "closed_by": None}
        this = handoffs.c.id == handoff_id
        with self._database.begin() as connection:
            connection.execute(handoffs.update().where(this).values(**(opened if again else closed)))
            record(connection, f"hand-off {'opened again' if again else 'closed'}", handoff_id, user_id)
        return self._handoff(handoff_id)

    def delete(self, handoff_id: str) -> None:
        """Remove a hand-off with its address."""
        self._handoff(handoff_id)
        with self._database.begin() as connection:
            connection.execute(handoffs.delete().where(handoffs.c.id == handoff_id))
            record(connection, "hand-off deleted", handoff_id)


def _held(words: str, *columns: Column[Any]) -> ColumnElement[bool]:
    """That one of the columns holds these words, in whatever case."""
    return or_(*(column.icontains(words, autoescape=True) for column in columns))

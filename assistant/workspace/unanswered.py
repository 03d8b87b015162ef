"""Questions that the knowledge base could not answer: what a team should write next."""

from typing import Any

from sqlalchemy import select

from assistant.access.audit import record
from assistant.store.database import Database
from assistant.store.schema import now, unanswered

LONGEST = 500  # characters of a question
KEPT = 1000  # questions; the longest unasked are forgotten


class Unanswered:
    """Unanswered questions, each once, with how often it was asked.

    Args:
        database: where the rows are.
    """

    def __init__(self, database: Database):
        self._database = database

    def note(self, question: str, visitor: bool = False) -> None:
        """Count a question; one that was settled is open again, as its answer is still missing.

        Args:
            question: redacted by the caller.
            visitor: a visitor of a site asked it.
        """
        asked = " ".join(question.split())[:LONGEST]
        if not asked:
            return
        this = unanswered.c.question == asked
        again = {"asked": unanswered.c.asked + 1, "visitors": unanswered.c.visitors + int(visitor)}
        with self._database.begin() as connection:
            more = unanswered.update().where(this).values(**again, last_at=now(), settled_at=None)
            if not connection.execute(more).rowcount:
                row = {"question": asked, "asked": 1, "visitors": int(visitor), "last_at": now()}
                connection.execute(unanswered.insert().values(**row))
                newest = select(unanswered.c.number).order_by(unanswered.c.last_at.desc()).limit(KEPT)
                connection.execute(unanswered.delete().where(unanswered.c.number.not_in(newest)))

    def list(self) -> list[dict[str, Any]]:
        """The open ones, the most asked first."""
        still = select(unanswered).where(unanswered.c.settled_at.is_(None))
        return self._database.rows(still.order_by(unanswered.c.asked.desc(), unanswered.c.last_at.desc()))

    def settle(self, number: int) -> None:
        """Take a question off the list."""
        this = unanswered.c.number == number
        with self._database.begin() as connection:
            if connection.execute(unanswered.update().where(this).values(settled_at=now())).rowcount:
                record(connection, "question settled", str(number))

"""Answers kept for a day, so that a request that is sent again is not done again."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from assistant.store.database import Database
from assistant.store.schema import kept_answers, now

KEPT = timedelta(hours=24)
PATIENCE = timedelta(minutes=15)  # after which the server that began a request is taken to have died over it


class KeptAnswers:
    """The kept answers.

    Args:
        database: where the rows are.
    """

    def __init__(self, database: Database):
        self._database = database

    def begin(self, key: str) -> dict[str, Any] | None:
        """Begin a request that shall be done once.

        Args:
            key: tells it from all others.

        Returns:
            None where it is new. Else the answer there is: ``request`` (the fingerprint of what was asked), ``status``
            (None while it is being done), ``kind`` and ``body``.
        """
        mine = kept_answers.c.id == key
        dead = mine & kept_answers.c.status.is_(None) & (kept_answers.c.created_at < _ago(PATIENCE))
        try:
            with self._database.begin() as connection:
                connection.execute(delete(kept_answers).where(kept_answers.c.created_at < _ago(KEPT)))
                connection.execute(delete(kept_answers).where(dead))
                row = connection.execute(select(kept_answers).where(mine)).mappings().first()
                if row is None:
                    connection.execute(kept_answers.insert().values(id=key, created_at=now()))
        except IntegrityError:  # another server was quicker
            return {"status": None}
        return dict(row) if row else None

    def keep(self, key: str, **answer: Any) -> None:
        """Keep the answer: ``request``, ``status``, ``kind``, ``body``."""
        self._database.run(kept_answers.update().where(kept_answers.c.id == key).values(**answer))

    def keep_none_of(self, word: str) -> None:
        """Drop the answers that hold a word, such as the id of a conversation that is deleted."""
        self._database.run(delete(kept_answers).where(kept_answers.c.body.contains(word, autoescape=True)))

    def drop(self, key: str) -> None:
        """Nothing was done: the request may be sent again."""
        self._database.run(delete(kept_answers).where(kept_answers.c.id == key))


def _ago(span: timedelta) -> str:
    return (datetime.now(UTC) - span).isoformat(timespec="microseconds")

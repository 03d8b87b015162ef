"""Signed-in browsers: a random cookie each, of which only the hash is stored."""

from sqlalchemy import delete, select

from assistant.access.audit import record
from assistant.access.principal import Principal
from assistant.access.tokens import fingerprint, in_future, new_token
from assistant.errors import Unauthenticated
from assistant.store.database import Database
from assistant.store.schema import now, sessions, users


class SessionStore:
    """Sessions of browsers.

    Args:
        database: where the rows are.
    """

    def __init__(self, database: Database):
        self._database = database

    def create(self, user_id: str, days: float = 30, by: str | None = None) -> str:
        """Begin a session and return the cookie's value; sessions that have run out are cleared away.

        Args:
            user_id: who is signed in.
            days: how long the session lives.
            by: what they signed in with.
        """
        token = new_token()
        row = {
            "token_hash": fingerprint(token),
            "user_id": user_id,
            "created_at": now(),
            "expires_at": in_future(days=days),
        }
        with self._database.begin() as connection:
            connection.execute(delete(sessions).where(sessions.c.expires_at < now()))
            connection.execute(sessions.insert().values(**row))
            record(connection, "signed in", user_id, user_id, by=by)
        return token

    def principal(self, token: str) -> Principal:
        """Whose cookie this is, with their present role.

        Raises:
            Unauthenticated: unknown or run out.
        """
        query = select(users).join(sessions, sessions.c.user_id == users.c.id)
        live = (sessions.c.token_hash == fingerprint(token), sessions.c.expires_at > now())
        row = self._database.row(query.where(*live))
        if row is None:
            raise Unauthenticated("You are not signed in.", "Open the sign-in link the server printed.")
        return Principal(row["id"], row["name"], row["role"])

    def end(self, token: str) -> None:
        """Sign this browser out."""
        with self._database.begin() as connection:
            ended = delete(sessions).where(sessions.c.token_hash == fingerprint(token))
            for user_id in connection.execute(ended.returning(sessions.c.user_id)).scalars().all():
                record(connection, "signed out", user_id, user_id)

    def end_all(self, user_id: str) -> int:
        """Sign a user out everywhere and return from how many browsers."""
        return self._database.run(delete(sessions).where(sessions.c.user_id == user_id))

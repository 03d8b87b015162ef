"""Answers that are kept for clients that send a request again."""

from sqlalchemy import Connection, text


def upgrade(connection: Connection) -> None:
    """Make the table."""
    connection.execute(
        text(
            "CREATE TABLE kept_answers (id TEXT PRIMARY KEY, request TEXT, status INTEGER, kind TEXT, body TEXT, "
            "created_at TEXT)"
        )
    )

"""The vault: what the placeholders of a conversation stand for, encrypted."""

from sqlalchemy import Connection, text

STATEMENT = """CREATE TABLE vault (thread_id TEXT, placeholder TEXT, entity_type TEXT, fingerprint TEXT, value TEXT,
    created_at TEXT, PRIMARY KEY (thread_id, placeholder))"""


def upgrade(connection: Connection) -> None:
    """Make the table."""
    connection.execute(text(STATEMENT))

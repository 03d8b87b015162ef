"""What the pages and the widget keep: shared conversations, thumbs, labels, unanswered questions, visits, hand-offs."""

from sqlalchemy import Connection, text

from assistant.store.migrations.m0001_first import SERIAL

STATEMENTS = (
    "CREATE TABLE shares (id TEXT PRIMARY KEY, thread_id TEXT, user_id TEXT, created_at TEXT)",
    """CREATE TABLE feedback (thread_id TEXT, message_id TEXT, user_id TEXT, good BOOLEAN, reason TEXT, question TEXT,
        answer TEXT, example BOOLEAN, created_at TEXT, PRIMARY KEY (thread_id, message_id, user_id))""",
    """CREATE TABLE row_labels (file_id TEXT, row_number INTEGER, label TEXT, user_id TEXT, created_at TEXT,
        PRIMARY KEY (file_id, row_number))""",
    """CREATE TABLE unanswered (number {serial}, question TEXT UNIQUE, asked INTEGER, visitors INTEGER,
        last_at TEXT, settled_at TEXT)""",
    """CREATE TABLE visits (id TEXT PRIMARY KEY, key_id TEXT, origin TEXT, person TEXT, created_at TEXT,
        updated_at TEXT)""",
    """CREATE TABLE handoffs (id TEXT PRIMARY KEY, key_id TEXT, visit_id TEXT, thread_id TEXT, origin TEXT, person TEXT,
        email TEXT, message TEXT, transcript JSON, status TEXT, created_at TEXT, closed_at TEXT, closed_by TEXT)""",
)


def upgrade(connection: Connection) -> None:
    """Make the tables."""
    serial = SERIAL[connection.dialect.name]
    for statement in STATEMENTS:
        connection.execute(text(statement.replace("{serial}", serial)))

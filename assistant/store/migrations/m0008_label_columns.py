"""Labels of rows know the column they are for; those given before do not, and go into whichever is written."""

from sqlalchemy import Connection, text

STATEMENTS = (
    "ALTER TABLE row_labels RENAME TO old_row_labels",
    """CREATE TABLE row_labels (file_id TEXT, column_name TEXT, row_number INTEGER, label TEXT, user_id TEXT,
        created_at TEXT, PRIMARY KEY (file_id, column_name, row_number))""",
    """INSERT INTO row_labels SELECT file_id, '', row_number, label, user_id, created_at FROM old_row_labels""",
    "DROP TABLE old_row_labels",
)


def upgrade(connection: Connection) -> None:
    """Make the table anew, with its rows."""
    for statement in STATEMENTS:
        connection.execute(text(statement))

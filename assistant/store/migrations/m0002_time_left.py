"""Jobs tell how long they still need."""

from sqlalchemy import Connection, text


def upgrade(connection: Connection) -> None:
    """Add the column."""
    connection.execute(text("ALTER TABLE jobs ADD COLUMN time_left DOUBLE PRECISION"))

"""Conversations know what was attached to them, and keys who made them; of older ones it is not noted."""

from sqlalchemy import Connection, text

STATEMENTS = (
    "ALTER TABLE threads ADD COLUMN files JSON",
    "ALTER TABLE keys ADD COLUMN made_by TEXT",
    # Widgets' keys were their makers'; they are nobody's, so that they outlive those.
    "UPDATE keys SET made_by = user_id, user_id = id WHERE role = 'visitor' AND user_id <> id",
)


def upgrade(connection: Connection) -> None:
    """Add the columns."""
    for statement in STATEMENTS:
        connection.execute(text(statement))

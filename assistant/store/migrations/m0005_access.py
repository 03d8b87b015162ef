"""The audit log, passwords and sign-in by another service, keys that expire and do less, and what was used."""

from sqlalchemy import Connection, text

from assistant.store.migrations.m0001_first import SERIAL

STATEMENTS = (
    "ALTER TABLE users ADD COLUMN password_hash TEXT",
    "ALTER TABLE users ADD COLUMN subject TEXT",
    "ALTER TABLE keys ADD COLUMN scopes JSON",
    "ALTER TABLE keys ADD COLUMN expires_at TEXT",
    """CREATE TABLE audit (number {serial}, at TEXT, user_id TEXT, name TEXT, key_id TEXT, source TEXT, request_id TEXT,
        action TEXT, object TEXT, details JSON, previous TEXT, hash TEXT)""",
    """CREATE TABLE usage (day TEXT, who TEXT, what TEXT, amount DOUBLE PRECISION, PRIMARY KEY (day, who, what))""",
)
# Entries are added and never changed, whatever part of the program, or person with a database tool, tries it.
FIXED = {
    "sqlite": (
        "CREATE TRIGGER audit_kept_{event} BEFORE {event} ON audit "
        "BEGIN SELECT RAISE(ABORT, 'the audit log is only added to'); END",
    ),
    "postgresql": (
        "CREATE OR REPLACE FUNCTION audit_kept() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the audit log is only added to'; END $$",
        "CREATE TRIGGER audit_kept_{event} BEFORE {event} ON audit FOR EACH ROW EXECUTE FUNCTION audit_kept()",
    ),
}


def upgrade(connection: Connection) -> None:
    """Add the columns and make the tables."""
    kind = connection.dialect.name
    for statement in STATEMENTS:
        connection.execute(text(statement.replace("{serial}", SERIAL[kind])))
    for event in ("UPDATE", "DELETE"):
        for statement in FIXED[kind]:
            connection.execute(text(statement.replace("{event}", event)))

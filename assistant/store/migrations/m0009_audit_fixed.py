"""The audit log cannot be written over either: SQLite deletes silently on REPLACE, and TRUNCATE has no rows."""

from sqlalchemy import Connection, text

STATEMENTS = {
    "sqlite": "CREATE TRIGGER audit_kept_INSERT BEFORE INSERT ON audit "
    "WHEN EXISTS (SELECT 1 FROM audit WHERE number = NEW.number) "
    "BEGIN SELECT RAISE(ABORT, 'the audit log is only added to'); END",
    "postgresql": "CREATE TRIGGER audit_kept_truncate BEFORE TRUNCATE ON audit "
    "FOR EACH STATEMENT EXECUTE FUNCTION audit_kept()",
}


def upgrade(connection: Connection) -> None:
    """Add the trigger."""
    connection.execute(text(STATEMENTS[connection.dialect.name]))

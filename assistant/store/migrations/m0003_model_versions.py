"""Models have versions, aliases, splits of their traffic, and a record of what was done with them."""

from sqlalchemy import Connection, text

from assistant.store.migrations.m0001_first import SERIAL

STATEMENTS = (
    """CREATE TABLE model_versions (name TEXT, version INTEGER, task TEXT, base TEXT, method TEXT, metrics JSON,
        info JSON, lineage JSON, path TEXT, job_id TEXT, created_at TEXT, PRIMARY KEY (name, version))""",
    """INSERT INTO model_versions (name, version, task, base, method, metrics, info, path, job_id, created_at)
        SELECT name, 1, task, base, method, metrics, info, path, job_id, created_at FROM models""",
    """CREATE TABLE model_aliases (name TEXT, alias TEXT, version INTEGER, earlier JSON, since TEXT,
        PRIMARY KEY (name, alias))""",
    """INSERT INTO model_aliases (name, alias, version, since)
        SELECT name, 'production', 1, COALESCE(deployed_at, created_at) FROM models WHERE status = 'deployed'""",
    "DROP TABLE models",
    "CREATE TABLE models (name TEXT PRIMARY KEY, versions INTEGER, created_at TEXT)",
    "INSERT INTO models (name, versions, created_at) SELECT name, 1, created_at FROM model_versions",
    """CREATE TABLE model_splits (id TEXT PRIMARY KEY, name TEXT, version INTEGER, other INTEGER,
        share DOUBLE PRECISION, shadow BOOLEAN, started_at TEXT, ended_at TEXT)""",
    """CREATE TABLE model_split_figures (split_id TEXT, version INTEGER, figure TEXT, value DOUBLE PRECISION,
        PRIMARY KEY (split_id, version, figure))""",
    """CREATE TABLE model_events (number {serial}, name TEXT, version INTEGER, action TEXT, details JSON, user_id TEXT,
        created_at TEXT)""",
)


def upgrade(connection: Connection) -> None:
    """Make the tables; each model there is becomes version 1 of its name, deployed ones with the alias production."""
    serial = SERIAL[connection.dialect.name]
    for statement in STATEMENTS:
        connection.execute(text(statement.replace("{serial}", serial)))

"""The database's tables as they are today. Migrations bring an older database to this shape; a test compares the two.

Times are ISO 8601 texts in UTC (sortable, readable in any database browser); leases are seconds since the epoch.
"""

from datetime import UTC, datetime

from sqlalchemy import JSON, BigInteger, Boolean, Column, Double, Integer, MetaData, Table, Text

metadata = MetaData()


def _key() -> Column:
    return Column("id", Text, primary_key=True)


def _text(name: str, nullable: bool = True) -> Column:
    return Column(name, Text, nullable=nullable)


users = Table(
    "users",
    metadata,
    _key(),
    Column("name", Text, unique=True),
    _text("role"),
    _text("created_at"),
    _text("password_hash"),  # argon2id; none: signs in by links or another service only
    _text("subject"),  # issuer and subject at the service (OpenID Connect) that signs this user in
)
sign_in_links = Table(
    "sign_in_links",
    metadata,
    Column("token_hash", Text, primary_key=True),
    _text("user_id"),
    _text("expires_at"),
    _text("used_at"),
)
sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", Text, primary_key=True),
    _text("user_id"),
    _text("created_at"),
    _text("expires_at"),
)
keys = Table(
    "keys",
    metadata,
    _key(),
    Column("secret_hash", Text, unique=True),
    _text("hint"),  # the first characters of the secret, to recognise it by
    _text("role"),
    Column("origins", JSON),
    _text("user_id"),
    _text("created_at"),
    _text("revoked_at"),
    Column("scopes", JSON),  # actions it is narrowed to; none: all its role may do
    _text("expires_at"),
    _text("made_by"),  # the user, who may be another than its own
)
files = Table(
    "files",
    metadata,
    _key(),
    _text("name"),
    _text("sha256"),
    Column("bytes", BigInteger),
    _text("path"),
    _text("purpose"),
    _text("user_id"),
    _text("created_at"),
)
models = Table(
    "models",
    metadata,
    Column("name", Text, primary_key=True),
    Column("versions", Integer),  # the number last given to a version; none is given twice
    _text("created_at"),
)
model_versions = Table(
    "model_versions",
    metadata,
    Column("name", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    _text("task"),
    _text("base"),
    _text("method"),
    Column("metrics", JSON),
    Column("info", JSON),
    Column("lineage", JSON),
    _text("path"),
    _text("job_id"),
    _text("created_at"),
)
model_aliases = Table(
    "model_aliases",
    metadata,
    Column("name", Text, primary_key=True),
    Column("alias", Text, primary_key=True),
    Column("version", Integer),
    Column("earlier", JSON),  # versions it pointed at before, the last one at the end
    _text("since"),
)
model_splits = Table(
    "model_splits",
    metadata,
    _key(),
    _text("name"),
    Column("version", Integer),  # the one in production
    Column("other", Integer),  # the one tried beside it
    Column("share", Double),  # percent of the callers that the other one answers
    Column("shadow", Boolean),
    _text("started_at"),
    _text("ended_at"),
)
model_split_figures = Table(
    "model_split_figures",
    metadata,
    Column("split_id", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("figure", Text, primary_key=True),
    Column("value", Double),
)
model_events = Table(
    "model_events",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    _text("name"),
    Column("version", Integer),
    _text("action"),  # made, promoted, rolled back, undeployed, deleted, split, split ended
    Column("details", JSON),
    _text("user_id"),
    _text("created_at"),
)
jobs = Table(
    "jobs",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    _text("kind"),
    _text("status"),
    Column("spec", JSON),
    Column("progress", Double),
    Column("step", Integer),
    Column("steps", Integer),
    _text("message"),
    Column("curve", JSON),  # [[step, training loss, validation loss or null], …]
    Column("metrics", JSON),
    Column("result", JSON),
    _text("error"),
    _text("user_id"),
    _text("thread_id"),
    Column("announced", Boolean),
    Column("cancel_requested", Boolean),
    Column("attempts", Integer),
    _text("lease_owner"),
    Column("lease_until", Double),
    _text("created_at"),
    _text("started_at"),
    _text("finished_at"),
    Column("time_left", Double),  # seconds
)
threads = Table(
    "threads",
    metadata,
    _key(),
    _text("user_id"),
    _text("title"),
    _text("created_at"),
    _text("updated_at"),
    Column("files", JSON),  # names of what was attached to it; none: not noted, its messages tell
)
vault = Table(
    "vault",
    metadata,
    Column("thread_id", Text, primary_key=True),
    Column("placeholder", Text, primary_key=True),
    _text("entity_type"),
    _text("fingerprint"),  # keyed; finds a value again without reading it
    _text("value"),  # encrypted (Fernet) under the installation's key
    _text("created_at"),
)
approvals = Table(
    "approvals",
    metadata,
    _key(),
    _text("thread_id"),
    _text("call_id"),
    _text("tool"),
    Column("args", JSON),
    _text("summary"),
    Column("details", JSON),
    _text("status"),  # open, granted, declined, done, replaced, withdrawn
    _text("created_at"),
    _text("decided_at"),
    _text("decided_by"),
)
artifacts = Table(
    "artifacts",
    metadata,
    _key(),
    _text("thread_id"),
    _text("user_id"),
    _text("kind"),
    _text("title"),
    _text("path"),
    _text("created_at"),
)
shares = Table(
    "shares", metadata, _key(), _text("thread_id"), _text("user_id"), _text("created_at")
)  # conversations that other signed-in people may read
feedback = Table(
    "feedback",
    metadata,
    Column("thread_id", Text, primary_key=True),
    Column("message_id", Text, primary_key=True),
    Column("user_id", Text, primary_key=True),
    Column("good", Boolean),
    _text("reason"),
    _text("question"),
    _text("answer"),
    Column("example", Boolean),  # to be used for training
    _text("created_at"),
)
row_labels = Table(
    "row_labels",
    metadata,
    Column("file_id", Text, primary_key=True),
    Column(
        "column_name", Text, primary_key=True
    ),  # where the label goes; empty: given before columns were kept
    Column("row_number", Integer, primary_key=True),
    _text("label"),
    _text("user_id"),
    _text("created_at"),
)
unanswered = Table(
    "unanswered",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("question", Text, unique=True),
    Column("asked", Integer),
    Column("visitors", Integer),  # how often visitors were among those who asked
    _text("last_at"),
    _text("settled_at"),
)
visits = Table(
    "visits",
    metadata,
    _key(),
    _text("key_id"),
    _text("origin"),
    _text("person"),  # the id by which the site has identified its visitor
    _text("created_at"),
    _text("updated_at"),
)
handoffs = Table(
    "handoffs",
    metadata,
    _key(),
    _text("key_id"),
    _text("visit_id"),
    _text("thread_id"),
    _text("origin"),
    _text("person"),
    _text("email"),
    _text("message"),
    Column("transcript", JSON),
    _text("status"),  # open, closed
    _text("created_at"),
    _text("closed_at"),
    _text("closed_by"),
)
audit = Table(
    "audit",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    _text("at"),
    _text("user_id"),
    _text("name"),
    _text("key_id"),
    _text("source"),  # a network address, or "command line"
    _text("request_id"),
    _text("action"),
    _text("object"),
    Column("details", JSON),
    _text("previous"),  # the hash of the entry before
    _text("hash"),
)
usage = Table(
    "usage",
    metadata,
    Column("day", Text, primary_key=True),
    Column("who", Text, primary_key=True),
    Column("what", Text, primary_key=True),  # tokens, jobs
    Column("amount", Double),
)
kept_answers = Table(
    "kept_answers",
    metadata,
    _key(),
    _text("request"),  # the hash of what was asked
    Column("status", Integer),  # none while it is being done
    _text("kind"),
    _text("body"),
    _text("created_at"),
)


def now() -> str:
    """The present moment as the tables store it."""
    return datetime.now(UTC).isoformat(timespec="microseconds")

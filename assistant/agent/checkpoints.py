"""Keeps the store of conversations small. Each step of a turn writes the whole conversation, and only the last counts.

Without this a conversation takes disk space by the square of its length, and what was taken back stays on disk.
"""

from typing import Any

from assistant.logs import log

OLDER = "thread_id = ? AND checkpoint_id <> (SELECT max(checkpoint_id) FROM checkpoints WHERE thread_id = ?)"


def keep_latest(saver: Any, thread_id: str) -> None:
    """Delete all checkpoints of a conversation but the latest, with what was written towards it.

    Args:
        saver: the graph's checkpointer, SQLite's or PostgreSQL's.
        thread_id: the conversation; nobody else may be writing to it.
    """
    from langgraph.checkpoint.sqlite import SqliteSaver

    try:
        if not isinstance(saver, SqliteSaver):
            saver.prune([thread_id], strategy="keep_latest")
            return
        with saver.cursor() as cursor:  # it has no prune of its own
            for table in ("writes", "checkpoints"):
                cursor.execute(f"DELETE FROM {table} WHERE {OLDER}", (thread_id, thread_id))
    except Exception as error:  # the next turn tries again; this one has its answer
        log().warning("old checkpoints stay", error=type(error).__name__)


def overwrite(saver: Any) -> None:
    """See that deleted conversations are not in SQLite's journal any more; the file itself is overwritten at once."""
    from langgraph.checkpoint.sqlite import SqliteSaver

    if isinstance(saver, SqliteSaver):
        with saver.lock:
            saver.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")

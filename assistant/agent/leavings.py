"""What conversations leave beside their messages: files that were attached to them, pictures and reports."""

import json
from collections.abc import Callable, Collection
from pathlib import Path

from sqlalchemy import select

from assistant.home import Home
from assistant.jobs.queue import SUCCEEDED
from assistant.store.database import Database
from assistant.store.schema import artifacts, files, jobs, model_versions, row_labels
from assistant.workspace.files import ATTACHED, FileStore


class Leavings:
    """Deletes what deleted conversations have left.

    Args:
        database: where the rows are.
        home: where pictures and reports are.
        store: the uploads.
        documents: places of what the knowledge base was made of.
    """

    def __init__(
        self, database: Database, home: Home, store: FileStore, documents: Callable[[], Collection[str]]
    ):
        self._database, self._home, self._store, self._documents = database, home, store, documents

    def delete_pictures(self, thread_id: str) -> None:
        """Delete the pictures and reports that were made for a conversation; those of a model stay with it."""
        theirs = artifacts.c.thread_id == thread_id
        for row in self._database.rows(select(artifacts).where(theirs)):
            self.unlink(Path(row["path"]))
        self._database.run(artifacts.delete().where(theirs))

    def unlink(self, path: Path) -> None:
        """Remove a picture or report, if it was made for a conversation."""
        if path.resolve().is_relative_to(self._home.artifacts):
            path.unlink(missing_ok=True)

    def delete_files(self, user_id: str, names: Collection[str], before: str | None = None) -> int:
        """Delete attachments of a user by their names, but for what is needed elsewhere.

        That is what documents or models were made of, what jobs read that are not through or can be resumed, and what
        somebody has labelled.

        Args:
            user_id: whose they are.
            names: of the files.
            before: only what was uploaded before this moment.

        Returns:
            How many went.
        """
        if not names:
            return 0
        theirs = [files.c.user_id == user_id, files.c.purpose == ATTACHED, files.c.name.in_(set(names))]
        theirs += [files.c.created_at < before] if before else []
        found = [row["id"] for row in self._database.rows(select(files.c.id).where(*theirs))]
        needed = self._needed() if found else ""
        gone = [file_id for file_id in found if file_id not in needed]
        for file_id in gone:
            self._store.delete(file_id)
        return len(gone)

    def _needed(self) -> str:
        """Where files are needed, as a text in which their ids stand: an upload lies in a folder named by its id."""
        queries = (
            select(jobs.c.spec).where(jobs.c.status != SUCCEEDED),
            select(model_versions.c.lineage),
            select(row_labels.c.file_id).distinct(),
        )
        found = [list(row.values()) for query in queries for row in self._database.rows(query)]
        return json.dumps([found, list(self._documents())])

"""What conversations leave beside their messages: files that were attached to them, pictures and reports."""

import json
from collections.abc import Callable, Collection
from pathlib import Path

from sqlalchemy import select

from assistant.home import Home
from assistant.jobs.queue import QUEUED, RUNNING
from assistant.store.database import Database
from assistant.store.schema import artifacts, files, jobs
from assistant.workspace.files import ATTACHED, FileStore


class Leavings:
    """Deletes what deleted conversations have left.

    Args:
        database: where the rows are.
        home: where pictures and reports are.
        store: the uploads.
        documents: names of what the knowledge base was made of.
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
        """Delete attachments of a user by their names, but for what documents were made of or unfinished jobs read.

        Args:
            user_id: whose they are.
            names: of the files.
            before: only what was uploaded before this moment.

        Returns:
            How many went.
        """
        if not names or not (free := set(names) - set(self._documents())):
            return 0
        theirs = [files.c.user_id == user_id, files.c.purpose == ATTACHED, files.c.name.in_(free)]
        theirs += [files.c.created_at < before] if before else []
        read = self._read_by_jobs()
        gone = [row for row in self._database.rows(select(files).where(*theirs)) if row["path"] not in read]
        for row in gone:
            self._store.delete(row["id"])
        return len(gone)

    def _read_by_jobs(self) -> str:
        """What unfinished jobs were told, in which the paths of the files stand that they read."""
        unfinished = jobs.c.status.in_((QUEUED, RUNNING))
        specs = self._database.rows(select(jobs.c.spec).where(unfinished))
        return json.dumps([row["spec"] for row in specs], ensure_ascii=False)

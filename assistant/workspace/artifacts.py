"""Pictures and reports that conversations show: files with an owner, served to that owner alone."""

import secrets
from pathlib import Path
from typing import Any

from sqlalchemy import select

from assistant.errors import Missing
from assistant.home import Home
from assistant.store.database import Database
from assistant.store.schema import artifacts, now


class ArtifactStore:
    """The artifacts of one home.

    Args:
        database: where the rows are.
        home: where the files are.
    """

    def __init__(self, database: Database, home: Home):
        self._database, self._home = database, home

    def new_path(self, suffix: str) -> Path:
        """A path for a new file in the artifacts' folder."""
        return self._home.artifacts / f"{secrets.token_hex(12)}{suffix}"

    def record(
        self, kind: str, title: str, path: Path | str, user_id: str | None, thread_id: str | None = None
    ) -> dict[str, Any]:
        """Enter an existing file, so that the doors can show it to its owner; the row there is where it was entered."""
        mine = (artifacts.c.path == str(path), artifacts.c.user_id == user_id)
        if known := self._database.row(select(artifacts).where(*mine)):
            return known
        row = {
            "id": f"art-{secrets.token_hex(8)}",
            "kind": kind,
            "title": title,
            "path": str(path),
            "user_id": user_id,
            "thread_id": thread_id,
            "created_at": now(),
        }
        self._database.run(artifacts.insert().values(**row))
        return row

    def get(self, artifact_id: str, user_id: str | None) -> dict[str, Any]:
        """One artifact of this user whose file lies in the home.

        Raises:
            Missing: there is none, it is another's, or its file is gone.
        """
        row = self._database.row(select(artifacts).where(artifacts.c.id == artifact_id))
        if row and row["user_id"] == user_id:
            path = Path(row["path"]).resolve()
            if path.is_file() and path.is_relative_to(self._home.root):
                return row
        raise Missing("There is no such picture or report.", "It may have been deleted with its model.")

"""What the law lets people ask for: a copy of what is kept about them, and its deletion (GDPR, articles 15, 17, 20).

Every table that names a user is found by its columns; :data:`ERASED` and :data:`UNNAMED` say what becomes of its rows.
"""

import contextlib
import json
import shutil
import zipfile
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Table, delete, func, select

from assistant.access.audit import record
from assistant.access.principal import OWNER_ID, Principal
from assistant.agent.agent import Agent
from assistant.agent.checkpoints import overwrite
from assistant.agent.direct import THREAD
from assistant.agent.leavings import Leavings
from assistant.errors import BadRequest, Conflict, Missing
from assistant.home import private
from assistant.logs import log
from assistant.store import schema
from assistant.store.database import Database
from assistant.workspace.files import ATTACHED, FileStore

SECRETS = {"secret_hash", "token_hash", "password_hash", "lease_owner"}
# Rows that go with their user; of the team's own things only the name of who made them goes.
ERASED = {
    "sessions",
    "sign_in_links",
    "keys",
    "files",
    "threads",
    "artifacts",
    "shares",
    "feedback",
    "users",
    "usage",
    "visits",
    "handoffs",
}
UNNAMED = {"jobs", "row_labels", "model_events"}
# Columns that say who did something to what is not theirs.
BY = (schema.handoffs.c.closed_by, schema.approvals.c.decided_by, schema.keys.c.made_by)
KEPT = {"audit"}  # who did what must stay provable (GDPR, article 17, 3 b and e)


class DataRights:
    """Copies and deletes what is kept about a person.

    Args:
        database: where the rows are.
        agent: whose conversations they are.
        files: the uploads.
        leavings: what conversations leave.
    """

    def __init__(self, database: Database, agent: Agent, files: FileStore, leavings: Leavings):
        self._database, self._agent, self._files, self._leavings = database, agent, files, leavings

    def person(self, name: str) -> dict[str, Any]:
        """A user by name; one who was taken out, and whose name is free again, by the id they had.

        Raises:
            Missing: there is no such user, and nothing is kept under such an id.
        """
        users, name = schema.users, name.strip()
        for column in (users.c.id, users.c.name):  # nobody is taken for another who is called like an id
            if row := self._database.row(select(users).where(column == name)):
                return row
        named = (table for table in _tables() if table.name in ERASED | UNNAMED)
        if any(self._rows(_whose(table) == name, table) for table in named):
            return {"id": name, "name": name, "role": "member"}
        raise Missing(
            f"There is no user named {name}.",
            "Who was taken out is found by their id: assistant audit list --action user.",
            param="name",
        )

    def visitor(self, name: str, key_id: str | None = None) -> dict[str, Any]:
        """A visitor of sites with the widget, with all their visits.

        Args:
            name: the id by which a site has identified them, or the e-mail address they have left.
            key_id: only where they met this widget key.

        Raises:
            Missing: nobody of that name was here.
        """
        visits, handoffs, name = schema.visits.c, schema.handoffs.c, name.strip()
        left = (handoffs.person == name) | (func.lower(handoffs.email) == name.lower())
        by_site = select(visits.id, visits.key_id).where(visits.person == name)
        by_themselves = select(handoffs.visit_id.label("id"), handoffs.key_id).where(left)
        rows = [*self._database.rows(by_site), *self._database.rows(by_themselves)]
        ids = dict.fromkeys(f"visitor-{row['id']}" for row in rows if key_id in (None, row["key_id"]))
        if not ids:
            raise Missing(
                f"No visitor is known as {name}.",
                "Give the id that the site has for them, or the e-mail address of a hand-off.",
                param="person",
            )
        return {"id": next(iter(ids)), "name": name, "role": "visitor", "ids": list(ids)}

    def export(self, user: dict[str, Any], target: Path) -> dict[str, Any]:
        """Write a zip of all that is kept about a person, which its owner alone can read: rows as JSON, conversations
        with what their placeholders stand for, uploads, pictures and reports.

        Args:
            user: as :meth:`person` or :meth:`visitor` gives them.
            target: the file to write.

        Returns:
            ``{"path", "conversations", "files", "rows"}``.

        Raises:
            BadRequest: the file exists.
        """
        if target.exists():
            raise BadRequest(f"{target} exists already.", "Name a new file.", param="path")
        ids = _ids(user)
        kept = {
            table.name: rows for table in _tables() if (rows := self._rows(_whose(table).in_(ids), table))
        }
        talks = [talk["id"] for talk in kept.get("threads", [])]
        asked = schema.approvals.c.thread_id.in_([*talks, *(f"{THREAD}{each}" for each in ids)])
        kept |= {"approvals": rows} if (rows := self._rows(asked, schema.approvals)) else {}
        temporary = target.with_name(f".{target.name}.part")
        temporary.unlink(missing_ok=True)
        try:
            with (
                open(temporary, "xb", opener=private) as file,
                zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive,
            ):
                for name, rows in kept.items():
                    archive.writestr(f"{name}.json", _json(rows))
                self._write_conversations(archive, kept.get("threads", []))
                count = self._write_files(archive, kept)
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)
        record(self._database, "user's data exported", user["id"])
        total = sum(map(len, kept.values()))
        return {"path": str(target), "conversations": len(talks), "files": count, "rows": total}

    def _rows(self, wanted: Any, table: Table) -> list[dict[str, Any]]:
        """Rows of a table, without what only checks somebody's secrets."""
        found = self._database.rows(select(table).where(wanted))
        return [{key: value for key, value in row.items() if key not in SECRETS} for row in found]

    def _write_conversations(self, archive: zipfile.ZipFile, talks: list[dict[str, Any]]) -> None:
        for row in talks:
            who = _who(row["user_id"])
            said = [asdict(entry) for entry in self._agent.history(who, row["id"])]
            told = {**row, "entries": said, "values": self._agent.values(who, row["id"])}
            archive.writestr(f"conversations/{row['id']}.json", _json(told))

    def _write_files(self, archive: zipfile.ZipFile, kept: dict[str, list[dict[str, Any]]]) -> int:
        paths = [(self._files.path(row), f"files/{row['id']}/{row['name']}") for row in kept.get("files", [])]
        for row in kept.get("artifacts", []):
            paths.append((Path(row["path"]), f"artifacts/{row['id']}{Path(row['path']).suffix}"))
        there = [(path, name) for path, name in paths if path.is_file()]
        for path, name in there:
            archive.write(path, name)
        return len(there)

    def erase(self, user: dict[str, Any]) -> dict[str, Any]:
        """Delete a person and all that is theirs: sessions, keys, conversations, uploads, pictures, reports, hand-offs.

        Models and documents are the team's and stay, without the user's name; so do entries of the audit log.

        Args:
            user: as :meth:`person` or :meth:`visitor` gives them.

        Returns:
            ``{"conversations", "files", "rows"}``: how much went.

        Raises:
            Conflict: it is the owner of this machine, or one of the conversations is being answered in.
        """
        ids = _ids(user)
        if OWNER_ID in ids:
            raise Conflict("The owner cannot be erased.", "Delete the folder ASSISTANT_HOME instead.", "name")
        talks = [row for each in ids for row in self._agent.threads.list(each)]
        for row in talks:
            self._agent.forget(_who(row["user_id"]), row["id"], files=False)
        files = self._rows(schema.files.c.user_id.in_(ids), schema.files)
        pictures = self._rows(schema.artifacts.c.user_id.in_(ids), schema.artifacts)
        with self._database.begin() as connection:
            rows = 0
            for table in _tables():
                theirs = _whose(table).in_(ids)
                if table.name in ERASED:
                    rows += connection.execute(delete(table).where(theirs)).rowcount
                elif table.name in UNNAMED:
                    connection.execute(table.update().where(theirs).values(user_id=None))
            asked = schema.approvals.c.thread_id.in_(f"{THREAD}{each}" for each in ids)
            rows += connection.execute(delete(schema.approvals).where(asked)).rowcount
            for column in BY:
                connection.execute(column.table.update().where(column.in_(ids)).values({column: None}))
            record(connection, "user erased", user["id"])
        for row in files:
            shutil.rmtree(self._files.path(row).parent, ignore_errors=True)
        for row in pictures:
            self._leavings.unlink(Path(row["path"]))
        self._overwrite()
        return {"conversations": len(talks), "files": len(files), "rows": rows}

    def _overwrite(self) -> None:
        overwrite(self._agent.checkpointer())
        self._database.overwrite()

    def expire(self, days: float) -> dict[str, int]:
        """Delete what nobody has touched for so many days: conversations, visitors' ones too, files that were uploaded
        to a conversation and belong to none any more, and hand-offs, answered or not.

        Returns:
            ``{"conversations", "files", "visits", "handoffs"}``: how many went.
        """
        before = (datetime.now(UTC) - timedelta(days=days)).isoformat(timespec="microseconds")
        old = self._database.rows(select(schema.threads).where(schema.threads.c.updated_at < before))
        visits, handoffs = schema.visits, schema.handoffs
        counts: dict[str, Any] = {
            "conversations": sum(map(self._forgotten, old)),
            "files": self._delete_files(before),
            "visits": self._database.run(delete(visits).where(visits.c.updated_at < before)),
            "handoffs": self._database.run(delete(handoffs).where(handoffs.c.created_at < before)),
        }
        if any(counts.values()):
            self._overwrite()
            record(self._database, "old data deleted", f"older than {days:g} days", **counts)
        return counts

    def _forgotten(self, row: dict[str, Any]) -> bool:
        with contextlib.suppress(Conflict):  # it is in use just now, so not old any more
            self._agent.forget(_who(row["user_id"]), row["id"], files=False)
            return True
        log().info("an old conversation is in use", thread=row["id"])
        return False

    def _delete_files(self, before: str) -> int:
        """Delete old attachments that no conversation of their user names any more, or never did."""
        files = schema.files.c
        old = (files.purpose == ATTACHED, files.user_id.is_not(None), files.created_at < before)
        theirs: dict[str, set[str]] = {}
        for row in self._database.rows(select(files.user_id, files.name).where(*old)):
            theirs.setdefault(row["user_id"], set()).add(row["name"])
        return sum(
            self._leavings.delete_files(user_id, names - self._named(user_id), before)
            for user_id, names in theirs.items()
        )

    def _named(self, user_id: str) -> set[str]:
        """Names of the files that are attached to any conversation of a user."""
        return self._agent.attached(_who(user_id), self._agent.threads.list(user_id))


def _who(user_id: str) -> Principal:
    """The owner of a conversation, who may not be a user any more."""
    return Principal(user_id, user_id, "visitor" if user_id.startswith("visitor-") else "member")


def _ids(user: dict[str, Any]) -> list[str]:
    """The ids of a person; a visitor has one for each visit."""
    return user.get("ids") or [user["id"]]


# What says whose a row is, where no column user_id does.
WHOSE: dict[str, Any] = {
    "users": schema.users.c.id,
    "usage": schema.usage.c.who,
    "visits": "visitor-" + schema.visits.c.id,
    "handoffs": "visitor-" + schema.handoffs.c.visit_id,
}


def _whose(table: Table) -> Any:
    column = WHOSE.get(table.name)
    return table.c.user_id if column is None else column


def _tables() -> Iterator[Table]:
    for table in schema.metadata.sorted_tables:
        if table.name in WHOSE or "user_id" in table.c:
            yield table


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1, default=str)

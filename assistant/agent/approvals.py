"""Approvals: one row for each action that waits for a yes. The row is the truth; the graph only pauses at it."""

import secrets
from collections.abc import Iterable
from typing import Any

from sqlalchemy import select

from assistant.access.audit import record
from assistant.errors import Conflict, Missing
from assistant.store.database import Database
from assistant.store.schema import approvals, now

OPEN, GRANTED, DECLINED, DONE, REPLACED = "open", "granted", "declined", "done", "replaced"
RECENT = 200  # approvals of one tool, among which the same action is looked for
WITHDRAWN = "withdrawn"  # the question was taken back, with its part of the conversation


class Approvals:
    """The approvals of all threads.

    Args:
        database: where the rows are.
    """

    def __init__(self, database: Database):
        self.database = database

    def ask(
        self, thread_id: str, call_id: str, tool: str, args: dict[str, Any], details: dict[str, Any]
    ) -> dict[str, Any]:
        """Open an approval for one tool call.

        Args:
            thread_id: the conversation.
            call_id: the tool call's id in it.
            tool: the tool's name.
            args: its arguments.
            details: what its preview returned; ``summary`` is the sentence the user is asked.
        """
        row = {
            "id": f"apr-{secrets.token_hex(6)}",
            "thread_id": thread_id,
            "call_id": call_id,
            "tool": tool,
            "args": args,
            "summary": details["summary"],
            "details": {key: value for key, value in details.items() if key != "summary"},
            "status": OPEN,
            "created_at": now(),
        }
        self.database.run(approvals.insert().values(**row))
        return row

    def of_call(self, thread_id: str, call_id: str) -> dict[str, Any] | None:
        """The approval asked for this tool call, if it was."""
        mine = (approvals.c.thread_id == thread_id, approvals.c.call_id == call_id)
        return self.database.row(select(approvals).where(*mine))

    def calls(self, thread_id: str) -> set[str]:
        """The ids of all tool calls of a thread for which an approval was ever asked."""
        mine = select(approvals.c.call_id).where(approvals.c.thread_id == thread_id)
        return {row["call_id"] for row in self.database.rows(mine)}

    def open(self, thread_id: str) -> dict[str, Any] | None:
        """The newest approval of a thread that still waits."""
        waiting = (approvals.c.thread_id == thread_id, approvals.c.status == OPEN)
        newest = select(approvals).where(*waiting).order_by(approvals.c.created_at.desc()).limit(1)
        return self.database.row(newest)

    def get(self, approval_id: str, thread_id: str) -> dict[str, Any]:
        """One approval of a thread.

        Raises:
            Missing: there is none.
        """
        mine = (approvals.c.id == approval_id, approvals.c.thread_id == thread_id)
        row = self.database.row(select(approvals).where(*mine))
        if row is None:
            raise Missing(
                f"There is no approval {approval_id} in this conversation.", "Ask for the action again."
            )
        return row

    def same(self, thread_id: str, tool: str, args: dict[str, Any]) -> dict[str, Any] | None:
        """The newest approval that was asked in a thread for this very action."""
        mine = (approvals.c.thread_id == thread_id, approvals.c.tool == tool)
        newest = select(approvals).where(*mine).order_by(approvals.c.created_at.desc()).limit(RECENT)
        rows = self.database.rows(newest)
        return next((row for row in rows if row["args"] == args), None)

    def waiting(self, thread_id: str) -> list[dict[str, Any]]:
        """All approvals that wait, newest first.

        Args:
            thread_id: the thread; with ``%`` at its end all threads that begin so.
        """
        waits = (approvals.c.thread_id.like(thread_id), approvals.c.status == OPEN)
        return self.database.rows(select(approvals).where(*waits).order_by(approvals.c.created_at.desc()))

    def decide(self, approval_id: str, status: str, by: str | None) -> None:
        """Answer an open approval, once.

        Raises:
            Conflict: it has been answered already.
        """
        still_open = (approvals.c.id == approval_id, approvals.c.status == OPEN)
        answer = approvals.update().where(*still_open).returning(approvals.c.tool)
        with self.database.begin() as connection:
            tool = connection.execute(answer.values(status=status, decided_at=now(), decided_by=by)).scalar()
            if tool is None:
                raise Conflict(
                    "This has been answered already.", "Reload the conversation to see how it stands."
                )
            record(connection, f"approval {status}", approval_id, by, tool=tool)

    def done(self, approval_id: str) -> bool:
        """Use a granted approval up, so that it is good for one run of its tool only; False if it was used before."""
        granted = (approvals.c.id == approval_id, approvals.c.status == GRANTED)
        return bool(self.database.run(approvals.update().where(*granted).values(status=DONE)))

    def reopen(self, approval_id: str, thread_id: str) -> dict[str, Any] | None:
        """Let an answered approval wait again, because its answer was taken back; None where it has been used up."""
        mine = (approvals.c.id == approval_id, approvals.c.thread_id == thread_id)
        answered = approvals.c.status.in_((GRANTED, DECLINED, REPLACED))
        again = approvals.update().where(*mine, answered)
        if not self.database.run(again.values(status=OPEN, decided_at=None, decided_by=None)):
            return None
        return self.get(approval_id, thread_id)

    def withdraw(self, thread_id: str, call_ids: Iterable[str]) -> None:
        """Take back the approvals of these tool calls that have not been used: none of them can run any more."""
        mine = (approvals.c.thread_id == thread_id, approvals.c.call_id.in_(list(call_ids)))
        not_done = approvals.c.status.in_((OPEN, GRANTED, REPLACED))
        self.database.run(approvals.update().where(*mine, not_done).values(status=WITHDRAWN))

"""Thumbs on answers, with a reason; and the answers that a team wants its next model to learn from."""

import io
import json
from typing import Any

from sqlalchemy import select

from assistant.store.database import Database
from assistant.store.schema import feedback, now
from assistant.workspace.files import FileStore

EXAMPLES = "examples.jsonl"
REASON = 500  # characters
ENTRIES = 200  # newest shown


class Feedback:
    """What people thought of the assistant's answers.

    Args:
        database: where the rows are.
        files: where the training examples become a dataset.
    """

    def __init__(self, database: Database, files: FileStore):
        self._database, self._files = database, files

    def rate(
        self,
        thread_id: str,
        message_id: str,
        user_id: str,
        good: bool | None,
        reason: str = "",
        question: str = "",
        answer: str = "",
        example: bool = False,
    ) -> None:
        """Note a thumb; a second one on the same answer takes the first one's place, None takes it back.

        Args:
            thread_id: the conversation.
            message_id: the answer.
            user_id: whose opinion.
            good: thumb up or down.
            reason: in their words, redacted by the caller.
            question: what was asked, as it is stored.
            answer: the answer, as it is stored; for an example the words it should have had.
            example: a model is to learn from it.
        """
        mine = {"thread_id": thread_id, "message_id": message_id, "user_id": user_id}
        row = {**mine, "good": good, "reason": reason[:REASON], "question": question, "answer": answer}
        with self._database.begin() as connection:
            connection.execute(feedback.delete().filter_by(**mine))
            if good is not None or example:
                connection.execute(feedback.insert().values(**row, example=example, created_at=now()))

    def of(self, thread_id: str, user_id: str) -> dict[str, dict[str, Any]]:
        """A user's thumbs in a conversation, by the answers' ids."""
        rows = self._database.rows(select(feedback).filter_by(thread_id=thread_id, user_id=user_id))
        return {row["message_id"]: row for row in rows}

    def judged(self) -> list[dict[str, Any]]:
        """All answers that somebody gave a thumb to or chose as an example, oldest first."""
        return self._database.rows(select(feedback).order_by(feedback.c.created_at, feedback.c.message_id))

    def list(self, good: bool | None = None) -> list[dict[str, Any]]:
        """Thumbs of users and visitors, newest first.

        Args:
            good: up or down alone; both where left out.
        """
        query = select(feedback).order_by(feedback.c.created_at.desc()).limit(ENTRIES)
        return self._database.rows(query if good is None else query.where(feedback.c.good.is_(good)))

    def examples(self, user_id: str | None = None) -> dict[str, Any] | None:
        """Write all training examples as a dataset of chat messages, the newest version of :data:`EXAMPLES`.

        Returns:
            The file's row; None where there is no example.
        """
        chosen = select(feedback).where(feedback.c.example.is_(True)).order_by(feedback.c.created_at)
        lines = [
            json.dumps({"messages": _messages(row)}, ensure_ascii=False)
            for row in self._database.rows(chosen)
        ]
        if not lines:
            return None
        content = io.BytesIO("".join(f"{line}\n" for line in lines).encode())
        return self._files.save(EXAMPLES, content, user_id, "fine-tune")


def _messages(row: dict[str, Any]) -> list[dict[str, str]]:
    return [
        {"role": "user", "content": row["question"]},
        {"role": "assistant", "content": row["answer"]},
    ]

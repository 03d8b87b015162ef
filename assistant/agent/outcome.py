"""A whole turn as one JSON document: what ``assistant chat --json`` prints and the API's ``assistant`` field holds."""

import os
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from assistant.agent.events import (
    ApprovalAsked,
    Artifact,
    Choices,
    Citation,
    Done,
    Event,
    Failed,
    Heard,
    Redacted,
    Stands,
    Stopped,
    Token,
    ToolFinished,
    ToolStarted,
)
from assistant.settings import settings


def public(value: Any) -> Any:
    """A tool's result without the places of files on the server; labels and columns of these names stay."""
    if isinstance(value, list):
        return [public(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {key: public(each) for key, each in value.items() if not _place(key, each)}


def _place(key: str, value: Any) -> bool:
    if key == "artifacts":
        return isinstance(value, list) and all(isinstance(each, dict) and "path" in each for each in value)
    return key in ("report", "path") and (value is None or isinstance(value, str | os.PathLike))


class Outcome:
    """Collects the events of a turn. ``failed`` holds the last event of a turn that broke."""

    def __init__(self) -> None:
        self.thread: str | None = None
        self.message: str | None = None
        self.text: list[str] = []
        self.tool_calls: dict[str, dict[str, Any]] = {}
        self.citations: list[dict[str, Any]] = []
        self.redactions: list[dict[str, Any]] = []
        self.approval: dict[str, Any] | None = None
        self.artifacts: list[dict[str, Any]] = []
        self.suggestions: list[str] = []
        self.stands: list[dict[str, Any]] = []
        self.stopped = False
        self.model: str | None = None
        self.failed: Failed | None = None

    def take(self, event: Event) -> None:
        """Note one event."""
        match event:
            case Heard():
                self.message = event.id
            case Stands():
                self.stands.append(asdict(event))
            case Stopped():
                self.stopped = True
            case Token(text):
                self.text.append(text)
            case Redacted():
                self.redactions.append(asdict(event))
            case ToolStarted(call_id, name, args):
                self.tool_calls[call_id] = {"name": name, "args": args, "status": "running"}
            case ToolFinished(call_id, name, status):
                call = self.tool_calls.setdefault(call_id, {"name": name, "args": {}, "status": status})
                call["status"] = status
            case ApprovalAsked(approval_id, tool, args, summary):
                asked = {"id": approval_id, "tool": tool, "args": args, "summary": summary}
                self.approval = asked
                self.tool_calls[f"asked-{approval_id}"] = {"name": tool, "args": args, "status": "waiting"}
            case Citation():
                self.citations.append(asdict(event))
            case Artifact(kind, path, title, artifact_id):
                shown = {"kind": kind, "path": path, "title": title, "id": artifact_id}
                self.artifacts.append(shown)
            case Choices(options):
                self.suggestions = options
            case Done(thread):
                self.thread, self.model = thread, event.model
            case Failed():
                self.failed = event

    def take_all(self, events: Iterable[Event]) -> "Outcome":
        """Note all events and return itself."""
        for event in events:
            self.take(event)
        return self

    @property
    def reply(self) -> str:
        """What was said."""
        return "".join(self.text).strip()

    def as_dict(self) -> dict[str, Any]:
        """The contract's JSON of one turn, with the suggested next steps.

        ``model`` is the chat model that answered (the one in use where none was asked): with tools, citations and
        redactions it tells how the answer was made. ``message`` names the user's message for an edit; ``stands`` is
        what a part of the conversation that was taken back had done; ``stopped`` tells that the user stopped the
        answer.
        """
        return {
            "thread": self.thread,
            "message": self.message,
            "reply": self.reply,
            "model": self.model or settings().model,
            "tool_calls": list(self.tool_calls.values()),
            "citations": self.citations,
            "redactions": self.redactions,
            "approval": self.approval,
            "artifacts": self.artifacts,
            "suggestions": self.suggestions,
            "stands": self.stands,
            "stopped": self.stopped,
        }

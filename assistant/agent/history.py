"""A stored conversation, as the doors show it again after a reload."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from assistant.agent.events import Event, ToolFinished
from assistant.agent.stream import shown_with


@dataclass(frozen=True)
class Entry:
    """One line of a conversation: what somebody said, or a tool's step with what came of it."""

    role: Literal["user", "assistant", "tool"]
    id: str = ""
    text: str = ""
    files: list[str] = field(default_factory=list)
    suggestions: list[str] = field(default_factory=list)
    name: str = ""
    args: dict[str, Any] = field(default_factory=dict)
    status: str = ""
    result: dict[str, Any] = field(default_factory=dict)
    shown: list[Event] = field(default_factory=list)


def entries(messages: Sequence[Any], record: Callable[[dict[str, Any]], str]) -> list[Entry]:
    """The lines of a conversation from the graph's messages.

    Args:
        messages: LangChain messages, oldest first.
        record: gives an artifact its id.
    """
    calls: dict[str, dict[str, Any]] = {}
    lines: list[Entry] = []
    for message in messages:
        if message.type == "human":
            files = message.additional_kwargs.get("files", [])
            lines.append(Entry("user", text=str(message.text), files=list(files)))
        elif message.type == "ai":
            calls.update({call["id"]: call for call in message.tool_calls})
            if str(message.text).strip():
                hints = message.additional_kwargs.get("suggestions", [])
                lines.append(Entry("assistant", text=str(message.text), suggestions=list(hints)))
        elif message.type == "tool":
            lines.append(_step(message, calls.get(message.tool_call_id, {}), record))
    return lines


def _step(message: Any, call: dict[str, Any], record: Callable[[dict[str, Any]], str]) -> Entry:
    result = _json(message.content)
    status = "failed" if message.status == "error" else "succeeded"
    if result.get("declined"):
        status = "declined"
    elif set(result) == {"status"}:
        status = "waiting"
    finished = ToolFinished(message.tool_call_id, message.name or "", status, result)
    return Entry(
        "tool",
        id=message.tool_call_id,
        name=message.name or "",
        args=call.get("args", {}),
        status=status,
        result=result,
        shown=list(shown_with(finished, record)),
    )


def _json(content: Any) -> dict[str, Any]:
    try:
        value = json.loads(content)
    except (TypeError, ValueError):
        return {"text": str(content)}
    return value if isinstance(value, dict) else {"value": value}

"""A stored conversation, as the doors show it again after a reload."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from assistant.agent.events import Event, Stands, ToolFinished
from assistant.agent.stream import citations_of, shown_with


@dataclass(frozen=True)
class Entry:
    """One line of a conversation: what somebody said, or a tool's step with what came of it.

    ``id`` names a user's message for an edit, and a tool's call. ``stands`` is what was done in a part of the
    conversation that was taken back for this message. ``stopped`` is a reply that the user stopped, ``model`` the
    chat model that gave it.
    """

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
    stands: list[Stands] = field(default_factory=list)
    stopped: bool = False
    model: str | None = None


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
            lines.append(_asked(message))
        elif message.type == "ai":
            calls.update({call["id"]: call for call in message.tool_calls})
            _cite(lines, message)
            if str(message.text).strip():
                lines.append(_said(message))
        elif message.type == "tool":
            lines.append(_step(message, calls.get(message.tool_call_id, {}), record))
    return lines


def _asked(message: Any) -> Entry:
    more = message.additional_kwargs
    stands = [Stands(**each) for each in more.get("stands", [])]
    return Entry("user", message.id or "", str(message.text), list(more.get("files", [])), stands=stands)


def _said(message: Any) -> Entry:
    more = message.additional_kwargs
    hints, stopped = list(more.get("suggestions", [])), bool(more.get("stopped"))
    text, model = str(message.text), more.get("answered_by")
    return Entry("assistant", message.id or "", text, suggestions=hints, stopped=stopped, model=model)


def _cite(lines: list[Entry], message: Any) -> None:
    """What a reply cites stands with the search it rests on, as where a tool's result has the citations itself."""
    cited = list(citations_of(message.additional_kwargs))
    searches = [each for each in lines if each.name == "search_knowledge"]
    if cited and searches:
        searches[-1].shown.extend(cited)


def _step(message: Any, call: dict[str, Any], record: Callable[[dict[str, Any]], str]) -> Entry:
    result = _json(message.content)
    status = "failed" if message.status == "error" else "succeeded"
    if result.get("declined"):
        status = "declined"
    elif result.get("stopped"):
        status = "stopped"
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

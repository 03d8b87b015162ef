"""LangChain's messages as the plain conversation that ``decide`` reads."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from assistant.brain.situation import Situation

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage

ROLES = {"human": "user", "ai": "assistant", "tool": "tool"}


def text_of(message: "BaseMessage") -> str:
    """A message's text, whatever blocks its content is made of."""
    content = message.content
    if isinstance(content, str):
        return content
    parts = [part if isinstance(part, str) else part.get("text", "") for part in content]
    return " ".join(part for part in parts if part)


def plain(messages: Iterable["BaseMessage"]) -> list[dict[str, Any]]:
    """User, assistant and tool messages as dictionaries, in order."""
    conversation = []
    for message in messages:
        role = ROLES.get(message.type.removesuffix("MessageChunk").lower())
        if role is None:
            continue
        entry: dict[str, Any] = {"role": role, "content": text_of(message)}
        if calls := getattr(message, "tool_calls", None):
            entry["tool_calls"] = [{"name": c["name"], "args": c["args"], "id": c["id"]} for c in calls]
        if role == "tool":
            entry["tool_call_id"] = getattr(message, "tool_call_id", None)
        conversation.append(entry)
    return conversation


def situation_of(messages: Sequence["BaseMessage"]) -> Situation:
    """The workspace block of the system message; an empty situation where there is none."""
    prompt = "\n".join(text_of(message) for message in messages if message.type == "system")
    return Situation.from_prompt(prompt)

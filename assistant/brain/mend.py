"""Tool calls as models write them, made safe to pass on: what is clear is mended, what is not is marked, never guessed.

A call whose arguments cannot be read keeps its place with the raw text under :data:`UNREADABLE`. No tool takes such an
argument, so the gate refuses it, and the model reads why and asks again.
"""

import ast
import json
import re
import uuid
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from langchain_core.messages import AIMessage

UNREADABLE = "unreadable"
_FENCE = re.compile(r"\A```\w*\s*(.*?)\s*```\Z", re.DOTALL)


def read_arguments(raw: Any) -> dict[str, Any] | None:
    """A call's arguments, or None where they cannot be read without guessing.

    Code fences, JSON inside a JSON string, line breaks inside strings and Python's way of writing a dictionary are
    understood. Text that ends too early is not completed.

    Args:
        raw: JSON text, or a dictionary already.
    """
    if isinstance(raw, dict) or raw is None:
        return raw or {}
    text = str(raw).strip()
    fenced = _FENCE.match(text)
    text = fenced[1] if fenced else text
    if text in ("", "null"):
        return {}
    found = _value(text)
    found = _value(found.strip()) if isinstance(found, str) else found
    return found if isinstance(found, dict) and all(isinstance(key, str) for key in found) else None


def _value(text: str) -> Any:
    try:
        return json.loads(text, strict=False)
    except ValueError:
        pass
    try:
        found = ast.literal_eval(text)
        json.dumps(found)  # sets, bytes and the like are no arguments
    except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
        return None
    return found


def arguments_or_mark(raw: Any) -> dict[str, Any]:
    """A call's arguments, or its raw text marked as unreadable."""
    found = read_arguments(raw)
    return {UNREADABLE: str(raw)} if found is None else found


def tool_name(written: str | None, offered: Collection[str]) -> str:
    """The offered tool a model means by a name; where it is none of them, the name as every server accepts it.

    Args:
        written: for example ``functions.search_knowledge`` or ``Search-Knowledge``.
        offered: names of the tools.
    """
    name = (written or "").strip()
    last = re.split(r"[./:]", name)[-1]
    for candidate in (name, last, last.lower().replace("-", "_")):
        if candidate in offered:
            return candidate
    return re.sub(r"[^\w-]", "_", name, flags=re.ASCII)[:64] or "unknown"


def call_id() -> str:
    """A new id for a tool call."""
    return f"call_{uuid.uuid4().hex[:24]}"


def mended(message: "AIMessage", offered: Collection[str], taken: Collection[str]) -> "AIMessage":
    """A model's message with calls that can be answered: readable or marked, known by name, each with an id of its own.

    Args:
        message: the message; it is not changed.
        offered: names of the tools.
        taken: ids of earlier calls in the conversation. Some servers count from one in every message, and an approval
            belongs to one call.
    """
    calls: list[dict[str, Any]] = [{**call} for call in message.tool_calls]
    calls += [{**call, "args": arguments_or_mark(call["args"])} for call in message.invalid_tool_calls]
    used = set(taken)
    for call in calls:
        unique = call["id"] if call["id"] and call["id"] not in used else call_id()
        used.add(unique)
        call |= {"name": tool_name(call["name"], offered), "id": unique, "type": "tool_call"}
        call.pop("error", None)
    return message.model_copy(update={"tool_calls": calls, "invalid_tool_calls": []})


class HeldCalls:
    """The tool calls of a stream, held back until it has ended well, so that no half of one is ever run."""

    def __init__(self) -> None:
        self._calls: list[dict[str, Any]] = []

    def take(self, pieces: Sequence[Any]) -> None:
        """More of the calls: LangChain's ``tool_call_chunks``."""
        for piece in pieces:
            call = self._begun(piece)
            call["args"] += piece.get("args") or ""
            call["id"] = call["id"] or piece.get("id")
            if piece.get("name") and piece["name"] != call["name"]:  # some servers repeat it in every piece
                call["name"] += piece["name"]

    def _begun(self, piece: Any) -> dict[str, Any]:
        """The call that a piece goes on with; a new one where it has another place or id than the ones before."""
        index, given = piece.get("index"), piece.get("id")
        for call in reversed(self._calls):
            same_id = not given or not call["id"] or given == call["id"]
            whole = index is None and (given or piece.get("name"))  # without a place, each piece is a call
            if call["index"] == index and same_id and not whole:
                return call
        self._calls.append({"name": "", "args": "", "id": given, "index": index})
        return self._calls[-1]

    def chunks(self) -> list[Any]:
        """All calls, whole, as LangChain's ``tool_call_chunks``."""
        from langchain_core.messages.tool import tool_call_chunk

        return [
            tool_call_chunk(
                name=call["name"],
                args=json.dumps(arguments_or_mark(call["args"]), ensure_ascii=False),
                id=call["id"] or call_id(),
                index=at,
            )
            for at, call in enumerate(self._calls)
        ]

"""Tool calls in the text of open chat models: Qwen, SmolLM and Hermes write tags, Llama 3 writes bare JSON."""

import json
import re
import uuid
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

_TAGGED = re.compile(r"<tool_call>\s*(.*?)\s*(?:</tool_call>|$)", re.DOTALL)
_THOUGHT = re.compile(r"<think>.*?(?:</think>|$)", re.DOTALL)
_SPECIAL = re.compile(r"<\|(?:im_end|eot_id|eom_id|python_tag|end_of_text|endoftext)\|>")
MARKERS = ("<tool_call>", "<think>", "<|python_tag|>", "<|")


@dataclass
class Parsed:
    """What a model wrote, taken apart: words for the user, calls, and calls that cannot be read."""

    text: str = ""
    calls: list[dict[str, Any]] = field(default_factory=list)
    broken: list[dict[str, Any]] = field(default_factory=list)


def parse(raw: str, tool_names: Collection[str]) -> Parsed:
    """Take a model's output apart.

    Args:
        raw: the decoded text, special tokens included or not.
        tool_names: names of the tools that were offered; bare JSON counts as a call only for one of these.

    Returns:
        Calls as LangChain's ``tool_calls``; malformed ones as ``invalid_tool_calls``.
    """
    spoken = _THOUGHT.sub("", raw)
    parsed = Parsed()
    for body in _TAGGED.findall(spoken):
        _enter(body, parsed)
    spoken = _SPECIAL.sub("", _TAGGED.sub("", spoken)).strip()
    if tool_names and spoken.startswith(("{", "[")) and not parsed.calls:
        records = _read(spoken)
        if records and all(record.get("name") in tool_names for record in records):
            parsed.calls, spoken = [_call(record) for record in records], ""
    parsed.text = spoken
    return parsed


def _enter(body: str, parsed: Parsed) -> None:
    records = _read(body)
    if records and all(isinstance(record.get("name"), str) for record in records):
        parsed.calls += [_call(record) for record in records]
    else:
        parsed.broken.append(
            {
                "name": None,
                "args": body,
                "id": _id(),
                "error": "the call is not valid JSON with a name and arguments",
                "type": "invalid_tool_call",
            }
        )


def _read(body: str) -> list[dict[str, Any]]:
    """The JSON objects of a call: one, a list, or several divided by semicolons (Llama 3)."""
    several = re.sub(r"}\s*;\s*{", "},{", body)
    for candidate in (body, f"[{several}]"):
        try:
            found = json.loads(candidate)
        except json.JSONDecodeError:
            continue
        records = found if isinstance(found, list) else [found]
        return records if all(isinstance(record, dict) for record in records) else []
    return []


def _call(record: dict[str, Any]) -> dict[str, Any]:
    args = record.get("arguments", record.get("parameters", {}))
    if isinstance(args, str):
        try:
            args = json.loads(args)
        except json.JSONDecodeError:
            args = {}
    return {
        "name": record["name"],
        "args": args if isinstance(args, dict) else {},
        "id": _id(),
        "type": "tool_call",
    }


def _id() -> str:
    return f"call_{uuid.uuid4().hex[:24]}"


class Visible:
    """Of a growing output, the part that can be shown at once: no thoughts, no calls, nothing that may become one."""

    def __init__(self, tool_names: Collection[str]):
        self.tool_names = tool_names
        self.raw = ""
        self.shown = 0

    def feed(self, piece: str) -> str:
        """Take a piece of output and return what is new to show."""
        self.raw += piece
        clear = self._clear()
        new, self.shown = clear[self.shown :], max(self.shown, len(clear))
        return new

    def rest(self) -> str:
        """What remains to be shown once the output is complete."""
        return parse(self.raw, self.tool_names).text[self.shown :]

    def _clear(self) -> str:
        text = _THOUGHT.sub("", self.raw).lstrip()
        if self.tool_names and text.startswith(("{", "[")):
            return ""
        cut = min((at for marker in MARKERS if (at := text.find(marker)) >= 0), default=len(text))
        text = text[:cut]
        for size in range(min(len(text), max(map(len, MARKERS))), 0, -1):
            if any(marker.startswith(text[-size:]) for marker in MARKERS):
                return text[:-size].rstrip()
        return text.rstrip()

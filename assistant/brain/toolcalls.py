"""Tool calls in the text of open chat models, each family in its own way.

- Qwen 2.5 and 3, SmolLM, Hermes: ``<tool_call>{"name": …, "arguments": …}</tool_call>``
- Qwen 3.5 and Qwen Coder: ``<tool_call><function=NAME><parameter=KEY>value</parameter></function></tool_call>``
- Llama 3: ``{"name": …, "parameters": …}``, with or without ``<|python_tag|>``; ``<function=NAME>{…}</function>``;
  ``[name(key="value")]`` and ``name.call(key="value")``

Bare JSON and bare function calls count only where they name a tool that was offered.
"""

import ast
import json
import re
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from assistant.brain.mend import arguments_or_mark, call_id, read_arguments

_TAGGED = re.compile(r"<tool_call>\s*(.*?)\s*(?:</tool_call>|(?=<tool_call>)|$)", re.DOTALL)
_FUNCTION = re.compile(r"<function=([^>\s]+)>\s*(.*?)\s*(</function>|(?=<function=)|$)", re.DOTALL)
_PARAMETER = re.compile(r"<parameter=([^>\s]+)>\n?(.*?)\n?</parameter>", re.DOTALL)
_THOUGHT = re.compile(r"<think>.*?(?:</think>|$)", re.DOTALL)
_SPECIAL = re.compile(r"<\|(?:im_end|eot_id|eom_id|python_tag|end_of_text|endoftext)\|>")
_FENCE = re.compile(r"\A```\w*\s*([\[{].*?)\s*```\Z", re.DOTALL)
MARKERS = ("<tool_call>", "<think>", "<|python_tag|>", "<function=", "<|")
BARE = ("{", "[", "```")  # how an answer begins that may be a call without a tag


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
    spoken = _TAGGED.sub("", spoken)

    def take(function: re.Match[str]) -> str:
        if function[1] not in tool_names:
            return function[0]
        _enter(function[0], parsed)
        return ""

    spoken = _SPECIAL.sub("", _FUNCTION.sub(take, spoken)).strip()
    if tool_names and not parsed.calls and (calls := _bare(spoken, tool_names)):
        parsed.calls, spoken = calls, ""
    parsed.text = spoken
    return parsed


def _enter(body: str, parsed: Parsed) -> None:
    """Note the calls of one tag, or that it cannot be read."""
    functions = _FUNCTION.findall(body)
    if functions:
        parsed.calls += [_call(name, _xml_arguments(text, end)) for name, text, end in functions]
        return
    records = _records(body)
    if records and all(isinstance(record.get("name"), str) for record in records):
        parsed.calls += [_call(record["name"], _arguments(record)) for record in records]
    else:
        error = "the call is not valid JSON with a name and arguments"
        name = re.search(r'"name"\s*:\s*"([\w.-]+)"', body)
        parsed.broken.append(
            {
                "name": name[1] if name else None,
                "args": body,
                "id": call_id(),
                "error": error,
                "type": "invalid_tool_call",
            }
        )


def _bare(spoken: str, tool_names: Collection[str]) -> list[dict[str, Any]]:
    """The calls of an answer that consists of nothing else and has no tag."""
    fenced = _FENCE.match(spoken)
    text = fenced[1] if fenced else spoken
    if text.startswith(("{", "[")):
        records = _records(text)
        if records and all(record.get("name") in tool_names for record in records):
            return [_call(record["name"], _arguments(record)) for record in records]
    return _python(text, tool_names)


def _records(body: str) -> list[dict[str, Any]]:
    """The JSON objects of a call: one, a list, or several divided by semicolons (Llama 3)."""
    fenced = _FENCE.match(body)
    body = fenced[1] if fenced else body
    several = re.sub(r"}\s*;?\s*{", "},{", body)
    for candidate in (body, f"[{several}]"):
        try:
            found = json.loads(candidate, strict=False)
        except ValueError:
            continue
        records = found if isinstance(found, list) else [found]
        return records if all(isinstance(record, dict) for record in records) else []
    single = read_arguments(body)
    return [single] if single else []


def _arguments(record: dict[str, Any]) -> Any:
    return record.get("arguments", record.get("parameters", {}))


def _xml_arguments(text: str, end: str) -> Any:
    """The arguments within ``<function=NAME>``: parameter tags, or one JSON object; the text itself where it is cut."""
    parameters = _PARAMETER.findall(text)
    whole = end and len(parameters) == text.count("<parameter=")
    return dict(parameters) if parameters and whole else text


def _python(text: str, tool_names: Collection[str]) -> list[dict[str, Any]]:
    """Calls in Python's form, with literal keyword arguments only."""
    if not re.match(r"\[?\s*\w+(?:\.call)?\(", text):
        return []
    try:
        tree = ast.parse(text.strip(), mode="eval").body
        written = tree.elts if isinstance(tree, ast.List) else [tree]
        read = [_read_python(call) for call in written]
    except (SyntaxError, ValueError, TypeError, MemoryError, RecursionError):
        return []
    return [_call(name, args) for name, args in read] if all(name in tool_names for name, _ in read) else []


def _read_python(call: ast.expr) -> tuple[str, dict[str, Any]]:
    if not isinstance(call, ast.Call) or call.args:
        raise ValueError("no call with keyword arguments")
    function = call.func
    if isinstance(function, ast.Attribute) and function.attr == "call":
        function = function.value
    if not isinstance(function, ast.Name):
        raise ValueError("no plain name")
    return function.id, {str(word.arg): ast.literal_eval(word.value) for word in call.keywords}


def _call(name: str, args: Any) -> dict[str, Any]:
    return {"name": name, "args": arguments_or_mark(args), "id": call_id(), "type": "tool_call"}


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
        if self.tool_names and self._may_call(text):
            return ""
        cut = min((at for marker in MARKERS if (at := text.find(marker)) >= 0), default=len(text))
        text = text[:cut]
        for size in range(min(len(text), max(map(len, MARKERS))), 0, -1):
            if any(marker.startswith(text[-size:]) for marker in MARKERS):
                return text[:-size].rstrip()
        return text.rstrip()

    def _may_call(self, text: str) -> bool:
        """Whether the text is, or may become, a call without a tag."""
        if text.startswith(BARE) or any(begin.startswith(text) for begin in BARE):
            return True
        return any(
            f"{name}(".startswith(text) or text.startswith((f"{name}(", f"{name}."))
            for name in self.tool_names
        )


class Unthought:
    """A growing answer without the thoughts at its beginning, which some servers leave in it."""

    def __init__(self) -> None:
        self._held, self._begun = "", False

    def feed(self, piece: str) -> str:
        """Take a piece of the answer and return what is new to show."""
        if self._begun:
            return piece
        self._held += piece
        text = self._held.lstrip()
        if text.startswith("<think>"):
            self._held = text if "</think>" not in text else text.partition("</think>")[2].lstrip()
            return self._open() if "</think>" in text and self._held else ""
        return "" if "<think>".startswith(text) else self._open()

    def rest(self) -> str:
        """What remains to be shown once the answer is complete; thoughts without an end are none of it."""
        return "" if self._begun or self._held.startswith("<think>") else self._open()

    def _open(self) -> str:
        self._begun = True
        return self._held.lstrip()

"""JSON and JSON lines: records like the rows of a table, nested keys as paths."""

import json
from collections.abc import Iterator
from typing import Any

from knowledge.decode import decode
from knowledge.document import Block, Parts
from knowledge.errors import SourceError

SUFFIXES = (".json", ".jsonl", ".ndjson")


def load(raw: bytes, name: str) -> Parts:
    """Read JSON; each record of a list becomes a row.

    Raises:
        SourceError: it is no valid JSON.
    """
    text = decode(raw)
    try:
        if name.lower().endswith(".json"):
            value = json.loads(text)
        else:
            value = [json.loads(line) for line in text.split("\n") if line.strip()]
    except (ValueError, RecursionError) as error:
        raise SourceError(f"It is no valid JSON: {error}.", "Correct it and add it again.") from error
    try:
        return Parts("", list(_blocks(value, 1)))
    except RecursionError as error:
        raise SourceError("Its JSON is nested too deeply.", "Flatten it and add it again.") from error


def _blocks(value: Any, level: int) -> Iterator[Block]:
    if isinstance(value, dict):
        flat = {key: each for key, each in value.items() if not isinstance(each, dict | list)}
        if flat:
            yield Block("row", _flat(flat))
        for key, each in value.items():
            if isinstance(each, dict | list) and each:
                yield Block("heading", str(key), min(level, 6))
                yield from _blocks(each, level + 1)
    elif isinstance(value, list):
        for each in value:
            yield Block("row", _flat(each))
    else:
        yield Block("text", str(value))


def _flat(value: Any, prefix: str = "") -> str:
    if isinstance(value, dict):
        return " · ".join(
            filter(None, (_flat(each, f"{prefix} {key}".strip()) for key, each in value.items()))
        )
    if isinstance(value, list):
        return " · ".join(filter(None, (_flat(each, prefix) for each in value)))
    if value is None or value == "":
        return ""
    shown = "yes" if value is True else "no" if value is False else str(value)
    return f"{prefix}: {shown}" if prefix else shown

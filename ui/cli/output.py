"""What commands say: results on stdout and nothing else there; progress, notes and errors on stderr."""

import contextlib
import json
import os
import sys
import time
from collections.abc import Iterator
from typing import Any, TextIO


class Interrupted(Exception):
    """Ctrl-C, where there is more to say than that it was pressed."""


class Out:
    """Where a command's result goes.

    Args:
        stream: the real stdout.
        as_json: the caller asked for one JSON document.
    """

    def __init__(self, stream: TextIO, as_json: bool):
        self._stream, self.as_json = stream, as_json

    def write(self, text: str) -> None:
        """Text as it is, at once."""
        self._stream.write(text)
        self._stream.flush()

    def line(self, text: str = "") -> None:
        """Text that ends its line."""
        self.write(text if text.endswith("\n") else f"{text}\n")

    def document(self, value: Any) -> None:
        """A value as one line of JSON."""
        self.line(as_json(value))


def as_json(value: Any) -> str:
    """A value as JSON on one line; numbers that JSON does not know (NaN, infinity) become null."""
    try:
        return json.dumps(value, ensure_ascii=False, default=str, allow_nan=False)
    except ValueError:
        loose = json.loads(json.dumps(value, default=str), parse_constant=lambda _: None)
        return json.dumps(loose, ensure_ascii=False)


@contextlib.contextmanager
def only_results() -> Iterator[TextIO]:
    """Keep stdout for the result: whatever else prints in this block, in Python or below it, reaches stderr.

    Yields:
        The real stdout.
    """
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        with open(kept, "w", encoding="utf-8", errors="backslashreplace", closefd=False) as stream:
            yield stream
    finally:
        with contextlib.suppress(OSError):
            sys.stdout.flush()
        os.dup2(kept, 1)
        os.close(kept)


def note(text: str) -> None:
    """A line on stderr, for people."""
    with contextlib.suppress(OSError):
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()


class Running:
    """A line on stderr that tells how far something is: rewritten on a terminal, a line now and then elsewhere.

    Args:
        pause: seconds between two lines where stderr is not a terminal.
    """

    def __init__(self, pause: float = 5.0):
        self._live, self._pause = sys.stderr.isatty(), pause
        self._told, self._shown = time.monotonic(), False
        self._began = self._told

    def __enter__(self) -> "Running":
        return self

    def __exit__(self, *_: object) -> None:
        if self._shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()

    def tell(self, text: str) -> None:
        """Show how far it is."""
        if self._live:
            width = os.get_terminal_size(2).columns - 1
            sys.stderr.write(f"\r\x1b[K{text[:width]}")
            sys.stderr.flush()
            self._shown = True
        elif time.monotonic() - self._told >= self._pause:
            note(text)
            self._told = time.monotonic()

    def count(self, done: int, total: int, what: str) -> None:
        """The progress callback of the knowledge base; from the second item on with the time left."""
        passed = time.monotonic() - self._began
        left = f", about {_duration(passed / done * (total - done))} left" if 0 < done < total else ""
        self.tell(f"[{done}/{total}{left}] {what}")


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


def table(rows: list[dict[str, Any]], columns: dict[str, str], empty: str) -> str:
    """Rows as aligned columns.

    Args:
        rows: one dict a row.
        columns: key → heading.
        empty: what is said where there are no rows.
    """
    if not rows:
        return empty
    cells = [list(columns.values())] + [[plain(row.get(key)) for key in columns] for row in rows]
    widths = [max(len(line[at]) for line in cells) for at in range(len(columns))]
    lines = ["  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)) for line in cells]
    return "\n".join(line.rstrip() for line in lines)


def facts(values: dict[str, Any]) -> str:
    """Names and values as aligned lines; what is empty is left out."""
    known = {name: plain(value) for name, value in values.items() if value not in (None, "", [], {})}
    width = max(map(len, known), default=0)
    return "\n".join(f"{name.ljust(width)}  {value}" for name, value in known.items())


def plain(value: Any) -> str:
    """A value as people read it, on one line."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, dict):
        return ", ".join(f"{key} {plain(each)}" for key, each in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(plain(each) for each in value)
    return " ".join(str(value).split())


def duration(seconds: float | None) -> str:
    """Seconds as people say them."""
    if seconds is None:
        return ""
    whole = max(0, round(seconds))
    if whole < 90:
        return f"{whole} s"
    return (
        f"{whole // 60} min {whole % 60} s" if whole < 3600 else f"{whole // 3600} h {whole % 3600 // 60} min"
    )

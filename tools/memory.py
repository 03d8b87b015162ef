"""How much memory is free, and reading that stops before it is full: a file must never take its program down."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeVar

from tools.errors import BadData

Row = TypeVar("Row")
LOOKED = 1_000  # rows between two looks at the memory
SPARE = 250_000_000  # bytes that stay free


def free_memory() -> int:
    """Bytes that are free now, capped by a container's limit."""
    import psutil

    free = psutil.virtual_memory().available
    limit, used = _cgroup("memory.max"), _cgroup("memory.current")
    return min(free, limit - (used or 0)) if limit else free


def _cgroup(name: str) -> int | None:
    """A number of the container's control group (version 2), or None where there is no limit."""
    try:
        return int(Path("/sys/fs/cgroup", name).read_text())
    except (OSError, ValueError):
        return None


def held(rows: Iterable[Row], name: str) -> Iterator[Row]:
    """Rows that are kept as they come; about as much as they take is left free, as who keeps rows makes copies.

    Args:
        rows: of a file.
        name: the file's.

    Raises:
        BadData: they need more memory than that.
    """
    before = free_memory()
    for number, row in enumerate(rows, 1):
        if number % LOOKED == 0:
            free = free_memory()
            if free - SPARE < before - free:
                raise BadData(
                    f"{name} is too large for the memory of this machine: {number:,} rows take half of what was free.",
                    "Take a part of it, or a machine with more memory.",
                )
        yield row

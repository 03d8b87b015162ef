"""How much memory is free, and reading that stops before it is full: a file must never take its program down."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeVar

from tools.errors import BadData

Row = TypeVar("Row")
LOOKED = 1_000  # rows between two looks at the memory
SPARE = 250_000_000  # bytes that stay free
LITTLE = 100_000_000  # bytes of rows that are never what fills a memory
GROUP = Path("/sys/fs/cgroup")


def free_memory() -> int:
    """Bytes that are free now, capped by a container's limit; copies of files make room when others need it."""
    import psutil

    free = psutil.virtual_memory().available
    limit = _number(_group("memory.max"))
    return min(free, limit - _used()) if limit is not None else free


def own_memory() -> int:
    """Bytes of memory that this process holds."""
    import psutil

    return int(psutil.Process().memory_info().rss)


def _used() -> int:
    """Bytes of the container that stay in use: the kernel fills up the rest of its limit with copies of files."""
    told = dict(line.split(maxsplit=1) for line in _group("memory.stat").splitlines())
    files = sum(_number(told.get(name, "")) or 0 for name in ("active_file", "inactive_file"))
    return max(0, (_number(_group("memory.current")) or 0) - files)


def _group(name: str) -> str:
    """What a file of the container's control group (version 2) says; nothing where there is none."""
    try:
        return (GROUP / name).read_text()
    except OSError:
        return ""


def _number(text: str) -> int | None:
    """A number; None for anything else, as for ``max``, which is no limit."""
    return int(text) if text.strip().isdigit() else None


def held(rows: Iterable[Row], name: str) -> Iterator[Row]:
    """Rows that are kept as they come; about as much as they take is left free, as who keeps rows makes copies.

    Args:
        rows: of a file.
        name: the file's.

    Raises:
        BadData: they need more memory than that.
    """
    before = own_memory()
    for number, row in enumerate(rows, 1):
        if number % LOOKED == 0:
            taken = own_memory() - before  # others take memory too, but are no reason to refuse a file
            if taken > LITTLE and free_memory() - SPARE < taken:
                raise BadData(
                    f"{name} is too large for the memory of this machine: {number:,} rows take half of what was free.",
                    "Take a part of it, or a machine with more memory.",
                )
        yield row

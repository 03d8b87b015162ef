"""Glossary and rules: lines that take precedence over what documents say; see :mod:`knowledge.rules`."""

from knowledge.decode import decode
from knowledge.document import Block, Parts

SUFFIXES = (".rules",)


def load(raw: bytes, name: str) -> Parts:
    """Read the lines; empty ones and those that start with ``#`` are left out."""
    lines = [line.strip() for line in decode(raw).splitlines()]
    return Parts("", [Block("row", line) for line in lines if line and not line.startswith("#")])

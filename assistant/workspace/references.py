"""How a version of a model is named: ``router``, ``router@2``, ``router@production``.

The name alone means the version in production, or else the newest; ``latest`` always means the newest. ``router@new``
names no version: a training of that name makes the next one.
"""

import re
from dataclasses import dataclass

from tools.errors import BadArgument

PRODUCTION, LATEST, NEW = "production", "latest", "new"
_NUMBER = re.compile(r"v?(\d{1,9})")
_ALIAS = re.compile(r"[a-z][a-z0-9_-]{0,30}")


@dataclass(frozen=True)
class Reference:
    """A model's name, and which of its versions: a number, an alias, or None where that was left open."""

    name: str
    which: int | str | None = None

    def __str__(self) -> str:
        return self.name if self.which is None else f"{self.name}@{self.which}"


def read(text: str) -> Reference:
    """A reference as somebody wrote it; upper and lower case are alike."""
    name, at, which = text.strip().lower().partition("@")
    number = _NUMBER.fullmatch(which)
    return Reference(name, int(number[1]) if number else which if at else None)


def new_version_of(wish: str) -> str | None:
    """The name of which a training shall make a further version; None where the wish is a plain name."""
    wanted = read(wish)
    return wanted.name if wanted.which == NEW else None


def check_alias(alias: str) -> str:
    """An alias as it is stored.

    Raises:
        BadArgument: it cannot be one.
    """
    alias = alias.strip().lower()
    if not _ALIAS.fullmatch(alias) or alias in (LATEST, NEW) or _NUMBER.fullmatch(alias):
        raise BadArgument(
            f"{alias!r} cannot be an alias.",
            "Use up to 31 letters, digits, dashes and underscores, beginning with a letter; "
            f"{LATEST} and {NEW} have a meaning of their own.",
            param="alias",
        )
    return alias

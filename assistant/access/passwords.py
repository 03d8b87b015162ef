"""Passwords: how they are stored and checked (argon2id, with the settings of RFC 9106 for little memory)."""

from functools import cache
from typing import TYPE_CHECKING

from assistant.errors import BadRequest

if TYPE_CHECKING:
    from argon2 import PasswordHasher

SHORTEST, LONGEST = 12, 1_000  # characters


@cache
def _hasher() -> "PasswordHasher":
    from argon2 import PasswordHasher
    from argon2.profiles import RFC_9106_LOW_MEMORY

    return PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)


@cache
def _nobodys() -> str:
    """A hash that no password fits, to be checked where there is none."""
    import secrets

    return _hasher().hash(secrets.token_urlsafe(32))


def hashed(password: str) -> str:
    """What is stored of a password.

    Raises:
        BadRequest: it is too short or too long.
    """
    if not SHORTEST <= len(password) <= LONGEST:
        raise BadRequest(
            f"A password needs {SHORTEST} characters or more, and {LONGEST:,} at most.",
            "Take some words that do not belong together.",
            param="password",
        )
    return _hasher().hash(password.encode("utf-8", "surrogatepass"))


def fits(stored: str | None, password: str) -> bool:
    """Whether a password is the one that was stored; it takes as long where none was."""
    from argon2.exceptions import InvalidHashError, VerificationError

    if len(password) > LONGEST:
        return False
    try:
        _hasher().verify(stored or _nobodys(), password.encode("utf-8", "surrogatepass"))
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None


def outdated(stored: str) -> bool:
    """Whether the settings have become stricter since this was stored."""
    return _hasher().check_needs_rehash(stored)

"""Secrets: how they are made, and the only form in which they are stored."""

import hashlib
import secrets
from datetime import UTC, datetime, timedelta


def new_token(prefix: str = "") -> str:
    """A secret of 256 random bits in URL-safe characters."""
    return prefix + secrets.token_urlsafe(32)


def fingerprint(token: str) -> str:
    """What is stored of a secret. Plain SHA-256 will do: 256 random bits cannot be guessed, slow hash or not."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def in_future(**span: float) -> str:
    """A later moment as the tables store it, for example ``in_future(hours=1)``."""
    return (datetime.now(UTC) + timedelta(**span)).isoformat(timespec="milliseconds")

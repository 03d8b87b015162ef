"""Secrets: how they are made, and the only form in which they are stored."""

import hashlib
import os
import secrets
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path


def new_token(prefix: str = "") -> str:
    """A secret of 256 random bits in URL-safe characters."""
    return prefix + secrets.token_urlsafe(32)


def fingerprint(token: str) -> str:
    """What is stored of a secret. Plain SHA-256 will do: 256 random bits cannot be guessed, slow hash or not."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def in_future(**span: float) -> str:
    """A later moment as the tables store it, for example ``in_future(hours=1)``."""
    return (datetime.now(UTC) + timedelta(**span)).isoformat(timespec="milliseconds")


def kept_secret(path: Path) -> bytes:
    """32 random bytes that lie in a file, made by whichever process comes first and read by nobody else's account."""
    with suppress(FileExistsError):
        temporary = path.with_suffix(f".{os.getpid()}-{secrets.token_hex(4)}")
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secrets.token_bytes(32))
        try:
            os.link(temporary, path)  # fails where another was quicker, and never shows a half-written file
        finally:
            temporary.unlink()
    return path.read_bytes()

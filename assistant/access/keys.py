"""API keys: secret ones (``sk-…``) for programs, publishable ones (``pk_…``) for the widget on given origins."""

import secrets
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import select

from assistant.access.principal import OWNER_ID, Principal
from assistant.access.roles import check_role, lower_of
from assistant.access.tokens import fingerprint, new_token
from assistant.errors import BadRequest, Missing, Unauthenticated
from assistant.store.database import Database
from assistant.store.schema import keys, now, users


class KeyStore:
    """API keys.

    Args:
        database: where the rows are.
    """

    def __init__(self, database: Database):
        self._database = database

    def create(
        self,
        role: str = "member",
        origins: Iterable[str] = (),
        user_id: str = OWNER_ID,
        widget: bool = False,
    ) -> dict[str, Any]:
        """Make a key. The secret is in the result and nowhere else.

        Args:
            role: admin, member or viewer; a widget key is always a visitor's.
            origins: for a widget key, the pages it answers, for example ``https://shop.example``.
            user_id: whose threads and files it reaches.
            widget: make a publishable key.

        Returns:
            ``{"id", "secret", "role", "origins"}``.

        Raises:
            BadRequest: the role or an origin cannot be used.
        """
        pages = list(dict.fromkeys(check_origin(each) for each in origins))
        if widget and not pages:
            raise BadRequest(
                "A widget key needs an origin.", "Add --origin https://your.site.", param="origins"
            )
        if pages and not widget:
            raise BadRequest(
                "Only a widget key has origins.", "Add --widget, or leave --origin out.", "origins"
            )
        role = "visitor" if widget else check_role(role)
        secret = new_token("pk_" if widget else "sk-")
        key_id = f"key-{secrets.token_hex(6)}"
        row: dict[str, Any] = {
            "id": key_id,
            "secret_hash": fingerprint(secret),
            "hint": f"{secret[:7]}…",
            "role": role,
        }
        row |= {"origins": pages, "user_id": user_id, "created_at": now()}
        self._database.run(keys.insert().values(**row))
        return {"id": key_id, "secret": secret, "role": role, "origins": pages}

    def list(self) -> list[dict[str, Any]]:
        """All keys without their secrets, newest first."""
        query = select(keys).order_by(keys.c.created_at.desc(), keys.c.id)
        return [{**_public(row), "revoked_at": row["revoked_at"]} for row in self._database.rows(query)]

    def revoke(self, key_id: str) -> dict[str, Any]:
        """Make a key useless from now on; doing so twice changes nothing.

        Raises:
            Missing: no such key.
        """
        row = self._database.row(select(keys).where(keys.c.id == key_id))
        if row is None:
            raise Missing(f"There is no key {key_id}.", "List them: assistant keys list.", param="key")
        live = (keys.c.id == key_id, keys.c.revoked_at.is_(None))
        self._database.run(keys.update().where(*live).values(revoked_at=now()))
        return next(each for each in self.list() if each["id"] == key_id)

    def authenticate(self, secret: str) -> Principal:
        """Whose key this is. A key never may do more than its user; a removed user's keys are dead.

        Raises:
            Unauthenticated: unknown or revoked.
        """
        live = (keys.c.secret_hash == fingerprint(secret), keys.c.revoked_at.is_(None))
        row = self._database.row(select(keys).where(*live))
        if row is None:
            raise Unauthenticated("This API key is not known.", "Make one: assistant keys create.")
        if row["role"] == "visitor":
            return Principal(f"visitor-{row['id']}", "visitor", "visitor", row["id"], tuple(row["origins"]))
        if row["user_id"] == OWNER_ID:
            return Principal(OWNER_ID, OWNER_ID, row["role"], row["id"])
        user = self._database.row(select(users).where(users.c.id == row["user_id"]))
        if user is None:
            raise Unauthenticated("This API key's user is gone.", "Make another: assistant keys create.")
        return Principal(user["id"], user["name"], lower_of(user["role"], row["role"]), row["id"])


def check_origin(origin: str) -> str:
    """An origin as browsers send it: scheme, host, and the port where it is not the usual one.

    Raises:
        BadRequest: it is not an origin.
    """
    wrong = BadRequest(
        f"{origin!r} is not an origin.", "Give scheme and host, for example https://shop.example.", "origins"
    )
    try:
        parts = urlsplit(origin.strip())
        port = parts.port
    except ValueError:
        raise wrong from None
    odd = parts.path not in ("", "/") or parts.query or parts.fragment or "@" in parts.netloc
    host = parts.hostname or ""
    if parts.scheme not in ("http", "https") or odd or not host or any(c in host for c in " *;,'\"\\"):
        raise wrong
    host = f"[{host}]" if ":" in host else host
    usual = {"http": 80, "https": 443}[parts.scheme]
    return f"{parts.scheme}://{host}" + (f":{port}" if port not in (None, usual) else "")


def _public(row: dict[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in ("id", "hint", "role", "origins", "user_id", "created_at")}

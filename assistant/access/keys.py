"""API keys: secret ones (``sk-…``) for programs, publishable ones (``pk_…``) for the widget on given origins."""

import secrets
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import select

from assistant.access.audit import record
from assistant.access.principal import OWNER_ID, Principal
from assistant.access.roles import check_role, lower_of
from assistant.access.tokens import fingerprint, in_future, new_token
from assistant.errors import BadRequest, Missing, Unauthenticated
from assistant.store.database import Database
from assistant.store.known import Known
from assistant.store.schema import keys, now, users

# Parts of the API that a key can be narrowed to: the first word of a route's path after /v1/, and /mcp.
SCOPES = (
    "artifacts",
    "audit",
    "chat",
    "classify",
    "conversations",
    "embeddings",
    "explain",
    "files",
    "fine_tuning",
    "knowledge",
    "mcp",
    "models",
    "redact",
    "registry",
    "widget",
)
MOST_DAYS = 3_650
Found = tuple[dict[str, Any], dict[str, Any] | None]  # a key, and whose it is


class KeyStore:
    """API keys.

    Args:
        database: where the rows are.
    """

    def __init__(self, database: Database):
        self._database = database
        self._known: Known[str, Found] = Known(database.stamp, self._look)

    def create(
        self,
        role: str = "member",
        origins: Iterable[str] = (),
        user_id: str | None = OWNER_ID,
        widget: bool = False,
        scopes: Iterable[str] = (),
        days: float | None = None,
        made_by: str | None = OWNER_ID,
    ) -> dict[str, Any]:
        """Make a key. The secret is in the result and nowhere else.

        Args:
            role: admin, member or viewer; a widget key is always a visitor's.
            origins: for a widget key, the pages it answers, for example ``https://shop.example``.
            user_id: whose threads and files it reaches; with None it has its own, and nobody else's.
            widget: make a publishable key.
            scopes: parts of the API (:data:`SCOPES`) that the key is narrowed to; all where left out.
            days: after how many days it is worth nothing; never where left out.
            made_by: the user who makes it.

        Returns:
            ``{"id", "secret", "role", "origins"}``, with ``scopes`` and ``expires_at`` where it has them.

        Raises:
            BadRequest: the role, an origin, a scope or the days cannot be used.
        """
        narrowed = check_scopes(scopes, widget)
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
        user_id = user_id or key_id
        row |= {"origins": pages, "user_id": user_id, "created_at": now()}
        row |= {"scopes": narrowed, "expires_at": check_days(days), "made_by": made_by}
        with self._database.begin() as connection:
            connection.execute(keys.insert().values(**row))
            record(connection, "key created", key_id, role=role, origins=pages or None, user=user_id)
        limits = {name: row[name] for name in ("scopes", "expires_at") if row[name]}
        return {"id": key_id, "secret": secret, "role": role, "origins": pages, **limits}

    def list(self) -> list[dict[str, Any]]:
        """All keys without their secrets, newest first."""
        query = select(keys).order_by(keys.c.created_at.desc(), keys.c.id)
        return [{**_public(row), "revoked_at": row["revoked_at"]} for row in self._database.rows(query)]

    def left_by(self, user_id: str) -> Sequence[dict[str, Any]]:
        """The keys that a user has made for others or for programs, and that open doors when the user is gone."""
        return [
            row
            for row in self.list()
            if row["made_by"] == user_id != row["user_id"] and not row["revoked_at"] and not _expired(row)
        ]

    def revoke(self, key_id: str) -> dict[str, Any]:
        """Make a key useless from now on; doing so twice changes nothing.

        Raises:
            Missing: no such key.
        """
        row = self._database.row(select(keys).where(keys.c.id == key_id))
        if row is None:
            raise Missing(f"There is no key {key_id}.", "List them: assistant keys list.", param="key")
        live = (keys.c.id == key_id, keys.c.revoked_at.is_(None))
        with self._database.begin() as connection:
            if connection.execute(keys.update().where(*live).values(revoked_at=now())).rowcount:
                record(connection, "key revoked", key_id)
        return next(each for each in self.list() if each["id"] == key_id)

    def set_origins(self, key_id: str, origins: Iterable[str]) -> dict[str, Any]:
        """Let a widget key answer other pages from now on.

        Raises:
            Missing: there is no such widget key.
            BadRequest: no origin, or one that cannot be used.
        """
        pages = list(dict.fromkeys(check_origin(each) for each in origins))
        if not pages:
            raise BadRequest("A widget key needs an origin.", "Give one: https://your.site.", param="origins")
        widget = (keys.c.id == key_id, keys.c.role == "visitor", keys.c.revoked_at.is_(None))
        with self._database.begin() as connection:
            if not connection.execute(keys.update().where(*widget).values(origins=pages)).rowcount:
                raise Missing(f"There is no widget key {key_id}.", "List them: assistant keys list.", "key")
            record(connection, "key changed", key_id, origins=", ".join(pages))
        return next(each for each in self.list() if each["id"] == key_id)

    def authenticate(self, secret: str) -> Principal:
        """Whose key this is. A key never may do more than its user; a removed user's keys are dead.

        Raises:
            Unauthenticated: unknown, revoked or expired.
        """
        return _principal(*self._known.get(fingerprint(secret)))

    def recall(self, secret: str) -> Principal | None:
        """As :meth:`authenticate` without asking the database; None where it must be asked.

        Raises:
            Unauthenticated: the key has expired meanwhile.
        """
        found = self._known.find(fingerprint(secret))
        return _principal(*found) if found else None

    def _look(self, secret_hash: str) -> Found:
        """A live key's row, and its user's."""
        live = (keys.c.secret_hash == secret_hash, keys.c.revoked_at.is_(None))
        row = self._database.row(select(keys).where(*live))
        if row is None:
            raise Unauthenticated("This API key is not known.", "Make one: assistant keys create.")
        return row, self._database.row(select(users).where(users.c.id == row["user_id"]))


def _principal(row: dict[str, Any], user: dict[str, Any] | None) -> Principal:
    """See :meth:`KeyStore.authenticate`."""
    if _expired(row):
        raise Unauthenticated("This API key has expired.", "Make another: assistant keys create.")
    scopes = tuple(row["scopes"] or ())
    if row["role"] == "visitor":
        return Principal(f"visitor-{row['id']}", "visitor", "visitor", row["id"], tuple(row["origins"]))
    if row["user_id"] in (OWNER_ID, row["id"]):
        return Principal(row["user_id"], row["user_id"], row["role"], row["id"], scopes=scopes)
    if user is None:
        raise Unauthenticated("This API key's user is gone.", "Make another: assistant keys create.")
    role = lower_of(user["role"], row["role"])
    return Principal(user["id"], user["name"], role, row["id"], scopes=scopes)


def _expired(row: dict[str, Any]) -> bool:
    return bool(row["expires_at"]) and row["expires_at"] <= now()


def check_scopes(scopes: Iterable[str], widget: bool = False) -> list[str]:
    """Scopes as they are stored.

    Raises:
        BadRequest: there is no such scope, or a widget key is to have some.
    """
    wanted = list(dict.fromkeys(scopes))
    for scope in wanted:
        if scope not in SCOPES:
            raise BadRequest(f"There is no scope {scope}.", f"Use {', '.join(SCOPES)}.", param="scope")
    if wanted and widget:
        raise BadRequest("A widget key reaches knowledge answers alone.", "Leave --scope out.", "scope")
    return wanted


def check_days(days: float | None) -> str | None:
    """The moment at which a key expires, as it is stored.

    Raises:
        BadRequest: the time is none.
    """
    if days is None:
        return None
    if not 0 < days <= MOST_DAYS:
        raise BadRequest(f"A key cannot live for {days:g} days.", f"Use 1 to {MOST_DAYS:,}.", param="days")
    return in_future(days=days)


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
    shown = ("id", "hint", "role", "origins", "scopes", "user_id", "made_by", "created_at", "expires_at")
    return {name: row[name] for name in shown}

"""Visitors of a page with the widget: a short-lived signed token each, so that no cookie is needed."""

import base64
import binascii
import hashlib
import hmac
import json
import secrets
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from assistant.access.principal import Principal
from assistant.access.tokens import kept_secret
from assistant.application import Application
from assistant.errors import Unauthenticated
from assistant.home import Home

LIFE = 2 * 3600  # seconds; every answer brings a fresh token
SECRET = "visitors.key"


@dataclass(frozen=True)
class Visit:
    """One visitor's visit: the widget key in use, a random id, the page's origin where it was told, and who it is.

    ``person`` is the id by which the site has identified its visitor; their visits share one ``visitor``.
    """

    key_id: str
    visitor: str
    origin: str = ""
    person: str = ""

    @classmethod
    def begin(cls, key_id: str, origin: str = "") -> "Visit":
        """A new visitor."""
        return cls(key_id, secrets.token_urlsafe(12), origin)


class VisitorTokens:
    """Signs and checks visitors' tokens with a secret that lies in the home.

    Args:
        home: the home folder.
    """

    def __init__(self, home: Home):
        self._secret = kept_secret(home.folder("") / SECRET)

    def sign(self, visit: Visit, life: float = LIFE) -> str:
        """A token for this visit, good for ``life`` seconds."""
        fields = [visit.key_id, visit.visitor, visit.origin, visit.person, int(time.time() + life)]
        payload = _pack(json.dumps(fields).encode())
        return f"{payload}.{_pack(self._mac(payload))}"

    def read(self, token: str) -> Visit:
        """The visit behind a token.

        Raises:
            Unauthenticated: it is forged or too old.
        """
        payload, _, mac = token.partition(".")
        # The mark is compared as it was sent: a second spelling of the same bytes is no token of ours.
        genuine = hmac.compare_digest(mac.encode("utf-8", "replace"), _pack(self._mac(payload)).encode())
        with suppress(ValueError, binascii.Error):
            *fields, until = json.loads(_unpack(payload)) if genuine else [0]
            if until > time.time() and len(fields) == 4:
                return Visit(*fields)
        raise Unauthenticated("This chat has been idle for too long.", "Open it again to go on.")

    def known(self, visit: Visit, person: str) -> Visit:
        """The visit of somebody whom the site has identified: their conversations are theirs alone, on every visit."""
        mark = hmac.new(self._secret, f"person {visit.key_id} {person}".encode(), hashlib.sha256)
        return Visit(visit.key_id, f"p-{mark.hexdigest()[:24]}", visit.origin, person)

    def identity_secret(self, key_id: str) -> str:
        """What a site signs with to say who its visitor is (see :mod:`assistant.api.identity`); one for each key."""
        return hmac.new(self._secret, f"identify {key_id}".encode(), hashlib.sha256).hexdigest()

    def _mac(self, payload: str) -> bytes:
        return hmac.new(self._secret, payload.encode("utf-8", "replace"), hashlib.sha256).digest()


def visitor_of(app: Application, visit: Visit) -> Principal:
    """The visitor as a caller, while their widget key lives.

    Raises:
        Unauthenticated: the key has been revoked.
    """
    row = widget_key(app, visit.key_id)
    return Principal(
        f"visitor-{visit.visitor}", "visitor", "visitor", visit.key_id, tuple(row["origins"] or ())
    )


def widget_key(app: Application, key_id: str) -> dict[str, Any]:
    """A live widget key's row.

    Raises:
        Unauthenticated: there is none.
    """
    for row in app.keys.list():
        if row["id"] == key_id and row["role"] == "visitor" and not row["revoked_at"]:
            return row
    raise Unauthenticated("This widget is not in service any more.", "Ask the site's owner for a new key.")


def live_origins(app: Application) -> set[str]:
    """All pages that some live widget key answers."""
    rows = (row for row in app.keys.list() if row["role"] == "visitor" and not row["revoked_at"])
    return {origin for row in rows for origin in row["origins"] or ()}


def _pack(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _unpack(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))

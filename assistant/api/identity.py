"""Who a visitor is, by the word of the site: signed on its server with the widget key's secret, and good for minutes.

Either an HMAC-SHA256 over the visitor's id and the time, or a JSON Web Token (RFC 7519) signed with HS256.
"""

import hashlib
import hmac
import re
import time

from assistant.errors import Unauthenticated

MINUTES = 10  # a signature is good for
LATER = 60.0  # seconds that the site's clock may go before ours
LONGEST_TOKEN = 60 * 60  # seconds of life a token may claim
ID = re.compile(r"[^\s\x00-\x1f]{1,128}")


def identified(secret: str, person: str, at: int, signature: str) -> str:
    """The visitor's id, signed as ``HMAC-SHA256(secret, f"{id}.{time}")`` in hexadecimal digits.

    Args:
        secret: the widget key's (see :meth:`assistant.api.visitors.VisitorTokens.identity_secret`).
        person: the id the site has for its visitor.
        at: when it was signed, in seconds since the epoch.
        signature: the HMAC.

    Raises:
        Unauthenticated: it is forged, or too old.
    """
    made = hmac.new(secret.encode(), f"{person}.{at}".encode("utf-8", "replace"), hashlib.sha256).hexdigest()
    genuine = hmac.compare_digest(made.encode(), signature.lower().encode("utf-8", "replace"))
    if not genuine or not ID.fullmatch(person):
        raise _forged()
    if not -LATER <= time.time() - at <= MINUTES * 60:
        raise _old()
    return person


def identified_by_token(secret: str, token: str) -> str:
    """The visitor's id out of a JSON Web Token: its ``sub``; it must have an ``exp`` within the hour.

    Raises:
        Unauthenticated: it is forged, too old, or good for too long.
    """
    from joserfc import jwt
    from joserfc.errors import JoseError
    from joserfc.jwk import OctKey

    try:
        claims = jwt.decode(token, OctKey.import_key(secret), algorithms=["HS256"]).claims
    except (JoseError, ValueError) as error:
        raise _forged() from error
    person, until = str(claims.get("sub") or ""), claims.get("exp")
    if not ID.fullmatch(person):
        raise _forged()
    if not isinstance(until, int | float) or not 0 < until - time.time() <= LONGEST_TOKEN:
        raise _old()
    return person


def _forged() -> Unauthenticated:
    return Unauthenticated(
        "This visitor's identity is not signed as it should be.",
        "Sign id and time on your server with the key's secret (docs/widget.md).",
    )


def _old() -> Unauthenticated:
    return Unauthenticated(
        "This visitor's identity was signed too long ago, or for too long.",
        f"Sign it when the page is made: it is good for {MINUTES} minutes.",
    )

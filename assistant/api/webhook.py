"""News for the team's other programs, such as a hand-off: posted to an address, signed, in the background."""

import hashlib
import hmac
import json
import threading
from typing import Any

from assistant.logs import log

PATIENCE = 10.0  # seconds
TRIES = 3
SIGNATURE = "X-Signature-256"


def post(address: str, secret: str, event: str, content: dict[str, Any]) -> None:
    """Post JSON in the background; it is tried again where the other side is away, and then given up with a log line.

    Args:
        address: where to.
        secret: signs the body (HMAC-SHA256, ``sha256=…`` in :data:`SIGNATURE`, as GitHub's webhooks do); may be empty.
        event: what has happened.
        content: more about it.
    """
    body = json.dumps({"event": event, **content}, ensure_ascii=False).encode()
    headers = {"Content-Type": "application/json"}
    if secret:
        headers[SIGNATURE] = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    threading.Thread(target=_deliver, args=(address, body, headers), name="webhook", daemon=True).start()


def _deliver(address: str, body: bytes, headers: dict[str, str]) -> None:
    import time

    import httpx

    for attempt in range(TRIES):
        try:
            httpx.post(address, content=body, headers=headers, timeout=PATIENCE).raise_for_status()
            return
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            log().warning("webhook failed", attempt=attempt + 1, error=type(error).__name__)
            time.sleep(2**attempt)
    log().error("webhook given up")

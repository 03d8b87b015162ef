"""What wraps every request: an id, counters, security headers, and one shape for what breaks."""

import asyncio
import re
import secrets
import time

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.api.errors import respond
from assistant.api.metrics import Metrics
from assistant.logs import log

REQUEST_ID = re.compile(r"[\w.:-]{1,128}", re.ASCII)
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
TOO_LARGE = bytes(respond("The request is larger than is accepted here.", 413, "too_large").body)
BROKEN = "Something broke on our side. Try again; the log has the details under this request's id."
TOO_LATE = "There was no answer in time. Try again, or ask for less at once."
GOING = "This server is going down before the answer is there. Try again in a moment."
AGAIN = {"Retry-After": "5"}  # seconds until another server, or this one again, is there
SECURITY = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), payment=(), usb=()",
}
# For a browser that has once been here over TLS.
TRANSPORT = {"Strict-Transport-Security": "max-age=31536000"}
# Of pages that say nothing themselves, the chat page above all: Gradio needs its inline scripts, but nothing is fetched
# from elsewhere, whatever a model says.
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "worker-src 'self' blob:; img-src 'self' data: blob:; media-src 'self' data: blob:; font-src 'self' data:; "
    "connect-src 'self'; object-src 'none'; base-uri 'self'; form-action 'self'; frame-src 'self'; "
    "frame-ancestors 'self'"
)

NOWHERE = respond("There is nothing at this address.", 404, "not_found")


class Envelope:
    """The outermost layer of the server.

    It gives each request an id (the caller's own ``X-Request-Id`` where it sent a sane one), which the answer and the
    log lines carry; counts and times it under its route's template; adds the security headers; and answers what nobody
    caught with a 500, what took too long with a 504, and what the server's end cuts off with a 503, in the common error
    shape.

    Args:
        app: the application inside.
        metrics: where to count.
        seconds: after which a request of the API is given up that nothing has been answered to.
        secure: browsers reach the server over TLS, and are to come no other way.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics, seconds: float, secure: bool = False):
        self._app, self._metrics, self._seconds = app, metrics, seconds
        self._security = SECURITY | (TRANSPORT if secure else {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Wrap one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _request_id(scope)
        scope.setdefault("state", {})["request_id"] = request_id
        structlog.contextvars.bind_contextvars(request=request_id)
        status, plain, began = 0, False, time.perf_counter()
        limit = asyncio.timeout(self._seconds if _has_limit(scope) else None)

        async def send_on(message: Message) -> None:
            nonlocal status, plain
            if message["type"] == "http.response.start":
                status, plain = message["status"], _is_plain_413(message)
                if plain:
                    _as_json(message)
                told = {"X-Request-Id": request_id, **scope["state"].get("limits", {})}
                _add_headers(message, told, self._security)
            elif plain:
                message = {**message, "body": TOO_LARGE}
            await send(message)

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start" and not limit.expired():
                limit.reschedule(None)  # the rest may take its time
            await send_on(message)

        self._metrics.running.inc()
        try:
            async with limit:
                await (NOWHERE if _holds_nul(scope) else self._app)(scope, receive, answer)
        except Exception as error:
            late = isinstance(error, TimeoutError) and limit.expired()
            log().error("request given up" if late else "request failed", path=scope["path"], exc_info=error)
            if not status:
                told = respond(TOO_LATE, 504, "timeout") if late else respond(BROKEN, 500, "internal_error")
                await told(scope, receive, send_on)
        except asyncio.CancelledError:  # the server was told to stop, and waits no longer
            if not status:
                await respond(GOING, 503, "going_down", headers=AGAIN)(scope, receive, send_on)
            raise
        finally:
            self._metrics.running.dec()
            self._count(scope, status, time.perf_counter() - began)
            structlog.contextvars.unbind_contextvars("request")

    def _count(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "other")
        method = scope["method"] if scope["method"] in METHODS else "other"
        self._metrics.requests.labels(method, route, str(status or 499)).inc()
        self._metrics.seconds.labels(method, route).observe(seconds)


def _has_limit(scope: Scope) -> bool:
    """Whether the answer to a request may be given up: an upload takes as long as its line is slow."""
    path = str(scope["path"])
    return path.startswith("/v1/") and not (path.startswith("/v1/files") and scope["method"] == "POST")


def _holds_nul(scope: Scope) -> bool:
    """Whether the address holds NUL, which no id or name has and PostgreSQL takes in no text."""
    return "\0" in scope["path"] or b"%00" in scope.get("query_string", b"")


def _is_plain_413(message: Message) -> bool:
    """Whether this is the answer of the framework's own limit on bodies, which is a plain text."""
    kind = MutableHeaders(scope=message).get("content-type", "")
    return message["status"] == 413 and kind.startswith("text/plain")


def _as_json(message: Message) -> None:
    headers = MutableHeaders(scope=message)
    headers["Content-Type"], headers["Content-Length"] = "application/json", str(len(TOO_LARGE))


def _request_id(scope: Scope) -> str:
    sent = Headers(scope=scope).get("x-request-id", "")
    return sent if REQUEST_ID.fullmatch(sent) else f"req-{secrets.token_hex(12)}"


def _add_headers(message: Message, told: dict[str, str], security: dict[str, str]) -> None:
    headers = MutableHeaders(scope=message)
    headers.update(told)
    for name, value in security.items():
        headers.setdefault(name, value)
    # A page that has not said who may frame it is framed by nobody but ourselves.
    if "frame-ancestors" not in (said := headers.get("content-security-policy", "")):
        headers.append("Content-Security-Policy", "frame-ancestors 'self'" if said else POLICY)
        headers.setdefault("X-Frame-Options", "SAMEORIGIN")

"""Answers to pages of other origins: only those a live widget key was made for, and only where such a key is of use."""

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.api.visitors import live_origins
from assistant.application import Application

PATHS = ("/v1/knowledge/ask", "/v1/widget/")


class WidgetOrigins:
    """Lets browsers on the pages of widget keys read what those keys may ask.

    Args:
        app: the application inside.
        application: whose keys count.
    """

    def __init__(self, app: ASGIApp, application: Application):
        self._app, self._application = app, application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a preflight, or pass the request on and mark its answer."""
        headers = Headers(scope=scope) if scope["type"] == "http" else {}
        origin = headers.get("origin")
        if not origin or not scope["path"].startswith(PATHS):
            await self._app(scope, receive, send)
            return
        known = origin.lower() in await run_in_threadpool(live_origins, self._application)
        if scope["method"] == "OPTIONS" and "access-control-request-method" in headers:
            response = Response(status_code=204 if known else 403)
            _add(response.headers, origin if known else None, preflight=True)
            await response(scope, receive, send)
            return

        async def send_on(message: Message) -> None:
            if message["type"] == "http.response.start":
                _add(MutableHeaders(scope=message), origin if known else None)
            await send(message)

        await self._app(scope, receive, send_on)


def _add(headers: MutableHeaders, origin: str | None, preflight: bool = False) -> None:
    headers.add_vary_header("Origin")
    if origin is None:
        return
    headers["Access-Control-Allow-Origin"] = origin
    headers["Access-Control-Expose-Headers"] = "Retry-After, X-Request-Id"
    if preflight:
        headers["Access-Control-Allow-Methods"] = "GET, POST"
        headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type"
        headers["Access-Control-Max-Age"] = "600"

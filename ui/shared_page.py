"""One chat page behind several server processes.

Gradio keeps a page's running events in the memory of one process. So where several processes share a port, one of them
serves the page on a loopback port of its own and all of them forward the page's requests there. If that one dies,
another takes over.
"""

import contextlib
import socket
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import JSONResponse, StreamingResponse
from starlette.types import Receive, Scope, Send

from assistant.home import exclusive
from ui.languages import listen, say

if TYPE_CHECKING:
    import httpx
    from fastapi import FastAPI

HOP_BY_HOP = {
    b"connection",
    b"keep-alive",
    b"transfer-encoding",
    b"upgrade",
    b"te",
    b"trailer",
}  # RFC 9110, 7.6.1


def hold(lock: Path, make_page: Callable[[], "FastAPI"], options: dict[str, Any]) -> None:
    """Serve the page from this process as soon as no other does, in the background.

    Args:
        lock: held by the process that serves the page; holds its address.
        make_page: builds the page when it is this process's turn.
        options: uvicorn's.
    """
    threading.Thread(target=_hold, args=(lock, make_page, options), name="chat page", daemon=True).start()


def _hold(lock: Path, make_page: Callable[[], "FastAPI"], options: dict[str, Any]) -> None:
    import uvicorn

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{listener.getsockname()[1]}"
        with exclusive(lock, address, wait=True):
            uvicorn.Server(uvicorn.Config(make_page(), **options)).run(sockets=[listener])


class Forward:
    """An ASGI application that passes every request on to the process that serves the page.

    Args:
        lock: see :func:`hold`.
    """

    def __init__(self, lock: Path):
        self._lock = lock
        self._client: httpx.AsyncClient | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on; the Host header stays, so that the page's own links are right."""
        import httpx

        if scope["type"] != "http":
            return
        if self._client is None:
            self._client = httpx.AsyncClient(timeout=None, trust_env=False)  # nosec B113
        request = Request(scope, receive)
        try:
            url = f"http://{self._lock.read_text()}{request.url.path}"
            passed = self._client.build_request(
                request.method,
                httpx.URL(url, query=scope["query_string"]),
                headers=[pair for pair in request.headers.raw if pair[0] not in HOP_BY_HOP],
                content=_body(request),
            )
            answer = await self._client.send(passed, stream=True)
        except (OSError, httpx.HTTPError, httpx.InvalidURL):
            listen(request.headers)
            told = say("The chat page is starting. Reload in a moment.")
            busy = {"error": {"message": told, "type": "server_error"}}
            await JSONResponse(busy, 503, {"Retry-After": "2"})(scope, receive, send)
            return
        back = StreamingResponse(
            answer.aiter_raw(), answer.status_code, background=BackgroundTask(answer.aclose)
        )
        back.raw_headers = [pair for pair in answer.headers.raw if pair[0].lower() not in HOP_BY_HOP]
        with contextlib.suppress(httpx.HTTPError):  # the page's process died in the middle of an answer
            await back(scope, receive, send)


async def _body(request: Request) -> AsyncIterator[bytes]:
    async for piece in request.stream():
        yield piece

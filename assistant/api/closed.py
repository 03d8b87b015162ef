"""What the API answers where it has nothing: its own 404 or 405, not those of the page that is mounted behind it."""

from collections.abc import Sequence

from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Match
from starlette.types import Message, Receive, Scope, Send

PREFIX = "/v1/"
METHODS = ("DELETE", "GET", "PATCH", "POST", "PUT")


class Closed(BaseRoute):
    """The last of the API's routes: all that is left under ``/v1``, and known addresses called by another method.

    ``HEAD`` is answered as ``GET`` is, without the body.

    Args:
        before: the routes that were asked first.
    """

    def __init__(self, before: Sequence[BaseRoute]):
        self._before = list(before)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """See :class:`starlette.routing.BaseRoute`."""
        ours = scope["type"] == "http" and (scope["path"].startswith(PREFIX) or self._known(scope))
        return (Match.FULL if ours else Match.NONE), {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a ``HEAD`` or refuse; the API's handler puts it in OpenAI's shape."""
        allowed = [method for method in METHODS if self._takes(method, scope)]
        if not allowed:
            raise HTTPException(404)
        if scope["method"] != "HEAD" or "GET" not in allowed:
            raise HTTPException(405, headers={"Allow": ", ".join([*allowed, *["HEAD"] * ("GET" in allowed)])})
        as_get = {**scope, "method": "GET"}

        async def send_on(message: Message) -> None:
            await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

        await scope["router"](as_get, receive, send_on)
        scope["route"] = as_get.get("route")  # what it is counted under

    def _takes(self, method: str, scope: Scope) -> bool:
        asked = {**scope, "method": method}
        return any(route.matches(dict(asked))[0] is Match.FULL for route in self._before)

    def _known(self, scope: Scope) -> bool:
        return any(route.matches(dict(scope))[0] is Match.PARTIAL for route in self._before)

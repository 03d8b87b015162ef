"""What the API answers where it has nothing: its own 404 or 405, not those of the page that is mounted behind it."""

from collections.abc import Sequence

from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

PREFIX = "/v1/"


class Closed(BaseRoute):
    """The last of the API's routes: all that is left under ``/v1``, and known addresses called by another method.

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
        """Refuse; the API's handler puts it in OpenAI's shape."""
        raise HTTPException(405 if self._known(scope) else 404)

    def _known(self, scope: Scope) -> bool:
        return any(route.matches(dict(scope))[0] is Match.PARTIAL for route in self._before)

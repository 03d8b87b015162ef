"""The chat page, built when all else is ready: a third of the start, which callers of the API need not wait for."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from starlette.types import Receive, Scope, Send

from assistant.api.late import Late

if TYPE_CHECKING:
    from fastapi import FastAPI


class LatePage(Late["FastAPI"]):
    """An ASGI application that stands for the page. Requests that come before it is built wait for it.

    Args:
        make: builds it.
    """

    def __init__(self, make: Callable[[], "FastAPI"]):
        super().__init__("The chat page", make, lambda page: page.router.lifespan_context(page))

    @property
    def routes(self) -> list[Any]:
        """The page's routes."""
        return self.made.router.routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the page answer."""
        await (await self.get())(scope, receive, send)

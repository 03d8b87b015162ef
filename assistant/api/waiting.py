"""Waiting for a model without holding a thread. A client that leaves has its request cancelled.

A hop to a thread and back costs more than all that a short request needs beside the model, so what is known and loaded
already is taken at once; what must ask the database or load a model does so in a thread.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING, TypeVar

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from assistant.api.models import route
from assistant.application import Application
from assistant.errors import ClientLeft
from assistant.workspace.references import read
from assistant.workspace.traffic import Route

if TYPE_CHECKING:
    from tools.serving.predictor import Predictor

Result = TypeVar("Result")
FEW = 64  # texts whose answer is made at once; those of more would keep the others waiting


async def routed(app: Application, name: str, key: str) -> Route:
    """The version that answers a request; see :func:`assistant.api.models.route`."""
    if read(name).which is None and app.traffic.knows(name):
        return route(app, name, key)
    return await run_in_threadpool(route, app, name, key)


async def loaded(app: Application, way: Route) -> "Predictor":
    """The model of the version that answers.

    Raises:
        NotFound: its folder is gone.
        ToolsError: it cannot be loaded.
    """
    if found := app.predictors.find(way.entry.path):
        return found
    return await run_in_threadpool(app.predictors.get, way.entry.path)


async def left(request: Request) -> None:
    """Return once the client is gone."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def unless_left(request: Request, future: "Future[Result]") -> Result:
    """What a future gives; it is cancelled where the client leaves before.

    Raises:
        ClientLeft: it did.
        Exception: what the future raises.
    """
    result = asyncio.wrap_future(future)
    watch = asyncio.ensure_future(left(request))
    watch.add_done_callback(lambda _: result.cancel())
    try:
        return await result
    except asyncio.CancelledError:
        if watch.done() and not watch.cancelled():
            raise ClientLeft("The client has left.") from None
        raise
    finally:
        watch.cancel()


async def answer(make: Callable[[], str], texts: int, headers: dict[str, str]) -> Response:
    """A JSON answer.

    Args:
        make: makes the JSON.
        texts: how many it is about.
        headers: of the answer.
    """
    body = make() if texts <= FEW else await run_in_threadpool(make)
    return Response(body, media_type="application/json", headers=headers)

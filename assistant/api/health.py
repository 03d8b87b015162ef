"""Liveness, readiness and figures, for whatever watches the server."""

import ipaddress

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel
from starlette.responses import JSONResponse, Response

from assistant.access.roles import allow
from assistant.api.auth import address, application, caller

router = APIRouter(tags=["health"])


class Status(BaseModel):
    """How the server is."""

    status: str


# On the loop itself, so that they answer however busy the threads are.
@router.get("/healthz")
async def healthz() -> Status:
    """The process answers."""
    return Status(status="ok")


@router.get(
    "/readyz",
    responses={
        200: {"model": Status, "description": "The models are loaded."},
        503: {"model": Status, "description": "Models are being loaded."},
    },
)
async def readyz(request: Request) -> Response:
    """The models are loaded: requests will be answered at full speed."""
    ready = request.app.state.ready.is_set()
    return JSONResponse({"status": "ready" if ready else "warming up"}, 200 if ready else 503)


async def _watcher(request: Request) -> None:
    """Let those read the figures for whom ASSISTANT_METRICS has them: they name models, and how much they are used.

    Raises:
        Unauthenticated, Forbidden: an admin's key is needed.
    """
    whose = application(request).settings.metrics
    if whose == "open" or (whose == "private" and near(address(request))):
        return
    allow(await caller(request), "manage")


def near(address: str) -> bool:
    """Whether a network address is this machine's or of a private network; what is none came by a socket of ours."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return True
    return (getattr(found, "ipv4_mapped", None) or found).is_private


@router.get(
    "/metrics",
    response_class=Response,
    responses={200: {"content": {"text/plain": {}}}},
    dependencies=[Depends(_watcher)],
)
def metrics(request: Request) -> Response:
    """Counters and timings in Prometheus' text format."""
    return Response(request.app.state.metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")

"""Liveness, readiness and figures, for whatever watches the server."""

from fastapi import APIRouter, Request
from pydantic import BaseModel
from starlette.responses import JSONResponse, Response

router = APIRouter(tags=["health"])


class Status(BaseModel):
    """How the server is."""

    status: str


# On the loop itself, so that they answer however busy the threads are.
@router.get("/healthz")
async def healthz() -> Status:
    """The process answers."""
    return Status(status="ok")


@router.get("/readyz", responses={503: {"model": Status, "description": "Models are being loaded."}})
async def readyz(request: Request) -> Response:
    """The models are loaded: requests will be answered at full speed."""
    ready = request.app.state.ready.is_set()
    return JSONResponse({"status": "ready" if ready else "warming up"}, 200 if ready else 503)


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
def metrics(request: Request) -> Response:
    """Counters and timings in Prometheus' text format."""
    return Response(request.app.state.metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")

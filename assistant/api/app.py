"""The HTTP API: one router a noun, put together."""

import contextlib
import importlib.metadata
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

from fastapi import APIRouter, FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import HTMLResponse

from assistant.access.limits import Limiter
from assistant.api import (
    artifacts,
    audit,
    chat,
    classify,
    conversations,
    embeddings,
    errors,
    examples,
    explain,
    files,
    fine_tuning,
    health,
    knowledge,
    knowledge_jobs,
    models,
    redact,
    registry,
    tracing,
    widget,
)
from assistant.api.auth import VisitorLimits
from assistant.api.cors import WidgetOrigins
from assistant.api.docs import page
from assistant.api.histories import Histories
from assistant.api.lanes import lanes
from assistant.api.mcp import McpDoor
from assistant.api.metrics import Metrics
from assistant.api.middleware import Envelope
from assistant.api.retries import Retries
from assistant.api.visitors import VisitorTokens
from assistant.application import Application

# The first ones are found soonest: those whose requests are short and many.
ROUTERS: tuple[APIRouter, ...] = (
    embeddings.router,
    classify.router,
    chat.router,
    health.router,
    models.router,
    registry.router,
    conversations.router,
    explain.router,
    redact.router,
    fine_tuning.router,
    knowledge.router,
    knowledge_jobs.router,
    widget.router,
    artifacts.router,
    audit.router,
)
LARGEST_BODY = 8 << 20  # bytes of a JSON request
FORM = 1 << 20  # bytes that a form may have beside its file
ABOUT = """\
Fine-tune, serve and explain your own models, and ask your own documents. What OpenAI's API has too takes the \
official openai client unchanged: set its base_url to this server's /v1 and its api_key to a key that \
"assistant keys create" made. Every answer has an X-Request-Id, which the log has too. A request that makes something \
can be sent again with the same Idempotency-Key: it is done once, and answered alike for 24 hours."""

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


def create_api(app: Application, lifespan: Lifespan | None = None, shared: bool = False) -> FastAPI:
    """The API over an application.

    Args:
        app: the application.
        lifespan: what runs around the server's life, in addition.
        shared: other processes answer at the same port.
    """
    door = McpDoor(app, _version(), sessions=not shared)

    @contextlib.asynccontextmanager
    async def life(api: FastAPI) -> AsyncIterator[None]:
        traces = tracing.begin(app.settings, _version())
        async with door.running(api.state.ready), lifespan(api) if lifespan else contextlib.nullcontext():
            yield
        if traces:
            await run_in_threadpool(traces.shutdown)  # the last ones are sent

    api = FastAPI(
        title="Startup Assistant",
        version=_version(),
        description=ABOUT,
        lifespan=life,
        telemetry=tracing.TELEMETRY,
        docs_url=None,
        redoc_url=None,
        responses={"default": {"model": errors.ErrorBody, "description": "An error, in OpenAI's shape."}},
    )
    _set_state(api, app)
    errors.install(api)
    examples.install(api)
    for router in ROUTERS:
        told = {} if router is health.router else errors.described()
        api.include_router(router, responses=told, max_body_size=LARGEST_BODY)
    largest = (app.settings.max_upload_mb << 20) + FORM
    api.include_router(files.router, responses=errors.described(), max_body_size=largest)
    api.router.routes.extend(door.routes())
    api.add_api_route("/docs", lambda: HTMLResponse(page(api.openapi())), include_in_schema=False)
    api.add_middleware(Retries, application=app)
    # Gradio leaves CORS to a parent that configures it; this one allows no other origin anything.
    api.add_middleware(CORSMiddleware, allow_origins=())
    api.add_middleware(WidgetOrigins, application=app)
    secure = app.settings.public_url.startswith("https:")
    api.add_middleware(
        Envelope, metrics=api.state.metrics, seconds=app.settings.request_seconds, secure=secure
    )
    return api


def _version() -> str:
    try:
        return importlib.metadata.version("startup-assistant")
    except importlib.metadata.PackageNotFoundError:
        return "0"  # a checkout that was never installed


def _set_state(api: FastAPI, app: Application) -> None:
    metrics = Metrics(
        lambda: [*app.predictors.batchers(), ("minilm", app.embedder.batcher)],
        lambda: app.predictors.writers(),
    )
    app.traffic.watch = metrics.answered
    state: dict[str, Any] = {
        "application": app,
        "ready": threading.Event(),
        "metrics": metrics,
        "histories": Histories(),
        "lanes": lanes(),
        # Against a runaway loop; bursts wait in the models' own queues.
        "caller_limit": Limiter(app.settings.rate_requests),
        "refused_limit": Limiter(app.settings.rate_refused),
        "visitor_limits": VisitorLimits(
            app.settings.rate_address, app.settings.rate_site, app.settings.rate_visit, app.settings.rate_bare
        ),
        "visitor_tokens": VisitorTokens(app.home),
    }
    for name, value in state.items():
        setattr(api.state, name, value)

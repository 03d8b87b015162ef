"""Rates and quotas over HTTP: looked at before a request is done, counted after it, told in headers as OpenAI does."""

from collections.abc import Callable

from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection

from assistant.access.principal import Principal
from assistant.access.quotas import TOKENS
from assistant.application import Application

ASKING = ("/v1/knowledge/ask", "/v1/knowledge/explain", "/v1/knowledge/search")
READING = ("/v1/classify", "/v1/embeddings", "/v1/explain", "/v1/redact")
PARTS = ("/v1/chat/", "/v1/conversations/", *READING, *ASKING)
COUNTED = (*PARTS, "/v1/files", "/v1/fine_tuning/", "/v1/knowledge/learn")  # told what is left of any quota


def tell(request: HTTPConnection, told: dict[str, str]) -> None:
    """Have the answer carry these headers."""
    request.state.limits = {**getattr(request.state, "limits", {}), **told}


def check(request: HTTPConnection, app: Application, principal: Principal) -> None:
    """Tell what is left, and refuse a request that makes models read or write where that quota is used up.

    Jobs and storage are checked where a job is queued and a file is stored.

    Raises:
        TooMany: it is.
    """
    path = request.url.path
    if principal.role != "visitor" and path.startswith(COUNTED):
        tell(request, app.quotas.headers(principal))
    if app.quotas.counts(TOKENS) and path.startswith(PARTS):
        request.state.spender = principal
        app.quotas.check(principal, TOKENS)


async def spent(request: HTTPConnection, app: Application, tokens: Callable[[], int]) -> None:
    """Count the tokens that a request has used, where there is a quota. (The agent counts those of its turns.)"""
    if getattr(request.state, "spender", None):
        await run_in_threadpool(note, request, app, tokens())


def note(request: HTTPConnection, app: Application, tokens: int) -> None:
    """As :func:`spent`, from a thread."""
    if principal := getattr(request.state, "spender", None):
        app.quotas.add(principal, TOKENS, tokens)

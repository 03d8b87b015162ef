"""Rates and quotas over HTTP: looked at before a request is done, counted after it, told in headers as OpenAI does."""

from collections.abc import Callable

from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection

from assistant.access.principal import Principal
from assistant.application import Application

TOKENS = "tokens"
PARTS = ("/v1/chat/", "/v1/classify", "/v1/conversations/", "/v1/embeddings")


def tell(request: HTTPConnection, told: dict[str, str]) -> None:
    """Have the answer carry these headers."""
    request.state.limits = {**getattr(request.state, "limits", {}), **told}


def check(request: HTTPConnection, app: Application, principal: Principal) -> None:
    """Refuse a request that makes models read or write where the caller's quota is used up.

    Raises:
        TooMany: it is.
    """
    if not app.quotas.counts(TOKENS) or not request.url.path.startswith(PARTS):
        return
    request.state.spender = principal
    tell(request, app.quotas.headers(principal))
    app.quotas.check(principal, TOKENS)


async def spent(request: HTTPConnection, app: Application, tokens: Callable[[], int]) -> None:
    """Count the tokens that a request has used, where there is a quota."""
    if principal := getattr(request.state, "spender", None):
        await run_in_threadpool(app.quotas.add, principal, TOKENS, tokens())

"""Who is calling: a secret key, a publishable key on one of its pages, or the signed-in browser's cookie."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import Depends, Request, Security
from fastapi.security import APIKeyCookie, HTTPAuthorizationCredentials, HTTPBearer
from fastapi.security.utils import get_authorization_scheme_param
from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection

from assistant.access.audit import acting
from assistant.access.limits import Limiter, network_of
from assistant.access.principal import Principal
from assistant.access.roles import allow
from assistant.api import spending
from assistant.application import Application
from assistant.errors import Forbidden, Unauthenticated

COOKIE = "assistant_session"
SEEN = 5  # times as often as they ask may visitors look at something
bearer = HTTPBearer(auto_error=False, scheme_name="key", description="A secret key, sk-…")
cookie = APIKeyCookie(name=COOKIE, auto_error=False, scheme_name="session", description="The page's session.")


def application(request: HTTPConnection) -> Application:
    """The application behind this server."""
    return request.app.state.application


async def _application(request: Request) -> Application:
    return application(request)


App = Annotated[Application, Depends(_application)]


async def caller(request: Request, cookies: bool = True) -> Principal:
    """Who sent this request.

    Raises:
        Unauthenticated, Forbidden: as :func:`known`.
        TooMany: a secret key or a signed-in person that calls too often.
    """
    principal = await known(request, application(request), cookies)
    if principal.role != "visitor":
        limit: Limiter = request.app.state.caller_limit
        left = limit.check(principal.key_id or principal.user_id)
        told = {"limit": limit.per_minute, "remaining": left}
        spending.tell(request, {f"x-ratelimit-{what}-requests": f"{each:.0f}" for what, each in told.items()})
    return principal


async def known(request: Request, app: Application, cookies: bool = True) -> Principal:
    """Who sent this request.

    Args:
        request: the request.
        app: the application.
        cookies: whether a browser's cookie will do.

    Raises:
        Unauthenticated: nobody known.
        TooMany: nobody known, too often from this address; who is known is let in all the same.
        Forbidden: a publishable key on a page it was not made for, or a forged request with a browser's cookie.
    """
    try:
        return await _authenticated(request, app, cookies)
    except Unauthenticated as error:
        # Once, though a request may be asked for before its route, where a retry or a wait is dealt with.
        if "authorization" in request.headers and not getattr(request.state, "noted", False):
            request.state.noted = True
            await run_in_threadpool(app.refusals.note, address(request), "a key", error.message)
        if not getattr(request.state, "counted", False):
            count_refused(request)
            request.state.counted = True
        raise


async def _authenticated(request: Request, app: Application, cookies: bool) -> Principal:
    scheme, secret = get_authorization_scheme_param(request.headers.get("authorization"))
    if scheme.lower() == "bearer" and secret:
        # Not in a thread where the database has not changed: a hop costs more than the rest of this.
        principal = app.keys.recall(secret)
        if principal is None:
            principal = await run_in_threadpool(app.keys.authenticate, secret)
        if principal.role == "visitor":
            check_origin(request.headers.get("origin"), principal.origins)
        return principal
    if cookies and (session := request.cookies.get(COOKIE)):
        principal = await run_in_threadpool(app.sessions.principal, session)
        _check_same_site(request)
        return principal
    raise Unauthenticated(
        "No key was given.", "Send the header Authorization: Bearer sk-…; assistant keys create makes one."
    )


def check_origin(origin: str | None, origins: Sequence[str]) -> None:
    """Hold a publishable key to the pages it was made for.

    Args:
        origin: what the browser says the page's origin is.
        origins: the key's own; an empty list lets nobody in.

    Raises:
        Forbidden: the page is not among them.
    """
    if (origin or "").lower() not in origins:
        raise Forbidden(
            f"This key does not answer pages of {origin or 'an unknown origin'}.",
            "Create one for it: assistant keys create --widget --origin URL.",
        )


def own_page(request: HTTPConnection) -> bool:
    """Whether the page that sent this request is one of this server's (or no page sent it)."""
    origin = request.headers.get("origin")
    if origin is None:
        return request.headers.get("sec-fetch-site", "none") in ("none", "same-origin")
    return _host(origin) == request.headers.get("host", "").lower()


def page_of(request: HTTPConnection) -> str:
    """The origin of the page that sent this request, as far as the browser tells it; empty where it does not."""
    address = request.headers.get("origin") or request.headers.get("referer") or ""
    host = _host(address)
    return f"{urlsplit(address).scheme}://{host}".lower() if host else ""


def from_own_page(request: HTTPConnection) -> bool:
    """Whether a page of this server's is known to have sent this request, by one of three headers that browsers set."""
    if page := page_of(request):
        return _host(page) == request.headers.get("host", "").lower()
    return request.headers.get("sec-fetch-site") == "same-origin"


def _host(address: str) -> str:
    with suppress(ValueError):
        return urlsplit(address).netloc.lower()
    return ""


def _check_same_site(request: Request) -> None:
    if request.method not in ("GET", "HEAD", "OPTIONS") and not own_page(request):
        raise Forbidden("This request comes from a page of another site.", "Send a key instead of a cookie.")


def address(request: HTTPConnection) -> str:
    """The network address that a request came from."""
    return request.client.host if request.client else "unknown"


def count_refused(request: HTTPConnection) -> None:
    """Count a request that named nobody who is known.

    Raises:
        TooMany: there were too many from this address.
    """
    request.app.state.refused_limit.check(network_of(address(request)))


class VisitorLimits:
    """How often a minute visitors may ask: each visit, each address, and all visitors of a key together.

    An address may stand for a whole office, so it has more than a visit. Who sends the key by itself has no visit;
    there the address counts as one.

    Args:
        per_address: questions from one address with one key.
        per_key: questions of all visitors of one key.
        per_visit: questions of one visit of the widget.
        bare: questions from one address with the key alone.
    """

    def __init__(
        self, per_address: float = 600, per_key: float = 1200, per_visit: float = 12, bare: float = 20
    ):
        self._addresses, self._keys = Limiter(per_address), Limiter(per_key)
        self._visits, self._bare = Limiter(per_visit), Limiter(bare)
        self._addresses_see, self._visits_see = Limiter(per_address * SEEN), Limiter(per_visit * SEEN)

    def check(self, key_id: str, address: str, visit: str = "", cost: float = 1.0) -> None:
        """Count one question.

        Args:
            key_id: the widget key.
            address: where it comes from.
            visit: whose it is, where that is known.
            cost: how many questions it counts for.

        Raises:
            TooMany: the visit, the address or the key has used up its share.
        """
        here = f"{key_id} {network_of(address)}"
        if visit:
            self._visits.check(visit, cost)
        else:
            self._bare.check(here, cost)
        self._addresses.check(here, cost)
        self._keys.check(key_id, cost)

    def see(self, key_id: str, address: str, visit: str = "") -> None:
        """Count something that needs no answer: the frame, a passage, a thumb, a name. It takes no question away.

        Raises:
            TooMany: the visit or the address has used up its share, which is larger than that of questions.
        """
        if visit:
            self._visits_see.check(visit)
        self._addresses_see.check(f"{key_id} {network_of(address)}")


def visitor_limits(request: HTTPConnection) -> VisitorLimits:
    """The limits of this server's visitors."""
    return request.app.state.visitor_limits


def needs(action: str, visitors: bool = False) -> Callable[..., Any]:
    """A dependency: the caller, who must be allowed the action (see :mod:`assistant.access.roles`).

    Args:
        action: what the route does.
        visitors: let publishable keys in.
    """

    # What begins with an underscore tells the API's description how callers may say who they are.
    async def allowed(
        request: Request,
        _key: Annotated[HTTPAuthorizationCredentials | None, Security(bearer)],
        _session: Annotated[str | None, Security(cookie)],
    ) -> Principal:
        return permitted(request, await caller(request), action, visitors)

    return allowed


def permitted(request: Request, principal: Principal, action: str, visitors: bool = False) -> Principal:
    """The caller, where they may do this; see :func:`needs`.

    Raises:
        Forbidden: they may not.
        TooMany: a visitor who asks too often.
    """
    acting(principal, address(request), getattr(request.state, "request_id", None))
    if principal.role == "visitor" and not visitors:
        raise Forbidden(
            "A publishable key reaches knowledge answers alone.",
            "Use a secret key, on a server of yours.",
        )
    allow(principal, action)
    check_scope(request, principal)
    spending.check(request, application(request), principal)
    if principal.role == "visitor":
        visitor_limits(request).check(principal.key_id or "", address(request))
    return principal


def check_scope(request: HTTPConnection, principal: Principal) -> None:
    """Hold a key to the parts of the API it was made for.

    Raises:
        Forbidden: the route belongs to none of them.
    """
    part = getattr(request.scope.get("route"), "path", request.url.path).removeprefix("/v1").split("/")[1]
    if principal.scopes and part not in principal.scopes:
        raise Forbidden(
            f"This key is narrowed to {', '.join(principal.scopes)}; {part} is not among them.",
            f"Make one that is not: assistant keys create --scope {part}.",
        )


Asker = Annotated[Principal, Depends(needs("ask", visitors=True))]
Reader = Annotated[Principal, Depends(needs("read"))]
Talker = Annotated[Principal, Depends(needs("chat"))]
Caller = Annotated[Principal, Depends(needs("api"))]
Uploader = Annotated[Principal, Depends(needs("upload"))]
Actor = Annotated[Principal, Depends(needs("act"))]
Approver = Annotated[Principal, Depends(needs("approve"))]
Admin = Annotated[Principal, Depends(needs("manage"))]

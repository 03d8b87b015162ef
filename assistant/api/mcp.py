"""``/mcp``: the agent's tools for programs that speak the Model Context Protocol, by its official SDK.

Streamable HTTP, of both ages of the protocol: sessions that begin with a handshake (to 2025-11-25), and requests that
stand alone (from 2026-07-28). Every request carries a secret key; a session answers the key that opened it alone.
"""

import contextlib
import ipaddress
import socket
import threading
from contextlib import AbstractAsyncContextManager
from functools import lru_cache
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from assistant.access.principal import Principal
from assistant.api.auth import caller, permitted
from assistant.api.late import Late
from assistant.application import Application
from assistant.errors import Forbidden, ModelUnavailable

if TYPE_CHECKING:
    from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
    from mcp.server.transport_security import TransportSecuritySettings

PATH = "/mcp"
METHODS = ["GET", "POST", "DELETE"]
LARGEST = 1 << 20  # bytes of a request
SESSIONS = 1000  # open at once in this process


class McpDoor:
    """The endpoint: who is calling, under which name of this server; the SDK does the rest.

    Args:
        app: the application.
        version: the product's.
        sessions: keep sessions of clients that begin with a handshake. Where several processes share a port they are
            served without, because the next request may reach another one.
    """

    def __init__(self, app: Application, version: str, sessions: bool = True):
        self._app, self._version, self._sessions = app, version, sessions
        # Importing the SDK takes most of a second.
        self._late: Late[StreamableHTTPSessionManager] = Late(
            "The MCP server", self._make, lambda manager: manager.run()
        )

    def routes(self) -> list[Route]:
        """The endpoint's routes, with a slash at the end and without."""
        return [Route(path, self, methods=METHODS, include_in_schema=False) for path in (PATH, f"{PATH}/")]

    def running(self, ready: threading.Event) -> AbstractAsyncContextManager[None]:
        """Answer while the block lasts.

        Args:
            ready: set when all that comes first is ready.
        """
        return self._late.life(ready)

    def _make(self) -> "StreamableHTTPSessionManager":
        from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

        from assistant.api.mcp_tools import tool_server

        return StreamableHTTPSessionManager(
            tool_server(self._app.direct, self._version),
            stateless=not self._sessions,
            max_request_body_size=LARGEST,
            max_sessions=SESSIONS,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request.

        Raises:
            Unauthenticated, Forbidden, TooMany: the caller may not.
        """
        request = Request(scope, receive)
        who = await _caller(request)
        await _check_name(request, self._app.settings.mcp_hosts)
        if not self._late.lives:
            raise ModelUnavailable("This server is starting or going down.", "Try again in a moment.")
        scope["user"] = _user(who)
        scope.setdefault("state", {})["principal"] = who
        await (await self._late.get()).handle_request(scope, receive, send)


async def _caller(request: Request) -> Principal:
    """Whose key this is. A browser's cookie is no key here: programs call, not pages."""
    return permitted(request, await caller(request, cookies=False), "api")


def _user(who: Principal) -> object:
    """The caller as the SDK knows them, for a session to recognise the key that opened it."""
    from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
    from mcp.server.auth.provider import AccessToken

    return AuthenticatedUser(
        AccessToken(token="", client_id=who.key_id or "", scopes=[], subject=who.user_id)
    )


async def _check_name(request: Request, more: str) -> None:
    """Answer under this server's own names alone, and no page of another site (a guard against DNS rebinding).

    Args:
        request: the request.
        more: names beyond the machine's own, separated by commas.

    Raises:
        Forbidden: another name, or another site's page.
    """
    from mcp.server.transport_security import TransportSecurityMiddleware

    name = _host(request)
    guard = TransportSecurityMiddleware(_security(more, name if _is_address(name) else ""))
    refused = await guard.validate_request(request)
    if refused is None:
        return
    if refused.status_code == 421:
        raise Forbidden(
            f"This server does not know itself as {name}.", "Add the name to ASSISTANT_MCP_HOSTS."
        )
    raise Forbidden("This request comes from a page of another site.", "Call from a program.")


def _host(request: Request) -> str:
    """The host that the request names, without its port; empty where it is no host."""
    with contextlib.suppress(ValueError):
        return request.url.hostname or ""
    return ""


def _is_address(name: str) -> bool:
    """Whether a host is a number. Only names can be bound anew to other addresses."""
    with contextlib.suppress(ValueError):
        return bool(ipaddress.ip_address(name))
    return False


@lru_cache(64)
def _security(more: str, address: str) -> "TransportSecuritySettings":
    """The SDK's guard, told what this server may be called by: see :func:`_check_name`, and an address of its own."""
    from mcp.server.transport_security import TransportSecuritySettings

    machine = socket.gethostname().lower()
    names = ["localhost", machine, f"{machine}.local", f"[{address}]" if ":" in address else address]
    names += [name.strip().lower() for name in more.split(",")]
    hosts = [f"{name}{port}" for name in names if name for port in ("", ":*")]
    origins = [f"{scheme}://{host}" for scheme in ("http", "https") for host in hosts]
    return TransportSecuritySettings(allowed_hosts=hosts, allowed_origins=origins)

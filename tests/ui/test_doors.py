"""Every route of the server, with every role: who gets in, and that no route is there that this table does not know."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.routing import Mount
from starlette.testclient import TestClient

from assistant.api.auth import COOKIE
from assistant.application import Application
from assistant.settings import Settings
from ui.server import build

PAGE = "https://shop.example"
ROLES = ("nobody", "visitor", "viewer", "member", "admin")
REFUSED = {401, 403}

# The least role that each route lets in.
ANYBODY = """
GET /healthz · GET /readyz · GET /metrics · GET /openapi.json · GET /docs · GET /widget.js · GET /widget/frame.js
GET /widget/frame.css · GET /sign-in · GET /sign-out · POST /sign-out
"""
VISITOR = "POST /v1/knowledge/ask"
VIEWER = """
POST /v1/embeddings · POST /v1/classify · POST /v1/chat/completions · GET /v1/models · GET /v1/models/{model:path}
GET /v1/registry/models · GET /v1/registry/models/{model} · GET /v1/registry/models/{model}/split
GET /v1/conversations · GET /v1/conversations/{conversation_id} · POST /v1/conversations/{conversation_id}
GET /v1/conversations/{conversation_id}/export · POST /v1/conversations/{conversation_id}/share
DELETE /v1/conversations/{conversation_id}/share · DELETE /v1/conversations/{conversation_id}
GET /v1/conversations/{conversation_id}/items · POST /v1/conversations/{conversation_id}/retry
POST /v1/conversations/{conversation_id}/edit · POST /v1/explain · POST /v1/explain/model · POST /v1/redact
GET /v1/fine_tuning/jobs · GET /v1/fine_tuning/jobs/{job_id} · GET /v1/fine_tuning/jobs/{job_id}/events
POST /v1/knowledge/search · POST /v1/knowledge/explain · GET /v1/knowledge/sources · GET /v1/knowledge/unanswered
GET /v1/knowledge/jobs · GET /v1/knowledge/jobs/{job_id}
GET /artifacts/{artifact_id} · GET /v1/files · GET /v1/files/{file_id} · GET /v1/files/{file_id}/content
"""
MEMBER = """
DELETE /v1/models/{model} · DELETE /v1/registry/models/{model} · POST /v1/registry/models/{model}/promote
POST /v1/registry/models/{model}/rollback · POST /v1/registry/models/{model}/undeploy
POST /v1/registry/models/{model}/split · DELETE /v1/registry/models/{model}/split · POST /v1/fine_tuning/jobs
POST /v1/fine_tuning/jobs/{job_id}/cancel · POST /v1/knowledge/sources · DELETE /v1/knowledge/sources/{source:path}
PATCH /v1/knowledge/sources/{source:path}
POST /v1/knowledge/jobs · POST /v1/knowledge/jobs/{job_id}/cancel · POST /v1/knowledge/reindex
POST /v1/knowledge/learn · POST /v1/knowledge/rollback · DELETE /v1/knowledge/unanswered/{number}
POST /v1/files · DELETE /v1/files/{file_id} · POST /v1/files/{file_id}/scrub
"""
ADMIN = "GET /v1/audit · GET /v1/audit/verify · GET /v1/audit/export"
# Not for keys: a visitor's token, a password, the MCP client's own headers, or a signed-in browser is wanted.
OTHERS = """
POST /v1/widget/messages · POST /v1/widget/identify · POST /v1/widget/feedback · POST /v1/widget/handoff
GET /v1/widget/messages · GET /v1/widget/passages/{passage} · GET /widget · POST /sign-in · GET /approvals/{approval_id}
POST /approvals/{approval_id} · GET /shared/{share_id} · GET /passages/{passage}
GET /mcp · POST /mcp · DELETE /mcp · GET /mcp/ · POST /mcp/ · DELETE /mcp/
"""
# Gradio's own: looks, and what signs in by its own means, which are off. All else of it is for signed-in browsers.
GRADIO_OPEN = """
GET /svelte/{path:path} · GET /static/{path:path} · GET /assets/{path:path} · GET /favicon.ico · GET /theme.css
GET /robots.txt · GET /pwa_icon/{size} · GET /pwa_icon · GET /manifest.json · GET /logout · POST /login · POST /login/
"""


def _listed(table: str) -> set[str]:
    return {each.strip() for each in re.split(r"[·\n]", table) if each.strip()}


LEAST = {
    route: role
    for role, table in zip(ROLES, (ANYBODY, VISITOR, VIEWER, MEMBER, ADMIN), strict=True)
    for route in _listed(table)
}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Application]:
    application = Application(Settings(home=tmp_path_factory.mktemp("doors") / "home"))
    application.users.owner()
    object.__setattr__(application.shared, "start_worker", lambda: None)
    yield application
    application.close()


@pytest.fixture(scope="module")
def web(app: Application) -> Any:
    return build(app)


@pytest.fixture(scope="module")
def callers(app: Application, web: Any) -> dict[str, TestClient]:
    """A client for each role, with a key."""
    found = {"nobody": {}}
    found |= {
        role: {"Authorization": f"Bearer {app.keys.create(role)['secret']}"}
        for role in ("viewer", "member", "admin")
    }
    widget = app.keys.create(widget=True, origins=[PAGE])["secret"]
    found["visitor"] = {"Authorization": f"Bearer {widget}", "Origin": PAGE}
    return {role: _client(web, headers) for role, headers in found.items()}


def _client(web: Any, headers: dict[str, str]) -> TestClient:
    return TestClient(web, headers=headers, raise_server_exceptions=False, follow_redirects=False)


def _routes(routes: Any, before: str = "") -> Iterator[str]:
    """All routes as ``METHOD /path``, those of included routers and mounted applications too."""
    for route in routes:
        if inner := getattr(route, "original_router", None):
            yield from _routes(inner.routes, before)
        elif isinstance(route, Mount):
            yield from _routes(getattr(route.app, "routes", None) or [], before + route.path)
        elif hasattr(route, "path"):
            for method in sorted((getattr(route, "methods", None) or {"GET"}) - {"HEAD", "OPTIONS"}):
                yield f"{method} {before}{route.path}"


def _ask(client: TestClient, route: str) -> int:
    method, path = route.split(" ")
    body = {} if method in ("POST", "PUT", "PATCH") else None
    return client.request(method, re.sub(r"\{[^}]*\}", "1", path), json=body).status_code


def _own(web: Any) -> set[str]:
    """The routes before Gradio's mount at the end."""
    *own, last = web.router.routes
    assert isinstance(last, Mount) and last.path == ""
    return set(_routes(own))


def test_no_route_is_unknown(web: Any) -> None:
    assert _own(web) == LEAST.keys() | _listed(OTHERS)


def test_each_role_gets_in_where_it_may_and_nowhere_else(web: Any, callers: dict[str, TestClient]) -> None:
    for route, least in LEAST.items():
        for role in ROLES:
            refused = _ask(callers[role], route) in REFUSED
            assert refused == (ROLES.index(role) < ROLES.index(least)), (route, role)


def test_no_key_opens_what_is_not_for_keys(web: Any, callers: dict[str, TestClient]) -> None:
    for route in _listed(OTHERS):
        for role in ROLES:
            assert 300 <= _ask(callers[role], route) < 500, (route, role)


def test_gradios_doors_are_for_signed_in_browsers(app: Application, web: Any) -> None:
    stranger = _client(web, {})
    inner = set(_routes(web.router.routes[-1:])) - _own(web)
    assert len(inner) > 40
    for route in sorted(inner - _listed(GRADIO_OPEN)):
        status = _ask(stranger, route)
        assert status in REFUSED or status in (301, 404, 405), (route, status)
    browser = _client(web, {})
    browser.cookies.set(COOKIE, app.sessions.create(app.users.add("Ann", "viewer")["id"]))
    assert _ask(browser, "GET /config") == 200
    app.users.remove(app.users.by_name("Ann")["id"])
    assert _ask(browser, "GET /config") == 401

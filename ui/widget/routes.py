"""The widget's files: the loader that a page includes, and the frame that the loader opens."""

import hashlib
from functools import cache
from html import escape
from pathlib import Path

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from assistant.access.principal import Principal
from assistant.api.auth import (
    App,
    address,
    check_origin,
    count_refused,
    from_own_page,
    page_of,
    visitor_limits,
)
from assistant.api.visitors import Visit
from assistant.api.widget import tokens_of
from assistant.application import Application
from assistant.errors import Forbidden, Unauthenticated
from knowledge.errors import TeachingError

router = APIRouter(tags=["widget"])
FOLDER = Path(__file__).parent
TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors {ancestors}"
)
REFUSED = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Chat</title>
<meta name="viewport" content="width=device-width,initial-scale=1"><body><p>{reason}</p></body></html>"""


@cache
def _file(name: str) -> tuple[bytes, str]:
    """A file of this folder, and a short hash of it."""
    content = (FOLDER / name).read_bytes()
    return content, hashlib.sha256(content).hexdigest()[:16]


@cache
def _version() -> str:
    return hashlib.sha256("".join(_file(f"frame.{kind}")[1] for kind in ("js", "css")).encode()).hexdigest()[
        :12
    ]


def _static(request: Request, name: str, age: str) -> Response:
    content, digest = _file(name)
    headers = {
        "ETag": f'"{digest}"',
        "Cache-Control": f"public, max-age={age}",
        "Cross-Origin-Resource-Policy": "cross-origin",
    }
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    return Response(content, media_type=TYPES[Path(name).suffix], headers=headers)


@router.get("/widget.js", response_class=Response, responses={200: {"content": {"text/javascript": {}}}})
def widget_loader(request: Request) -> Response:
    """The loader: ``<script src="…/widget.js" data-key="pk_…" async></script>``."""
    return _static(request, "widget.js", "300")


@router.get("/widget/frame.js", include_in_schema=False)
def frame_script(request: Request) -> Response:
    """The frame's script; its address changes with it."""
    return _static(request, "frame.js", "31536000, immutable")


@router.get("/widget/frame.css", include_in_schema=False)
def frame_style(request: Request) -> Response:
    """The frame's style; its address changes with it."""
    return _static(request, "frame.css", "31536000, immutable")


@router.get("/widget", response_class=HTMLResponse)
def widget_frame(request: Request, app: App, key: str = "") -> HTMLResponse:
    """The frame's page, for pages of the key's origins alone.

    Browsers hold to ``frame-ancestors``; the page that asks is compared as well where it is told.
    """
    try:
        principal = _known(request, app, key)
        if principal.role != "visitor":
            raise Forbidden("This is a secret key.", "Put a publishable one (pk_…) into pages.")
        visitor_limits(request).see(principal.key_id or "", address(request))
        page = "" if from_own_page(request) else page_of(request)  # the frame may load itself anew
        if page or not principal.origins:
            check_origin(page, principal.origins)
    except TeachingError as error:
        policy = {"Content-Security-Policy": POLICY.format(ancestors="'none'")}
        return HTMLResponse(REFUSED.format(reason=escape(str(error))), error.status, policy)
    token = tokens_of(request).sign(Visit.begin(principal.key_id or "", page))
    html = _file("frame.html")[0].decode().replace("{token}", token).replace("{version}", _version())
    headers = {
        "Content-Security-Policy": POLICY.format(ancestors=" ".join(principal.origins)),
        "Cache-Control": "no-store",
        "Referrer-Policy": "same-origin",  # older browsers tell of the frame by it alone
        "Vary": "Referer",
    }
    return HTMLResponse(html, headers=headers)


def _known(request: Request, app: Application, key: str) -> Principal:
    try:
        return app.keys.authenticate(key)
    except Unauthenticated:
        count_refused(request)
        raise

"""Signing a browser in by a one-time link, and out again."""

from html import escape

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from assistant.api.auth import COOKIE, App, own_page
from assistant.application import Application
from assistant.errors import Unauthenticated

router = APIRouter(include_in_schema=False)
DAYS = 30
POLICY = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
HEADERS = {"Content-Security-Policy": POLICY, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Sign in · Startup Assistant</title>
<meta name="viewport" content="width=device-width,initial-scale=1">
<style>
:root{{color-scheme:light dark;--ink:#1e293b;--soft:#64748b;--paper:#fff;--ground:#f1f5f9;--line:#cbd5e1}}
@media(prefers-color-scheme:dark){{:root{{--ink:#e5eaf3;--soft:#9aa7bb;--paper:#1c2331;--ground:#11151e;--line:#39445a}}}}
body{{margin:0;min-height:100vh;display:grid;place-items:center;background:var(--ground);color:var(--ink);
font:16px/1.55 system-ui,sans-serif}}
main{{width:min(27rem,calc(100vw - 5rem));padding:2rem;border-radius:1rem;background:var(--paper);
box-shadow:0 8px 30px rgb(15 23 42/.12)}}
h1{{font-size:1.35rem;margin:0 0 .6rem}}p{{margin:.4rem 0 1rem}}small{{color:var(--soft)}}
code{{font:.92em ui-monospace,monospace;background:var(--ground);padding:.1em .35em;border-radius:.3em}}
form{{display:flex;gap:.5rem;margin:1.2rem 0 .8rem}}
input{{flex:1;min-width:0;font:inherit;padding:.55rem .7rem;border:1px solid var(--line);border-radius:.5rem;
background:transparent;color:inherit}}
button,a.go{{font:inherit;font-weight:600;padding:.55rem 1rem;border:0;border-radius:.5rem;background:#2563c9;
color:#fff;cursor:pointer;text-decoration:none}}
button.quiet{{background:transparent;color:inherit;box-shadow:inset 0 0 0 1px var(--line)}}
.wrong{{color:#b42318}}@media(prefers-color-scheme:dark){{.wrong{{color:#ff9b8f}}}}
:focus-visible{{outline:2px solid #2563c9;outline-offset:2px}}
</style></head><body><main><h1>{title}</h1>{body}</main></body></html>"""
FORM = """<p>{note}</p>
<form action="/sign-in" method="get"><input name="token" aria-label="Sign-in token"
placeholder="Paste the link or its token" required autocomplete="off" autofocus><button>Sign in</button></form>
<small>The server prints a one-time link when it starts. <code>assistant serve</code> again makes a new one; teammates
get theirs from an admin.</small>"""


def session_user(app: Application, request: Request) -> str | None:
    """The id of the user signed in with this browser; None where nobody is, or where another site's page asks."""
    try:
        user_id = app.sessions.principal(request.cookies.get(COOKIE, "")).user_id
    except Unauthenticated:
        return None
    return user_id if request.method == "GET" or own_page(request) else None


@router.get("/sign-in")
def sign_in(request: Request, app: App, token: str = "") -> Response:
    """Use a one-time link up: the browser gets its session and goes to the chat page."""
    if not token:
        return page("Sign in", FORM.format(note="Open your sign-in link, or paste it here."))
    token = token.rsplit("token=", 1)[-1].strip()
    try:
        user = app.users.redeem(token)
    except Unauthenticated as error:
        if session_user(app, request):
            return RedirectResponse("/", 303)
        return page("Sign in", FORM.format(note=f'<span class="wrong">{escape(str(error))}</span>'), 401)
    response = RedirectResponse("/", 303, headers=HEADERS)
    secure = request.url.scheme == "https"
    cookie = app.sessions.create(user["id"], DAYS)
    response.set_cookie(COOKIE, cookie, DAYS * 86_400, httponly=True, secure=secure, samesite="lax")
    return response


@router.get("/sign-out")
@router.post("/sign-out")
def sign_out(request: Request, app: App) -> Response:
    """End the browser's session."""
    if not own_page(request):
        return RedirectResponse("/", 303)
    app.sessions.end(request.cookies.get(COOKIE, ""))
    response = page(
        "You are signed out", '<p>See you soon.</p><a class="go" href="/sign-in">Sign in again</a>'
    )
    response.delete_cookie(COOKIE)
    return response


def page(title: str, body: str, status: int = 200) -> HTMLResponse:
    """A small page of the sign-in's look.

    Args:
        title: plain text.
        body: HTML.
        status: the HTTP status.
    """
    return HTMLResponse(PAGE.format(title=title, body=body), status, HEADERS)

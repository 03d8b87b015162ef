"""Signing a browser in, by a one-time link, a password or another service, and out again."""

from contextlib import suppress
from html import escape
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from assistant.access.audit import acting
from assistant.access.limits import Limiter, network_of
from assistant.access.principal import Principal
from assistant.api.auth import COOKIE, App, address, own_page
from assistant.application import Application
from assistant.errors import AppError, TooMany, Unauthenticated
from ui.languages import lang, reader, say, told

router = APIRouter(include_in_schema=False, dependencies=[Depends(reader)])
# Tries of a password a minute: of one address, and at one name from all addresses together.
BY_ADDRESS, BY_NAME = Limiter(10), Limiter(5)
POLICY = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
HEADERS = {"Content-Security-Policy": POLICY, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
PAGE = """<!doctype html>
<html lang="{lang}"><head><meta charset="utf-8"><title>{title} · Startup Assistant</title>
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
form.tall{{flex-direction:column}}form.tall input{{flex:none}}
button,a.go{{font:inherit;font-weight:600;padding:.55rem 1rem;border:0;border-radius:.5rem;background:#2563c9;
color:#fff;cursor:pointer;text-decoration:none}}
button.quiet{{background:transparent;color:inherit;box-shadow:inset 0 0 0 1px var(--line)}}
.wrong{{color:#b42318}}@media(prefers-color-scheme:dark){{.wrong{{color:#ff9b8f}}}}
:focus-visible{{outline:2px solid #2563c9;outline-offset:2px}}
</style></head><body><main><h1>{title}</h1>{body}</main></body></html>"""
FORM = """<p>{note}</p>{service}{password}
<form action="/sign-in" method="get"><input name="token" aria-label="{token}"
placeholder="{paste}" required autocomplete="off" autofocus><button>{go}</button></form>
<small>{where}</small>"""
SERVICE = '<p><a class="go" href="/sign-in/service/">{go}</a></p>'
PASSWORD = """<form class="tall" action="/sign-in" method="post">
<input name="name" aria-label="{user}" placeholder="{user}" required autocomplete="username" value="{name}">
<input name="password" type="password" aria-label="{password}" placeholder="{password}" required
autocomplete="current-password"><button>{go}</button></form><p><small>{below}</small></p>"""
WHERE = (
    "The server prints a one-time link when it starts. {command} again makes a new one; teammates get theirs from an "
    "admin."
)


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
        return form(app, say("Open your sign-in link, or paste it here."))
    token = token.rsplit("token=", 1)[-1].strip()
    try:
        user = app.users.redeem(token)
    except Unauthenticated as error:
        if session_user(app, request):
            return RedirectResponse("/", 303)
        app.refusals.note(address(request), "a link", error.message)
        return form(app, error)
    return entered(request, app, user, "a link")


@router.post("/sign-in")
def sign_in_by_password(
    request: Request,
    app: App,
    name: Annotated[str, Form(max_length=200)] = "",
    password: Annotated[str, Form(max_length=2_000)] = "",
) -> Response:
    """Sign in with a name and its password."""
    if not own_page(request):
        return RedirectResponse("/sign-in", 303)
    acting(Principal("", "", ""), address(request))
    try:
        BY_ADDRESS.check(network_of(address(request)))
        BY_NAME.check(name.strip().casefold())
        user = app.users.check_password(name, password)
    except (TooMany, Unauthenticated) as error:
        return form(app, error, name)
    return entered(request, app, user, "a password")


def entered(request: Request, app: Application, user: dict[str, Any], by: str) -> Response:
    """Send a browser to the chat page with a new session.

    Args:
        request: the browser's.
        app: the application.
        user: whose session it is.
        by: what they signed in with, for the audit log.
    """
    acting(Principal(user["id"], user["name"], user["role"]), address(request))
    response = RedirectResponse("/", 303, headers=HEADERS)
    secure = request.url.scheme == "https" or app.settings.public_url.startswith("https:")
    days = app.settings.session_days
    cookie = app.sessions.create(user["id"], days, by)
    response.set_cookie(COOKIE, cookie, int(days * 86_400), httponly=True, secure=secure, samesite="lax")
    return response


def form(app: Application, note: str | AppError, name: str = "") -> HTMLResponse:
    """The page with all ways in that there are here.

    Args:
        app: the application.
        note: what is said above them, or why the last try failed.
        name: what was typed as a name.
    """
    host = app.settings.oidc_host
    body = FORM.format(
        note=escape(note) if isinstance(note, str) else f'<span class="wrong">{escape(told(note))}</span>',
        service=SERVICE.format(go=escape(say("Sign in with {host}", host=host))) if host else "",
        password=_password(name) if app.users.have_passwords() else "",
        token=say("Sign-in token"),
        paste=say("Paste the link or its token"),
        go=say("Sign in"),
        where=say(WHERE, command="<code>assistant serve</code>"),
    )
    return page(say("Sign in"), body, note.status if isinstance(note, AppError) else 200)


def _password(name: str) -> str:
    return PASSWORD.format(
        user=say("Name"),
        name=escape(name),
        password=say("Password"),
        go=say("Sign in"),
        below=say("Or with a one-time link:"),
    )


@router.get("/sign-out")
@router.post("/sign-out")
def sign_out(request: Request, app: App) -> Response:
    """End the browser's session."""
    if not own_page(request):
        return RedirectResponse("/", 303)
    token = request.cookies.get(COOKIE, "")
    with suppress(Unauthenticated):
        acting(app.sessions.principal(token), address(request))
    app.sessions.end(token)
    response = page(say("You are signed out"), _linked(say("See you soon."), say("Sign in again")))
    response.delete_cookie(COOKIE)
    return response


def signed_out() -> HTMLResponse:
    """What a page answers to a browser in which nobody is signed in."""
    body = _linked(say("Sign in first, then open this page again."), say("Sign in"))
    return page(say("Who is asking?"), body, 401)


def _linked(words: str, link: str) -> str:
    return f'<p>{words}</p><a class="go" href="/sign-in">{link}</a>'


def page(title: str, body: str, status: int = 200) -> HTMLResponse:
    """A small page of the sign-in's look.

    Args:
        title: plain text.
        body: HTML.
        status: the HTTP status.
    """
    return HTMLResponse(PAGE.format(lang=lang(), title=title, body=body), status, HEADERS)

"""The page on which a signed-in user approves or declines what one of their programs asked for over MCP."""

from html import escape
from typing import Any

from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from assistant.access.principal import Principal
from assistant.api.auth import COOKIE, App
from assistant.application import Application
from knowledge.errors import TeachingError
from ui.sign_in import page, session_user

router = APIRouter(include_in_schema=False)
SIGNED_OUT = """<p>Sign in first, then open this page again.</p><a class="go" href="/sign-in">Sign in</a>"""
QUESTION = """<p>A program with one of your keys asks:</p><p><b>{summary}</b></p>{warnings}<p><code>{call}</code></p>
<form method="post"><button name="answer" value="yes">Approve</button>
<button class="quiet" name="answer" value="no">Decline</button></form>
<small>It runs once, when the program calls again with the same arguments within the hour.</small>"""
GONE = "<p>Nothing waits here: it was answered already, or another user is asked.</p>"
ANSWERED = {
    True: "<p>The program may run it once now. Tell it to go on.</p>",
    False: "<p>It will not run.</p>",
}


@router.get("/approvals/{approval_id}")
def show(approval_id: str, request: Request, app: App) -> Response:
    """What waits, with two buttons."""
    user_id = session_user(app, request)
    if user_id is None:
        return page("Who is asking?", SIGNED_OUT, 401)
    row = next((each for each in app.direct.waiting(user_id) if each["id"] == approval_id), None)
    return page("May it?", _question(row)) if row else page("Nothing to approve", GONE, 404)


@router.post("/approvals/{approval_id}")
def answer(approval_id: str, request: Request, app: App, answer: str = Form()) -> Response:
    """Approve it, or decline; pages of other sites cannot."""
    if session_user(app, request) is None:
        return page("Who is asking?", SIGNED_OUT, 401)
    granted = answer == "yes"
    try:
        app.direct.decide(approval_id, granted, _user(app, request))
    except TeachingError as error:
        return page("Nothing was done", f"<p>{escape(str(error))}</p>", error.status)
    return page("Approved" if granted else "Declined", ANSWERED[granted])


def _user(app: Application, request: Request) -> Principal:
    return app.sessions.principal(request.cookies.get(COOKIE, ""))


def _question(row: dict[str, Any]) -> str:
    found = (row["details"] or {}).get("warnings") or []
    warnings = "".join(f"<p>{escape(str(each))}</p>" for each in found)
    args = ", ".join(f"{name}={value!r}" for name, value in row["args"].items())
    call = escape(f"{row['tool']}({args})")
    return QUESTION.format(summary=escape(row["summary"]), warnings=warnings, call=call)

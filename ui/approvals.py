"""The page on which a signed-in user approves or declines what one of their programs asked for over MCP."""

from html import escape
from typing import Any

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import Response

from assistant.access.principal import Principal
from assistant.api.auth import COOKIE, App
from assistant.application import Application
from assistant.errors import BadRequest
from knowledge.errors import TeachingError
from ui.languages import reader, say, told
from ui.sign_in import page, session_user, signed_out

router = APIRouter(include_in_schema=False, dependencies=[Depends(reader)])
QUESTION = """<p>{asks}</p><p><b>{summary}</b></p>{warnings}<p><code>{call}</code></p>
<form method="post"><button name="answer" value="yes">{yes}</button>
<button class="quiet" name="answer" value="no">{no}</button></form>
<small>{once}</small>"""


@router.get("/approvals/{approval_id}")
def show(approval_id: str, request: Request, app: App) -> Response:
    """What waits, with two buttons."""
    user_id = session_user(app, request)
    if user_id is None:
        return signed_out()
    row = next((each for each in app.direct.waiting(user_id) if each["id"] == approval_id), None)
    if row is None:
        return page(say("Nothing to approve"), f"<p>{_gone()}</p>", 404)
    return page(say("May it?"), _question(row))


@router.post("/approvals/{approval_id}")
def answer(approval_id: str, request: Request, app: App, answer: str = Form()) -> Response:
    """Approve it, or decline; pages of other sites cannot."""
    if session_user(app, request) is None:
        return signed_out()
    granted = answer == "yes"
    try:
        app.direct.decide(approval_id, granted, _user(app, request))
    except TeachingError as error:
        why = _gone() if isinstance(error, BadRequest) else escape(told(error))
        return page(say("Nothing was done"), f"<p>{why}</p>", error.status)
    if granted:
        return page(say("Approved"), f"<p>{say('The program may run it once now. Tell it to go on.')}</p>")
    return page(say("Declined"), f"<p>{say('It will not run.')}</p>")


def _user(app: Application, request: Request) -> Principal:
    return app.sessions.principal(request.cookies.get(COOKIE, ""))


def _gone() -> str:
    return say("Nothing waits here: it was answered already, or another user is asked.")


def _question(row: dict[str, Any]) -> str:
    found = (row["details"] or {}).get("warnings") or []
    warnings = "".join(f"<p>{escape(str(each))}</p>" for each in found)
    args = ", ".join(f"{name}={value!r}" for name, value in row["args"].items())
    call = escape(f"{row['tool']}({args})")
    return QUESTION.format(
        asks=say("A program with one of your keys asks:"),
        summary=escape(row["summary"]),
        warnings=warnings,
        call=call,
        yes=say("Approve"),
        no=say("Decline"),
        once=say("It runs once, when the program calls again with the same arguments within the hour."),
    )

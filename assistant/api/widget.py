"""``/v1/widget``: what the widget's frame asks for its visitor. Knowledge answers alone are reached from here."""

from collections.abc import AsyncIterator, Iterable
from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse

from assistant.access.principal import Principal
from assistant.agent.events import Choices, Citation, Done, Event, Failed, Token
from assistant.api.auth import (
    App,
    address,
    check_origin,
    count_refused,
    from_own_page,
    page_of,
    visitor_limits,
)
from assistant.api.fields import Body, FreeText, Name, Text
from assistant.api.identity import identified, identified_by_token
from assistant.api.sse import Pump, data, stream
from assistant.api.talk import beginning
from assistant.api.visitors import Visit, VisitorTokens, visitor_of
from assistant.api.webhook import post
from assistant.application import Application
from assistant.errors import Missing, Unauthenticated
from assistant.logs import log
from knowledge.errors import TeachingError

router = APIRouter(prefix="/v1/widget", tags=["widget"])
HANDOFF = 5.0  # questions that one hand-off counts for
bearer = HTTPBearer(auto_error=False, scheme_name="visit", description="The token in the widget's frame.")


class MessageRequest(Body):
    """A visitor's message; ``thread`` goes on with their conversation."""

    message: Annotated[Text, Field(max_length=2000)]
    thread: Name | None = None


class IdentifyRequest(Body):
    """Who the visitor is: ``id``, ``time`` and ``hash``, or a signed ``token``."""

    id: Annotated[str, Field(max_length=128)] | None = None
    time: int | None = None
    hash: Annotated[str, Field(max_length=128)] | None = None
    token: Annotated[str, Field(max_length=4000)] | None = None


class FeedbackRequest(Body):
    """A thumb: up, down, or taken back; ``answer`` counts the assistant's answers from 0, without stopped ones."""

    thread: Name
    answer: Annotated[int, Field(ge=0, le=100_000)]
    good: bool | None
    reason: Annotated[FreeText, Field(max_length=500)] = ""


class HandoffRequest(Body):
    """Where the team may answer, and what it should know."""

    email: Annotated[Text, Field(max_length=254)]
    message: Annotated[FreeText, Field(max_length=2000)] = ""
    thread: Name | None = None


class Renewed(BaseModel):
    """A visit's new token, and the conversation that this person had last."""

    token: str
    thread: str | None = None


class Noted(BaseModel):
    """It was noted."""

    noted: Literal[True] = True


class Passage(BaseModel):
    """A cited passage in its document."""

    source: str
    title: str
    text: str
    start: int
    end: int


class Line(BaseModel):
    """One line of a visitor's conversation; what was said in one turn is one answer, under the id of its last part."""

    role: str
    text: str
    citations: list[dict[str, Any]] = []
    stopped: bool = False
    id: str = ""


class History(BaseModel):
    """A visitor's conversation so far."""

    messages: list[Line]


def tokens_of(request: Request) -> VisitorTokens:
    """The signer of this server."""
    return request.app.state.visitor_tokens


def visit_of(
    request: Request, token: Annotated[HTTPAuthorizationCredentials | None, Security(bearer)]
) -> Visit:
    """The visit that a request belongs to."""
    try:
        if token is None:
            raise Unauthenticated("No visit was named.", "Open the widget on its page.")
        return tokens_of(request).read(token.credentials)
    except Unauthenticated:
        count_refused(request)
        raise


OnVisit = Annotated[Visit, Depends(visit_of)]


def visitor(request: Request, app: App, visit: OnVisit) -> Principal:
    """The visitor, whose key must live and still answer the page that the visit began on.

    The request must come from the frame or one of the key's pages.
    """
    principal = visitor_of(app, visit)
    if visit.origin or not principal.origins:
        check_origin(visit.origin, principal.origins)
    if not from_own_page(request):
        check_origin(page_of(request), principal.origins)
    return principal


Visitor = Annotated[Principal, Depends(visitor)]


def sight(request: Request, visit: OnVisit) -> None:
    """Count a look at something; questions are counted by their routes."""
    visitor_limits(request).see(visit.key_id, address(request), visit.visitor)


Sight = Depends(sight)


@router.post(
    "/messages",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {}}, "description": "The answer as events."}},
)
async def send_message(
    body: MessageRequest, request: Request, app: App, visit: OnVisit, who: Visitor
) -> StreamingResponse:
    """Answer a visitor; events are JSON with a ``kind``: begun, token, citation, choices, failed, done."""
    visitor_limits(request).check(visit.key_id, address(request), visit.visitor)
    # Told at once: the visitor may stop before the end.
    begun = {"kind": "begun", "thread": body.thread or ""}

    def turn() -> Iterable[Event]:
        app.visits.note(visit.visitor, visit.key_id, visit.origin, visit.person)
        begun["thread"] = body.thread or app.agent.threads.create(who.user_id)["id"]
        return app.agent.turn(who, body.message, begun["thread"])

    pump: Pump[Event] = Pump(turn)
    try:
        first = await beginning(pump)
    except TeachingError:  # nothing was said in it, and the visitor's page has not heard of it
        if begun["thread"] and not body.thread:
            await run_in_threadpool(app.agent.threads.delete, begun["thread"], who.user_id)
        raise
    fresh = tokens_of(request).sign(visit)
    return stream(_lines(begun, first, pump, fresh), pump)


async def _lines(
    begun: dict[str, str], first: list[Event], pump: Pump[Event], token: str
) -> AsyncIterator[str]:
    yield data(begun)
    try:
        for event in first:
            yield _line(event, token)
        async for event in pump:
            yield _line(event, token)
    except Exception as error:
        log().error("visitor's turn failed", exc_info=error)
        yield data({"kind": "failed", "message": "Something broke on our side. Please try again."})


def _line(event: Event, token: str) -> str:
    match event:
        case Token() | Citation() | Choices() | Failed():
            return data(event.as_dict())
        case Done(thread):
            return data({"kind": "done", "thread": thread, "token": token})
    return ""  # steps and redactions are no visitor's business


@router.post("/identify", dependencies=[Sight])
def identify(body: IdentifyRequest, request: Request, app: App, visit: OnVisit, _who: Visitor) -> Renewed:
    """Say who the visitor is, with the site's signature; the token that comes back stands for them."""
    secret = tokens_of(request).identity_secret(visit.key_id)
    if body.token:
        person = identified_by_token(secret, body.token)
    else:
        person = identified(secret, body.id or "", body.time or 0, body.hash or "")
    known = tokens_of(request).known(visit, person)
    app.visits.note(known.visitor, known.key_id, known.origin, person)
    earlier = app.agent.threads.list(f"visitor-{known.visitor}")
    last = next((each for each in earlier if each["title"]), None)  # untitled: nothing was said
    return Renewed(token=tokens_of(request).sign(known), thread=last["id"] if last else None)


@router.post("/feedback", dependencies=[Sight])
def rate_answer(body: FeedbackRequest, app: App, who: Visitor) -> Noted:
    """A visitor's thumb on an answer of their conversation; null takes it back."""
    lines = _said(app, who, body.thread)
    places = [at for at, each in enumerate(lines) if each.role == "assistant" and not each.stopped]
    if body.answer >= len(places):
        raise Missing(f"There is no answer {body.answer} in this conversation.", param="answer")
    at = places[body.answer]
    question = next((each.text for each in reversed(lines[:at]) if each.role == "user"), "")
    reason = str(app.redactor.redact(body.reason)["text"])
    app.feedback.rate(
        body.thread, lines[at].id, who.user_id, body.good, reason, question=question, answer=lines[at].text
    )
    return Noted()


@router.post("/handoff")
def ask_for_person(body: HandoffRequest, request: Request, app: App, visit: OnVisit, who: Visitor) -> Noted:
    """A visitor asks for a person: the team's inbox gets their address and what was said."""
    visitor_limits(request).check(visit.key_id, address(request), visit.visitor, cost=HANDOFF)
    said = _said(app, who, body.thread) if body.thread else []
    transcript = [{"role": each.role, "text": each.text} for each in said]
    app.visits.note(visit.visitor, visit.key_id, visit.origin, visit.person)
    row = app.visits.hand_off(
        visit.visitor, visit.key_id, visit.origin, body.email, str(app.redactor.redact(body.message)["text"]),
        body.thread, transcript, visit.person,
    )  # fmt: skip
    if app.settings.handoff_webhook:
        secret = app.settings.handoff_webhook_secret
        shown = {
            key: row[key]
            for key in ("id", "origin", "person", "email", "message", "transcript", "created_at")
        }
        post(app.settings.handoff_webhook, secret.get_secret_value() if secret else "", "handoff", shown)
    return Noted()


@router.get("/messages", dependencies=[Sight])
def list_messages(
    app: App, who: Visitor, thread: Annotated[str, Query(min_length=1, max_length=255)]
) -> History:
    """A visitor's conversation, for a page they have moved on to."""
    return History(messages=_said(app, who, thread))


def _said(app: Application, who: Principal, thread: str) -> list[Line]:
    """A conversation as its visitor has seen it."""
    lines: list[Line] = []
    citations: list[dict[str, Any]] = []
    for entry in app.agent.history(who, thread):
        if entry.role == "tool":
            citations += [asdict(each) for each in entry.shown if isinstance(each, Citation)]
        elif entry.role == "user":
            lines.append(Line(role="user", text=entry.text, id=entry.id))
            citations = []
        elif lines and lines[-1].role == "assistant":
            last = lines[-1]
            more = {"text": f"{last.text}\n\n{entry.text}", "citations": [*last.citations, *citations]}
            lines[-1] = last.model_copy(update={**more, "stopped": entry.stopped, "id": entry.id})
            citations = []
        else:
            lines.append(
                Line(
                    role="assistant", text=entry.text, citations=citations, stopped=entry.stopped, id=entry.id
                )
            )
            citations = []
    return [each for each in lines if each.text]


@router.get("/passages/{passage}", dependencies=[Sight])
def show_passage(passage: str, app: App, _who: Visitor) -> Passage:
    """A published passage in its document."""
    if not passage.isdecimal() or len(passage) > 18:
        raise Missing(f"There is no passage {passage[:20]}.", param="passage")
    return Passage.model_validate(app.knowledge.passage(passage, visitor=True))

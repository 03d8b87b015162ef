"""``/v1/widget``: what the widget's frame asks for its visitor. Knowledge answers alone are reached from here."""

from collections.abc import AsyncIterator
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, Field
from starlette.responses import StreamingResponse

from assistant.access.principal import Principal
from assistant.agent.events import Choices, Citation, Done, Event, Failed, Token
from assistant.api.auth import App, address, check_origin, own_page, visitor_limits
from assistant.api.fields import Body, Name, Text
from assistant.api.sse import Pump, data, stream
from assistant.api.talk import beginning
from assistant.api.visitors import Visit, VisitorTokens, visitor_of
from assistant.errors import Missing, Unauthenticated
from assistant.logs import log

router = APIRouter(prefix="/v1/widget", tags=["widget"])
bearer = HTTPBearer(auto_error=False, scheme_name="visit", description="The token in the widget's frame.")


class MessageRequest(Body):
    """A visitor's message; ``thread`` goes on with their conversation."""

    message: Annotated[Text, Field(max_length=2000)]
    thread: Name | None = None


class Passage(BaseModel):
    """A cited passage in its document."""

    source: str
    title: str
    text: str
    start: int
    end: int


class Line(BaseModel):
    """One line of a visitor's conversation."""

    role: str
    text: str
    citations: list[dict[str, Any]] = []


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
    if token is None:
        raise Unauthenticated("No visit was named.", "Open the widget on its page.")
    return tokens_of(request).read(token.credentials)


OnVisit = Annotated[Visit, Depends(visit_of)]


def visitor(request: Request, app: App, visit: OnVisit) -> Principal:
    """The visitor, whose key must live; the request must come from the frame or one of the key's pages."""
    principal = visitor_of(app, visit)
    if not own_page(request):
        check_origin(request.headers.get("origin"), principal.origins)
    return principal


Visitor = Annotated[Principal, Depends(visitor)]


@router.post(
    "/messages",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {}}, "description": "The answer as events."}},
)
async def send_message(
    body: MessageRequest, request: Request, app: App, visit: OnVisit, who: Visitor
) -> StreamingResponse:
    """Answer a visitor; events are JSON with a ``kind``: token, citation, choices, failed, done."""
    visitor_limits(request).check(visit.key_id, address(request))
    pump: Pump[Event] = Pump(lambda: app.agent.turn(who, body.message, body.thread))
    first = await beginning(pump)
    fresh = tokens_of(request).sign(visit)
    return stream(_lines(first, pump, fresh), pump)


async def _lines(first: list[Event], pump: Pump[Event], token: str) -> AsyncIterator[str]:
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


@router.get("/messages")
def list_messages(
    app: App, who: Visitor, thread: Annotated[str, Query(min_length=1, max_length=255)]
) -> History:
    """A visitor's conversation, for a page they have moved on to."""
    lines: list[Line] = []
    citations: list[dict[str, Any]] = []
    for entry in app.agent.history(who, thread):
        if entry.role == "tool":
            citations += [asdict(each) for each in entry.shown if isinstance(each, Citation)]
        elif entry.text:
            shown = citations if entry.role == "assistant" else []
            lines.append(Line(role=entry.role, text=entry.text, citations=shown))
            citations = [] if shown else citations
    return History(messages=lines)


@router.get("/passages/{passage}")
def show_passage(passage: str, app: App, _who: Visitor) -> Passage:
    """A published passage in its document."""
    if not passage.isdecimal() or len(passage) > 18:
        raise Missing(f"There is no passage {passage[:20]}.", param="passage")
    return Passage.model_validate(app.knowledge.passage(passage, visitor=True))

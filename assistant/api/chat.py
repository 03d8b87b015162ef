"""``/v1/chat/completions``: the assistant, or a deployed text-generation model, for any OpenAI client.

The assistant takes three fields beyond OpenAI's (``extra_body`` in its Python client): ``thread`` goes on with a
conversation; ``files`` attaches uploads by name or id; ``approve`` answers the open approval (or grants those to come),
as ``yes`` and ``no`` in words do. Without ``thread``, the messages sent along say where the conversation stands.
"""

import secrets
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from assistant.access.principal import Principal
from assistant.agent.events import (
    Artifact,
    Choices,
    Done,
    Event,
    Failed,
    Heard,
    Redacted,
    Token,
    ToolFinished,
)
from assistant.agent.outcome import Outcome
from assistant.api.auth import App, Talker
from assistant.api.conversations import Conversations
from assistant.api.errors import error_body, status_of
from assistant.api.fields import Body, FreeText, Name, Text, listed
from assistant.api.models import ASSISTANT, deployed
from assistant.api.sse import Pump, data, stream
from assistant.application import Application
from assistant.errors import AppError, BadRequest
from assistant.logs import log
from knowledge.errors import TeachingError

router = APIRouter(prefix="/v1/chat", tags=["chat"])
MOST_TOKENS = 4096


class Part(Body):
    """A part of a message; only texts are understood."""

    type: Name
    text: FreeText | None = None


class Message(Body):
    """One message of the conversation."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: FreeText | Annotated[list[Part], Field(max_length=100)] | None = None

    @property
    def text(self) -> str:
        """The message's words."""
        if isinstance(self.content, list):
            if strange := [part.type for part in self.content if part.type != "text"]:
                raise BadRequest(
                    f"Messages cannot hold {strange[0]} parts.",
                    "Send text; attach files by name.",
                    "messages",
                )
            return "\n".join(part.text or "" for part in self.content)
        return self.content or ""


class StreamOptions(Body):
    """What a stream carries beside the answer."""

    include_usage: bool | None = None


class ChatRequest(Body):
    """A chat completion request. Fields of the OpenAI API that are not listed are accepted and have no effect."""

    model: Name
    messages: Annotated[list[Message], Field(min_length=1, max_length=2048)]
    stream: bool | None = False
    stream_options: StreamOptions | None = None
    max_tokens: Annotated[int, Field(ge=1, le=MOST_TOKENS)] | None = None
    max_completion_tokens: Annotated[int, Field(ge=1, le=MOST_TOKENS)] | None = None
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    stop: Text | Annotated[list[Text], Field(max_length=4)] | None = None
    n: Annotated[int, Field(ge=1, le=1)] | None = None
    thread: Name | None = None
    approve: bool | None = None
    files: Annotated[list[Name], Field(max_length=20)] | None = None


class Reply(BaseModel):
    """The assistant's message."""

    role: Literal["assistant"] = "assistant"
    content: str
    refusal: None = None


class Choice(BaseModel):
    """The one answer."""

    index: int = 0
    message: Reply
    logprobs: None = None
    finish_reason: Literal["stop", "length"] = "stop"


class Usage(BaseModel):
    """Tokens, estimated as a quarter of the characters."""

    prompt_tokens: int
    completion_tokens: int = 0
    total_tokens: int


class ChatCompletion(BaseModel):
    """A whole answer; ``assistant`` holds the agent's steps, citations, approval and conversation."""

    id: str
    object: Literal["chat.completion"] = "chat.completion"
    created: int
    model: str
    choices: list[Choice]
    usage: Usage
    assistant: dict[str, Any] | None = None


@router.post(
    "/completions",
    response_model=ChatCompletion,
    responses={200: {"content": {"text/event-stream": {}}, "description": "The answer, whole or as events."}},
)
async def create_chat_completion(body: ChatRequest, request: Request, app: App, who: Talker) -> Any:
    """Answer a conversation, whole or streamed."""
    talk = await run_in_threadpool(_talk, app, who, body, request.app.state.conversations)
    if body.stream:
        return await _streamed(talk)
    return await run_in_threadpool(_whole, talk)


class Talk:
    """One request on its way to its answer.

    Args:
        body: the request.
        model: the answering model's name.
        events: starts the answer.
        noted: called with the finished turn of the agent; None for a plain model.
    """

    def __init__(
        self,
        body: ChatRequest,
        model: str,
        events: Callable[[], Iterator[Event]],
        noted: Callable[[Outcome], None] | None = None,
    ):
        self.body, self.model, self.events, self.noted = body, model, events, noted
        self.outcome = Outcome()
        self.id, self.created = f"chatcmpl-{secrets.token_hex(12)}", int(time.time())

    def take(self, event: Event) -> None:
        """Note an event of the answer; the last one of the agent is remembered for the next request."""
        self.outcome.take(event)
        if isinstance(event, Done) and self.noted:
            self.noted(self.outcome)

    @property
    def usage(self) -> Usage:
        """Both sides' tokens."""
        asked = sum(tokens(message.text) for message in self.body.messages)
        said = tokens(self.outcome.reply)
        return Usage(prompt_tokens=asked, completion_tokens=said, total_tokens=asked + said)

    @property
    def extension(self) -> dict[str, Any] | None:
        """The ``assistant`` field; None for a plain model."""
        if self.noted is None:
            return None
        shown = self.outcome.as_dict()
        shown["artifacts"] = [
            artifact | {"path": f"/artifacts/{artifact['id']}"} for artifact in shown["artifacts"]
        ]
        return shown

    def chunk(self, delta: dict[str, Any], finish: str | None = None, **more: Any) -> str:
        """One event of a streamed answer."""
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return data({**self._head, "choices": [choice], **more})

    def usage_chunk(self) -> str:
        """The last event of a stream that was asked to count."""
        return data({**self._head, "choices": [], "usage": self.usage.model_dump()})

    @property
    def _head(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "object": "chat.completion.chunk",
            "created": self.created,
            "model": self.model,
        }


def tokens(text: str) -> int:
    """About how many tokens a text has."""
    return -(-len(text) // 4)


def failure(failed: Failed) -> AppError:
    """A turn's last event as the error that the API answers with."""
    error = AppError(failed.message)
    error.code, error.status = failed.code, status_of(failed.code)
    return error


def _talk(app: Application, who: Principal, body: ChatRequest, conversations: Conversations) -> Talk:
    if body.model.lower() == ASSISTANT:
        return _agent(app, who, body, conversations)
    return _model(app, body)


def _agent(app: Application, who: Principal, body: ChatRequest, conversations: Conversations) -> Talk:
    earlier, message = split(body.messages)
    thread = body.thread or conversations.find(who.user_id, earlier)
    files = [_file_name(app, name) for name in body.files or []]
    if not (message.strip() or files or body.approve is not None):
        raise BadRequest("The last user message is empty.", "Ask something.", param="messages")

    def events() -> Iterator[Event]:
        going_on = thread
        if going_on is None and any(role == "assistant" for role, _ in earlier):
            going_on = app.agent.recall(who, earlier)
        decision = _decision(app, going_on, body.approve)
        grant = body.approve is True and decision is None
        return app.agent.turn(who, message, going_on, files, decision, auto_approve=grant)

    def noted(outcome: Outcome) -> None:
        said = [*earlier, ("user", message), ("assistant", outcome.reply)]
        conversations.keep(who.user_id, said, outcome.thread or "")

    return Talk(body, ASSISTANT, events, noted)


def split(messages: list[Message]) -> tuple[list[tuple[str, str]], str]:
    """What was said before, and what the user says now (all their messages since the last answer).

    System messages are left out: the assistant keeps to its own instructions.

    Raises:
        BadRequest: the last word is not the user's.
    """
    said: list[tuple[str, str]] = [
        (each.role, each.text) for each in messages if each.role in ("user", "assistant")
    ]
    if not said or said[-1][0] != "user":
        raise BadRequest("The last message is not the user's.", "End with a user message.", param="messages")
    last = max((i for i, (role, _) in enumerate(said) if role == "assistant"), default=-1) + 1
    return said[:last], "\n".join(text for _, text in said[last:])


def _file_name(app: Application, name: str) -> str:
    row = app.files.by_name(name)
    if row is None:
        raise BadRequest(f"There is no file {name}.", "Upload it at /v1/files first.", param="files")
    return row["name"]


def _decision(app: Application, thread: str | None, approve: bool | None) -> dict[str, Any] | None:
    waiting = app.agent.approvals.open(thread) if thread and approve is not None else None
    return {"approval": waiting["id"], "answer": "yes" if approve else "no"} if waiting else None


def _model(app: Application, body: ChatRequest) -> Talk:
    entry = deployed(app, body.model)
    if entry.task != "text-generation":
        hint = "Ask it at /v1/classify." if "classification" in entry.task else "Ask it at its own route."
        raise BadRequest(f"{entry.name} is a {entry.task} model and does not chat.", hint, param="model")
    messages = [_spoken(each) for each in body.messages]
    length = body.max_completion_tokens or body.max_tokens or 256
    heat = 0.0 if body.temperature is None else body.temperature

    def events() -> Iterator[Event]:
        predictor = app.predictors.get(entry.path)
        stop = listed(body.stop) if body.stop else []
        for text in predictor.generate(messages, max_tokens=length, temperature=heat, stop=stop):
            yield Token(text)

    return Talk(body, entry.name, events)


def _spoken(message: Message) -> dict[str, str]:
    """A message as chat templates know it: they have system, user and assistant."""
    if message.role in ("tool", "function"):
        raise BadRequest("This model calls no tools.", "Leave tool messages out.", param="messages")
    role = "system" if message.role == "developer" else message.role
    return {"role": role, "content": message.text}


def _whole(talk: Talk) -> ChatCompletion:
    for event in talk.events():
        talk.take(event)
    if talk.outcome.failed:
        raise failure(talk.outcome.failed)
    return ChatCompletion(
        id=talk.id,
        created=talk.created,
        model=talk.model,
        choices=[Choice(message=Reply(content=talk.outcome.reply))],
        usage=talk.usage,
        assistant=talk.extension,
    )


async def _streamed(talk: Talk) -> Response:
    pump: Pump[Event] = Pump(talk.events)
    first = await beginning(pump)
    return stream(_lines(talk, first, pump), pump)


async def beginning(pump: Pump[Event]) -> list[Event]:
    """The first events of a turn, up to one that shows it under way; until then it can fail with a status of its own.

    Raises:
        AppError: the turn failed at once.
    """
    first: list[Event] = []
    try:
        async for event in pump:
            if isinstance(event, Failed):
                raise failure(event)
            first.append(event)
            if not isinstance(event, Heard | Redacted):
                break
    except BaseException:
        pump.stop()
        raise
    return first


async def _lines(talk: Talk, first: list[Event], pump: Pump[Event]) -> AsyncIterator[str]:
    yield talk.chunk({"role": "assistant", "content": ""})
    try:
        for event in first:
            talk.take(event)
            yield _line(talk, event)
        async for event in pump:
            talk.take(event)
            yield _line(talk, event)
    except Exception as error:
        yield data(_problem(error))
        return
    if talk.outcome.failed:
        return
    yield talk.chunk({}, "stop", **({"assistant": talk.extension} if talk.extension else {}))
    if talk.body.stream_options and talk.body.stream_options.include_usage:
        yield talk.usage_chunk()
    yield data("[DONE]")


def _line(talk: Talk, event: Event) -> str:
    match event:
        case Token(text):
            return talk.chunk({"content": text})
        case Failed():
            return data(_problem(failure(event)))
        case Done() | Choices():
            return ""
    shown = event.as_dict()
    if isinstance(event, Artifact):
        shown["path"] = f"/artifacts/{event.id}"
    if isinstance(event, ToolFinished):
        del shown["result"]
    return talk.chunk({}, assistant={"event": shown})


def _problem(error: Exception) -> dict[str, Any]:
    if isinstance(error, TeachingError):
        return error_body(str(error), error.status, error.code, error.param)
    log().error("stream failed", exc_info=error)
    return error_body("Something broke on our side. Try again.", 500, "internal_error")

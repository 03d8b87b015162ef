"""A chat answer on its way to the client: collected whole, or streamed as it comes; a client that leaves ends it."""

import asyncio
import contextlib
import secrets
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import TYPE_CHECKING, Any, Literal

from fastapi import Request
from starlette.responses import Response

from assistant.agent.events import (
    Artifact,
    Choices,
    Done,
    Event,
    Failed,
    Heard,
    Redacted,
    Stands,
    Stopped,
    Token,
    ToolFinished,
)
from assistant.agent.outcome import Outcome
from assistant.api.auth import application
from assistant.api.completion import ChatCompletion, Choice, Reply, Usage, Wanted, tokens
from assistant.api.errors import error_body, status_of
from assistant.api.spending import spent
from assistant.api.sse import Pump, data, stream
from assistant.api.waiting import left
from assistant.errors import AppError, ClientLeft
from assistant.logs import log
from knowledge.errors import TeachingError

if TYPE_CHECKING:
    from tools.finetune.tasks.text_generation import Ending


class Talk:
    """One request on its way to its answer.

    Args:
        body: how the answer is wanted.
        model: the answering model's name.
        events: starts the answer.
        noted: called with the finished turn of the agent; None for a plain model.
        asked: tokens of the request; those of the user's message where left out.
        version: the version of a plain model that answers.

    Attributes:
        ending: how a plain model's answer ended, where the model tells.
    """

    def __init__(
        self,
        body: Wanted,
        model: str,
        events: Callable[[], Iterator[Event]],
        noted: Callable[[Outcome], None] | None = None,
        asked: int = 0,
        version: str | None = None,
    ):
        self.body, self.model, self.events, self.noted = body, model, events, noted
        self.version = version
        self.ending: Ending | None = None
        self.outcome, self._asked = Outcome(), asked
        self.id, self.created = f"chatcmpl-{secrets.token_hex(12)}", int(time.time())

    def take(self, event: Event) -> None:
        """Note an event of the answer; the last one of the agent is remembered for the next request."""
        self.outcome.take(event)
        if isinstance(event, Heard) and not self._asked:
            self._asked = tokens(event.text)
        if isinstance(event, Done) and self.noted:
            self.noted(self.outcome)

    @property
    def usage(self) -> Usage:
        """Both sides' tokens: counted by a plain model, estimated of the agent."""
        asked, said = self._asked, tokens(self.outcome.reply)
        if self.ending:
            asked, said = self.ending.read, self.ending.written
        return Usage(prompt_tokens=asked, completion_tokens=said, total_tokens=asked + said)

    @property
    def finish(self) -> Literal["stop", "length"]:
        """Why the answer ends where it does."""
        return "length" if self.ending and self.ending.cut else "stop"

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


def failure(failed: Failed) -> AppError:
    """A turn's last event as the error that the API answers with."""
    error = AppError(failed.message)
    error.code, error.status = failed.code, status_of(failed.code)
    if failed.retry_after:
        error.retry_after = failed.retry_after
    return error


async def answered(talk: Talk, request: Request) -> ChatCompletion | Response:
    """The answer as it was wanted, whole or as events. It is stopped where the client leaves before its end.

    Raises:
        AppError: the turn failed, in a stream before anything was said.
    """
    return await _streamed(talk, request) if talk.body.stream else await _whole(talk, request)


async def _whole(talk: Talk, request: Request) -> ChatCompletion:
    pump: Pump[Event] = Pump(talk.events)
    try:
        async with _watched(request, pump):
            async for event in pump:
                talk.take(event)
    finally:
        pump.stop()
    if talk.outcome.failed:
        raise failure(talk.outcome.failed)
    await _count(talk, request)
    return ChatCompletion(
        id=talk.id,
        created=talk.created,
        model=talk.model,
        choices=[Choice(message=Reply(content=talk.outcome.reply), finish_reason=talk.finish)],
        usage=talk.usage,
        assistant=talk.extension,
    )


async def _count(talk: Talk, request: Request) -> None:
    """Count what a plain model used; the agent counts its own turns."""
    if talk.noted is None:
        await spent(request, application(request), lambda: talk.usage.total_tokens)


@contextlib.asynccontextmanager
async def _watched(request: Request, pump: Pump[Event]) -> AsyncIterator[None]:
    """Stop the answer where the client leaves within the block.

    Raises:
        ClientLeft: it did.
    """
    watch = asyncio.create_task(left(request))
    watch.add_done_callback(lambda task: None if task.cancelled() else pump.stop())
    try:
        yield
        if watch.done():
            raise ClientLeft("The client has left.")
    finally:
        watch.cancel()


async def _streamed(talk: Talk, request: Request) -> Response:
    pump: Pump[Event] = Pump(talk.events)
    async with _watched(request, pump):  # from then on the response does it
        first = await beginning(pump)
    return stream(_lines(talk, first, pump, request), pump)


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
            if not isinstance(event, Heard | Redacted | Stands):
                break
    except BaseException:
        pump.stop()
        raise
    return first


async def _lines(talk: Talk, first: list[Event], pump: Pump[Event], request: Request) -> AsyncIterator[str]:
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
    await _count(talk, request)
    if talk.outcome.failed:
        return
    yield talk.chunk({}, talk.finish, **({"assistant": talk.extension} if talk.extension else {}))
    if talk.body.stream_options and talk.body.stream_options.include_usage:
        yield talk.usage_chunk()
    yield data("[DONE]")


def _line(talk: Talk, event: Event) -> str:
    match event:
        case Token(text):
            return talk.chunk({"content": text})
        case Failed():
            return data(_problem(failure(event)))
        case Done() | Choices() | Stopped():
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

"""A chat model on a server, with the embedded one behind it: when the server is away, turns are answered all the same.

A turn that the embedded model answers says so in one line. The server is asked again at the next turn, but not within
``cool_down`` seconds, nor before the time for which it asks to be left alone. An answer that breaks off midway stays as
far as it was shown; tool calls wait for its end.
"""

import functools
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from pydantic import PrivateAttr

from assistant.brain.faults import BrokeOff, is_away, is_cut, is_too_long, of_a_client, status
from assistant.brain.inner import Alone, OuterChatModel, passed, piece
from assistant.brain.mend import HeldCalls
from assistant.brain.notices import notice
from assistant.brain.patience import MOST_REST, tried, wanted_pause
from assistant.brain.situation import shortened
from assistant.brain.toolcalls import Unthought
from assistant.errors import ModelUnavailable
from assistant.logs import log

COOL_DOWN = 30.0  # seconds without asking a server that was away
SPARE = {"answered_by": "embedded"}  # what marks the spare model's answers
LONGEST = 600.0  # seconds that an answer may take, however steadily it trickles
# An answer's end, as OpenAI's two interfaces, Anthropic and Ollama call it.
ENDS = ("finish_reason", "status", "stop_reason", "done_reason")


class FallbackChatModel(OuterChatModel):
    """The server's model as long as it answers, the spare one when it is away.

    Args:
        primary: the model on a server.
        spare: the model that always answers.
        cool_down: seconds during which a server that was away is not asked again.
        tells_end: the server gives each answer one of :data:`ENDS`; a stream without one has been cut.
        retries: how often a server that is away is asked again at once; none where its client does so by itself.
        longest: seconds that an answer may take.
    """

    primary: BaseChatModel
    spare: BaseChatModel
    cool_down: float = COOL_DOWN
    tells_end: bool = False
    retries: int = 0
    longest: float = LONGEST
    _rests_until: float = PrivateAttr(default=0.0)

    @property
    def _llm_type(self) -> str:
        return "startup-assistant-fallback"

    @property
    def _identifying_params(self) -> dict[str, Any]:
        return {"primary": self.primary._identifying_params, "spare": self.spare._identifying_params}

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        talk = [_as_said(message) for message in messages]
        message, why = None, "away"
        if not self._rests(messages):
            try:
                end = time.monotonic() + self.longest
                message = self._fitting(talk, Alone(self.primary, kwargs, stop).invoke, end)
            except Exception as error:
                why = self._give_up(error)
        if message is None:
            message = _led(Alone(self.spare, kwargs).invoke(talk), self._line(messages, why))
        return ChatResult(generations=[ChatGeneration(message=message.model_copy(update={"id": None}))])

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        talk, why = [_as_said(message) for message in messages], "away"
        if not self._rests(messages):
            reply = _Reply()
            try:
                yield from self._told(reply, talk, stop, kwargs)
                return
            except Exception as error:
                if reply.shown:
                    log().warning("answer broke off", error=type(error).__name__, status=status(error))
                    told = f"\n\n{notice('broke_off', messages)}"
                    yield _chunk(told, broke_off=told)
                    return
                why = self._give_up(error)
        line = self._line(messages, why)
        yield _chunk(f"{line}\n\n", notice=line, **SPARE) if line else _chunk("", **SPARE)
        for chunk in Alone(self.spare, kwargs).stream(talk):
            yield passed(chunk)

    def _told(
        self, reply: "_Reply", talk: list[BaseMessage], stop: list[str] | None, kwargs: dict[str, Any]
    ) -> Iterator[ChatGenerationChunk]:
        """The server's answer; asked for in one piece where a stream was cut before it said anything."""
        model, end = Alone(self.primary, kwargs, stop), time.monotonic() + self.longest
        try:
            chunks = self._fitting(talk, lambda some: _begun(_until(end, model.stream(some))), end)
            yield from reply.heard(chunks)
            if self.tells_end and not reply.ended:
                raise BrokeOff
        except Exception as error:
            if reply.shown or not is_cut(error, reply.begun):
                raise
            yield from reply.heard_whole(self._fitting(talk, model.invoke, end))
        yield from reply.rest()

    def _fitting(self, talk: list[BaseMessage], ask: Callable[[list[BaseMessage]], Any], end: float) -> Any:
        """Ask; where the conversation is too long for the model, again without its older half.

        The spare model reads every name of the workspace in the prompt; the server is told of the newest.
        """
        talk = [_shortened(message) for message in talk]
        while True:
            try:
                return tried(functools.partial(ask, talk), self.retries, end)
            except Exception as error:
                shorter = _newer_half(talk) if is_too_long(error) else talk
                if len(shorter) == len(talk):
                    raise
                talk = shorter

    def _rests(self, messages: list[BaseMessage]) -> bool:
        return time.monotonic() < self._rests_until or noticed(messages)

    def _line(self, messages: list[BaseMessage], why: str) -> str:
        """What is said before the spare model's answer, once a turn."""
        return "" if noticed(messages) else notice(why, messages)

    def _give_up(self, error: Exception) -> str:
        """Why the spare model answers, a key of the notices; a server that is away is left alone for a while.

        Raises:
            Exception: it is neither the server that is away nor the newest turn that is too long for the model.
        """
        if is_too_long(error):
            return "too_long"
        if is_away(error):
            log().warning("chat model is away", error=type(error).__name__, status=status(error))
            rest = max(self.cool_down, min(wanted_pause(error) or 0.0, MOST_REST))
            self._rests_until = time.monotonic() + rest
            return "away"
        if of_a_client(error):
            raise error
        raise ModelUnavailable(
            "The chat model's server answers in a way that cannot be read.",
            "Check ASSISTANT_MODEL_BASE_URL; the addresses of most servers end in /v1.",
        ) from error


class _Reply:
    """A server's answer on its way through: words pass without thoughts, tool calls are held back."""

    def __init__(self) -> None:
        self.begun = self.shown = self.ended = False
        self._calls, self._words = HeldCalls(), Unthought()

    def heard(self, chunks: Iterable[AIMessage]) -> Iterator[ChatGenerationChunk]:
        for message in chunks:
            chunk = piece(message)
            self.begun = True
            self._calls.take(chunk.tool_call_chunks)
            self.ended = self.ended or any(chunk.response_metadata.get(end) for end in ENDS)
            content = self._words.feed(chunk.content) if isinstance(chunk.content, str) else chunk.content
            through = passed(
                chunk, content=content, tool_call_chunks=[], tool_calls=[], invalid_tool_calls=[]
            )
            self.shown = self.shown or bool(str(through.message.text).strip())
            yield through

    def heard_whole(self, message: AIMessage) -> Iterator[ChatGenerationChunk]:
        """The same answer anew, in one piece."""
        self._calls, self._words = HeldCalls(), Unthought()
        yield from self.heard([message])

    def rest(self) -> Iterator[ChatGenerationChunk]:
        if words := self._words.rest():
            yield _chunk(words)
        if calls := self._calls.chunks():
            yield ChatGenerationChunk(message=AIMessageChunk(content="", tool_call_chunks=calls))


def _begun(chunks: Iterator[Any]) -> Iterator[Any]:
    """The stream with its first piece taken already, so that a refusal is raised here and now.

    Raises:
        BrokeOff: it is empty, as of a server that answers in one piece whatever it is asked for.
    """
    try:
        first = next(chunks, None)
    except ValueError as error:  # LangChain's word for an empty stream
        raise BrokeOff from error
    if first is None:
        raise BrokeOff

    def all_of_it() -> Iterator[Any]:
        yield first
        yield from chunks

    return all_of_it()


def _until(end: float, chunks: Iterator[Any]) -> Iterator[Any]:
    """A stream, but not beyond a time on the monotonic clock.

    Raises:
        TimeoutError: it goes on for longer.
    """
    for chunk in chunks:
        if time.monotonic() > end:
            raise TimeoutError("The answer takes too long.")
        yield chunk


def _chunk(text: str, **marks: str) -> ChatGenerationChunk:
    return ChatGenerationChunk(message=AIMessageChunk(content=text, additional_kwargs=marks))


def _led(message: AIMessage, line: str) -> AIMessage:
    """The spare model's answer, marked as such, below the line about the server."""
    marks = {**message.additional_kwargs, **SPARE, **({"notice": line} if line else {})}
    content = f"{line}\n\n{message.content}".strip() if line else message.content
    return message.model_copy(update={"content": content, "additional_kwargs": marks})


def noticed(messages: Sequence[BaseMessage]) -> bool:
    """Whether this turn has told already that the spare model answers it."""
    for message in reversed(messages):
        if message.type == "human":
            return False
        if message.additional_kwargs.get("notice"):
            return True
    return False


def _as_said(message: BaseMessage) -> BaseMessage:
    """An earlier message without the line about the server, which is none of a model's words."""
    line = message.additional_kwargs.get("notice")
    if not line or not isinstance(message.content, str):
        return message
    return message.model_copy(update={"content": message.content.removeprefix(line).strip()})


def _shortened(message: BaseMessage) -> BaseMessage:
    """A system message with the newest names alone; any other message as it is."""
    if message.type != "system" or not isinstance(message.content, str):
        return message
    return message.model_copy(update={"content": shortened(message.content)})


def _newer_half(talk: list[BaseMessage]) -> list[BaseMessage]:
    """The conversation without the older half of its turns; the same where only the newest is left."""
    starts = [at for at, message in enumerate(talk) if message.type == "human"]
    if len(starts) < 2:
        return talk
    leading = talk[: starts[0]] if talk[0].type == "system" else []
    return [*leading[:1], *talk[starts[(len(starts) + 1) // 2] :]]

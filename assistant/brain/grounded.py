"""A chat model whose reply is checked sentence by sentence against the passages it was given, while it is written.

What it streams is what has been checked: sentences come whole, with their citations or a mark, so that nothing that was
shown changes afterwards. Its message carries the citations, and how many sentences were supported or not.
"""

from collections.abc import Callable, Iterator
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult

from assistant.brain.fallback import noticed
from assistant.brain.inner import Alone, OuterChatModel, passed
from knowledge.cited import CitedReply

OURS = ("notice", "broke_off")  # marks of pieces that are no words of a model


class GroundedChatModel(OuterChatModel):
    """Another model for one reply.

    Args:
        inner: the model that writes.
        begin: begins the check of a reply.
        quoted: the citations of the search's own answer, which the embedded model gives where a server is away.
    """

    inner: BaseChatModel
    begin: Callable[[], CitedReply]
    quoted: list[dict[str, Any]]

    @property
    def _llm_type(self) -> str:
        return "startup-assistant-grounded"

    @property
    def _identifying_params(self) -> dict[str, Any]:
        return {"inner": self.inner._identifying_params}

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        whole: Any = None
        for chunk in self._stream(messages, stop, run_manager, **kwargs):
            whole = chunk if whole is None else whole + chunk
        given = whole.message if whole else AIMessageChunk(content="")
        message = AIMessage(
            content=given.content, additional_kwargs=given.additional_kwargs, tool_calls=given.tool_calls
        )
        return ChatResult(generations=[ChatGeneration(message=message)])

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        reply, calls, spare = self.begin(), False, noticed(messages)
        if spare:
            yield _piece("", self.quoted)
        for message in Alone(self.inner, kwargs, stop).stream(messages):
            calls = calls or bool(message.tool_calls or getattr(message, "tool_call_chunks", None))
            if (
                "notice" in message.additional_kwargs
            ):  # from here on the spare model speaks, in the documents' words
                spare = True
                yield _piece("", self.quoted)
            if "broke_off" in message.additional_kwargs:
                yield _piece(*reply.close(calls))
            if spare or message.additional_kwargs.keys() & set(OURS):
                yield passed(message)
            else:
                yield _checked(message, reply)
        yield _piece(*reply.close(calls))


def _checked(message: AIMessage, reply: CitedReply) -> ChatGenerationChunk:
    """A piece of the model's words as the check gives it out; what else it carries passes."""
    content: Any = message.content
    if isinstance(content, str):
        content, cited = reply.feed(content)
    else:
        content, cited = _blocks(content, reply)
    marks = {**message.additional_kwargs, "citations": cited} if cited else message.additional_kwargs
    return passed(message, content=content, additional_kwargs=marks)


def _blocks(blocks: list[Any], reply: CitedReply) -> tuple[list[Any], list[dict[str, Any]]]:
    """The same for content in blocks, as some providers send it."""
    shown: list[Any] = []
    cited: list[dict[str, Any]] = []
    for block in blocks:
        text = block if isinstance(block, str) else block.get("text") if block.get("type") == "text" else None
        if text is None:
            shown.append(block)
            continue
        ready, fresh = reply.feed(text)
        cited += fresh
        shown.append(ready if isinstance(block, str) else block | {"text": ready})
    return shown, cited


def _piece(text: str, citations: list[dict[str, Any]]) -> ChatGenerationChunk:
    marks = {"citations": citations} if citations else {}
    return ChatGenerationChunk(message=AIMessageChunk(content=text, additional_kwargs=marks))

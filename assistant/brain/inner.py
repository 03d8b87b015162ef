"""A chat model within another one: it reports to nobody, and its pieces pass through the outer model."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGenerationChunk
from langchain_core.runnables import Runnable, RunnableBinding
from langchain_core.utils.function_calling import convert_to_openai_tool

SILENT: Any = {"callbacks": [], "tags": ["nostream"]}  # the tag is for LangGraph


class OuterChatModel(BaseChatModel):
    """A chat model that has others write: its tools are theirs."""

    def bind_tools(
        self,
        tools: Sequence[dict[str, Any] | type | Callable[..., Any] | Any],
        *,
        tool_choice: str | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """The models within with the same tools."""
        choice = {"tool_choice": tool_choice} if tool_choice else {}
        return self.bind(tools=[convert_to_openai_tool(tool) for tool in tools], **choice, **kwargs)


class Alone:
    """A model with its tools that reports to nobody: its words leave once, through the outer model.

    A bound model would add the callbacks of the graph it runs in to those it is given.
    """

    def __init__(self, model: BaseChatModel, kwargs: dict[str, Any], stop: list[str] | None = None):
        tools, others = kwargs.get("tools"), {key: value for key, value in kwargs.items() if key != "tools"}
        bound: Any = model.bind_tools(tools, **others) if tools else model
        inner = isinstance(bound, RunnableBinding)
        self._model: Any = bound.bound if inner else bound
        self._options: dict[str, Any] = dict(bound.kwargs) if inner else {}
        if stop:
            self._options["stop"] = stop

    def invoke(self, talk: list[BaseMessage]) -> AIMessage:
        """The answer whole."""
        return self._model.invoke(talk, SILENT, **self._options)

    def stream(self, talk: list[BaseMessage]) -> Iterator[AIMessage]:
        """The answer in pieces."""
        return self._model.stream(talk, SILENT, **self._options)


def passed(message: AIMessage, **changes: Any) -> ChatGenerationChunk:
    """A message's piece under the outer model's id: some servers give all their answers the same."""
    chunk = piece(message)
    return ChatGenerationChunk(
        message=chunk.model_copy(update={"id": None, "chunk_position": None, **changes})
    )


def piece(message: AIMessage) -> AIMessageChunk:
    """A message as a piece of a stream."""
    if isinstance(message, AIMessageChunk):
        return message
    return AIMessageChunk(
        content=message.content,
        additional_kwargs=message.additional_kwargs,
        tool_calls=message.tool_calls,
        invalid_tool_calls=message.invalid_tool_calls,
        response_metadata=message.response_metadata,
        usage_metadata=message.usage_metadata,
    )

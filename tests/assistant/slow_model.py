"""A chat model that takes its time, for tests that stop it, and an application that has it."""

import threading
import time
from collections.abc import Iterator
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from pydantic import PrivateAttr

from assistant.application import Application

WORDS = 400


class SlowModel(BaseChatModel):
    """Counts slowly, calls ``list_models`` where it is asked for the models; else it says how many messages it saw.

    ``going`` is set while it speaks, ``seen`` holds the conversations it was given.
    """

    pause: float = 0.05
    _going: threading.Event = PrivateAttr(default_factory=threading.Event)
    _seen: list[list[BaseMessage]] = PrivateAttr(default_factory=list)

    @property
    def going(self) -> threading.Event:
        return self._going

    @property
    def seen(self) -> list[list[BaseMessage]]:
        return self._seen

    @property
    def _llm_type(self) -> str:
        return "slow"

    def bind_tools(self, tools: Any, **kwargs: Any) -> Any:
        return self

    def _generate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> ChatResult:
        self._seen.append(messages)
        return ChatResult(generations=[ChatGeneration(message=AIMessage(self._answer(messages)))])

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        self._seen.append(messages)
        last = messages[-1]
        if last.type == "human" and "models" in str(last.text):
            call = {"name": "list_models", "args": "{}", "id": f"call-{len(self._seen)}", "index": 0}
            yield ChatGenerationChunk(message=AIMessageChunk("", tool_call_chunks=[call]))
            return
        if "count" not in str(last.text):
            yield ChatGenerationChunk(message=AIMessageChunk(self._answer(messages)))
            return
        self._going.set()
        try:
            for number in range(WORDS):
                yield ChatGenerationChunk(message=AIMessageChunk(f"word{number} "))
                time.sleep(self.pause)
        finally:
            self._going.clear()

    def _answer(self, messages: list[BaseMessage]) -> str:
        return f"I have seen {sum(each.type == 'human' for each in messages)} questions."


def slow(app: Application) -> SlowModel:
    """Give an application this model."""
    model = SlowModel()
    app.__dict__["_chat_model"] = model
    return model

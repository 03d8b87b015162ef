"""The embedded chat model: needs no key, no GPU and no download. It decides with a small encoder and composes replies.

It is an ordinary LangChain chat model, so the agent's graph is the same for it as for any bigger model: after a user's
message it calls one tool or says something; after a tool's result it tells the user what came out.
"""

import json
import re
import uuid
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.messages.tool import tool_call_chunk
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.utils.function_calling import convert_to_openai_tool

from assistant.brain.conversation import plain, situation_of
from assistant.brain.decide import decide
from assistant.brain.language import spoken_language
from assistant.brain.replies.compose import compose
from assistant.brain.replies.reply import Reply
from assistant.brain.replies.talk import small_talk
from assistant.brain.situation import Situation


class EmbeddedChatModel(BaseChatModel):
    """Chooses tools with :func:`assistant.brain.decide.decide`, words replies with ``replies``; never invents."""

    model_name: str = "embedded"

    @property
    def _llm_type(self) -> str:
        return "startup-assistant-embedded"

    @property
    def _identifying_params(self) -> dict[str, Any]:
        return {"model_name": self.model_name}

    def bind_tools(
        self,
        tools: Sequence[dict[str, Any] | type | Callable[..., Any] | Any],
        *,
        tool_choice: str | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """The model with the tools it may call; their names are enough for it."""
        names = [convert_to_openai_tool(tool)["function"]["name"] for tool in tools]
        return self.bind(tool_names=names, **kwargs)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=respond(messages, kwargs.get("tool_names")))])

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        for chunk in _chunks(respond(messages, kwargs.get("tool_names"))):
            generation = ChatGenerationChunk(message=chunk)
            if run_manager and chunk.content:
                run_manager.on_llm_new_token(str(chunk.content), chunk=generation)
            yield generation


def respond(messages: Sequence[BaseMessage], tool_names: Sequence[str] | None) -> AIMessage:
    """The model's next message.

    Args:
        messages: the conversation, with the workspace block in its system message.
        tool_names: tools that may be called; None for all.
    """
    conversation, situation = plain(messages), situation_of(messages)
    if conversation and conversation[-1]["role"] == "tool":
        team = situation.role in ("admin", "member") and not _only_answers(tool_names, situation)
        return _spoken(_reply_to_results(conversation, team))
    if not conversation or conversation[-1]["role"] != "user":
        return _spoken(small_talk("hello", "en", situation.role == "visitor"))
    decision = decide(conversation, situation, tool_names)
    if decision.question:
        return _spoken(Reply(decision.question, decision.choices))
    if decision.tool is None:
        visitor = _only_answers(tool_names, situation)
        return _spoken(small_talk(conversation[-1]["content"], decision.language, visitor))
    call = {
        "name": decision.tool,
        "args": decision.args,
        "id": f"call_{uuid.uuid4().hex[:24]}",
        "type": "tool_call",
    }
    return AIMessage(content="", tool_calls=[call])


def _only_answers(tool_names: Sequence[str] | None, situation: Situation) -> bool:
    return situation.role == "visitor" or (tool_names is not None and set(tool_names) <= {"search_knowledge"})


def _spoken(reply: Reply) -> AIMessage:
    return AIMessage(content=reply.text, additional_kwargs={"suggestions": reply.suggestions})


def _reply_to_results(conversation: list[dict[str, Any]], team: bool) -> Reply:
    """The reply to the tool results at the end of a conversation.

    Args:
        conversation: as :func:`assistant.brain.history.plain` gives it.
        team: whether who asks may add documents and has the team's pages.
    """
    results: list[dict[str, Any]] = []
    while conversation and conversation[-1]["role"] == "tool":
        results.insert(0, conversation[-1])
        conversation = conversation[:-1]
    calls = {call["id"]: call for message in conversation for call in message.get("tool_calls") or []}
    language = spoken_language([each["content"] for each in conversation if each["role"] == "user"])
    replies = []
    for result in results:
        call = calls.get(result["tool_call_id"], {"name": "", "args": {}})
        replies.append(compose(call["name"], call["args"], _read(result["content"]), language, team))
    return Reply(
        "\n\n".join(reply.text for reply in replies), [s for reply in replies for s in reply.suggestions]
    )


def _read(content: str) -> dict[str, Any]:
    """A tool message's JSON; plain text is taken as the error LangChain reports in that way."""
    try:
        record = json.loads(content)
    except json.JSONDecodeError:
        return {"error": content}
    return record if isinstance(record, dict) else {"error": content}


def _chunks(message: AIMessage) -> Iterator[AIMessageChunk]:
    """The message in pieces of a word each; a tool call in one piece."""
    if message.tool_calls:
        calls = [
            tool_call_chunk(
                name=c["name"], args=json.dumps(c["args"], ensure_ascii=False), id=c["id"], index=at
            )
            for at, c in enumerate(message.tool_calls)
        ]
        yield AIMessageChunk(content="", tool_call_chunks=calls, chunk_position="last")
        return
    pieces = re.findall(r"[\u3400-\u9fff]{1,4}|\s*[^\s\u3400-\u9fff]+\s*|\s+", str(message.content))
    for piece in pieces:
        yield AIMessageChunk(content=piece)
    yield AIMessageChunk(content="", additional_kwargs=message.additional_kwargs, chunk_position="last")

"""The gate every tool call of the agent passes: arguments checked, approval asked, result redacted."""

import json
import os
from collections.abc import Callable, Sequence
from typing import Any

from langchain.agents.middleware import AgentMiddleware
from langchain.agents.middleware.types import AgentState, ModelRequest, ModelResponse, ToolCallRequest
from langchain_core.messages import AIMessage, SystemMessage, ToolMessage
from langgraph.types import Command, interrupt

from assistant.access.roles import allow
from assistant.agent import approvals as states
from assistant.agent.calls import checked, previewed, real, run_tool, settled
from assistant.agent.context import TurnContext
from assistant.agent.events import ApprovalAsked, Redacted, ToolFinished, ToolProgress, ToolStarted
from assistant.agent.grounding import SEARCH, with_passages
from assistant.agent.redaction import clean_message, clean_result
from assistant.brain.embedded import EmbeddedChatModel
from assistant.brain.fallback import FallbackChatModel
from assistant.brain.mend import mended
from assistant.brain.notices import notice
from assistant.brain.situation import shortened
from assistant.logs import log
from assistant.settings import settings
from knowledge.errors import TeachingError
from tools.catalog.registry import Tool, catalog
from tools.listening import listening

ONE_AT_A_TIME = (
    "not run: the user is asked about one action at a time; call it again when the other is answered"
)


class ModelGate(AgentMiddleware[AgentState[Any], TurnContext]):
    """Gives the model its system prompt, and mends and redacts what it says before that is kept.

    Args:
        most: model calls in one turn; the turn then ends with a sentence instead of the next call.
    """

    def __init__(self, most: int):
        super().__init__()
        self._most = most

    def wrap_model_call(
        self,
        request: ModelRequest[TurnContext],
        handler: Callable[[ModelRequest[TurnContext]], ModelResponse],
    ) -> ModelResponse:
        """See :class:`langchain.agents.middleware.AgentMiddleware`."""
        state: Any = request.state
        if state.get("run_model_call_count", 0) >= self._most:
            return ModelResponse(result=[AIMessage(notice("too_many_steps", request.messages))])
        context = request.runtime.context
        # The embedded model knows the team's things from the prompt; the fallback shortens it for its server alone.
        whole = isinstance(request.model, EmbeddedChatModel | FallbackChatModel)
        prompt = context.system_prompt if whole else shortened(context.system_prompt)
        response = handler(request.override(system_message=SystemMessage(prompt)))
        response.result = [
            self._kept(message, request) if isinstance(message, AIMessage) else message
            for message in response.result
        ]
        return response

    def _kept(self, message: AIMessage, request: ModelRequest[TurnContext]) -> AIMessage:
        names = [tool["name"] if isinstance(tool, dict) else tool.name for tool in request.tools]
        context = request.runtime.context
        earlier = {call["id"] for each in request.messages for call in getattr(each, "tool_calls", [])}
        if message.tool_calls or message.invalid_tool_calls:  # a taken back call has its approval still
            earlier |= context.approvals.calls(context.thread_id)
        message = clean_message(mended(message, names, earlier), context)
        # Kept with the answer: the setting may be another one when somebody asks which model it was.
        marks = {"answered_by": request.model.name or settings().model, **message.additional_kwargs}
        message = message.model_copy(update={"additional_kwargs": marks})
        if message.tool_calls or str(message.text).strip():
            return message
        # Under a new id: this sentence was not streamed with the message.
        return message.model_copy(update={"content": notice("nothing_said", request.messages), "id": None})


class ToolGate(AgentMiddleware[AgentState[Any], TurnContext]):
    """Runs the catalogue's functions on behalf of the model.

    Args:
        names: the tools on offer.
        passages: searches of the documents also return the passages, for a model that words its own answers.
    """

    def __init__(self, names: Sequence[str], passages: bool = False):
        super().__init__()
        self._names, self._passages = names, passages

    def wrap_tool_call(
        self, request: ToolCallRequest, handler: Callable[[ToolCallRequest], ToolMessage | Command]
    ) -> ToolMessage:
        """Check, ask, run and redact one call; faults become messages the model can read and mend."""
        given: Any = request.runtime.context  # ToolRuntime's type does not carry the context schema along
        context: TurnContext = given
        call: dict[str, Any] = {**request.tool_call}
        emit = request.runtime.stream_writer
        name, call_id = call["name"], str(call["id"])
        begun = False
        try:
            args = checked(name, call["args"], self._names)
            if catalog()[name].risk == "approve":
                if not context.auto_approve and not _first_to_ask(request.state["messages"], call_id):
                    return _message(call, {"status": ONE_AT_A_TIME}, "waiting", emit)
                approval = self._decided(context, call_id, catalog()[name], args, emit)
                if approval["status"] != states.GRANTED or not context.approvals.done(approval["id"]):
                    return _message(call, {"declined": True, "tool": name}, "declined", emit)
                args = settled(approval)
            begun = True
            emit(ToolStarted(call_id, name, args))
            with listening(lambda now: emit(ToolProgress(call_id, now.message, now.step, now.steps))):
                result = run_tool(context, name, args)
            if self._passages and name == SEARCH:
                result = with_passages(result, real(context, name, args), context, request.state["messages"])
        except TeachingError as error:
            if not begun:  # doors show what was asked for, also where it was refused
                emit(ToolStarted(call_id, name, call["args"]))
            problem = {"error": error.message, "hint": error.hint, "code": error.code}
            return _message(call, clean_result(problem, context)[0], "failed", emit)
        except Exception as error:
            # The user must get an answer and the others their chat, whatever broke inside a tool.
            if type(error).__name__ in ("GraphInterrupt", "GraphBubbleUp"):
                raise
            log().exception("tool failed", tool=name)
            problem = {
                "error": f"{name} broke down.",
                "hint": "Details are in the log.",
                "code": "internal_error",
            }
            return _message(call, problem, "failed", emit)
        cleaned, entities = clean_result(result, context)
        for entity in entities:
            emit(Redacted(entity, name))
        return _message(call, cleaned, "succeeded", emit)

    def _decided(
        self,
        context: TurnContext,
        call_id: str,
        tool: Tool,
        args: dict[str, Any],
        emit: Callable[[Any], None],
    ) -> dict[str, Any]:
        asked = context.approvals.of_call(context.thread_id, call_id)
        if asked is None:
            allow(context.principal, "approve")
            details = previewed(context, tool, args)
            asked = context.approvals.ask(context.thread_id, call_id, tool.name, args, details)
            if context.auto_approve:
                context.approvals.decide(asked["id"], states.GRANTED, context.principal.user_id)
                asked = context.approvals.get(asked["id"], context.thread_id)
        if asked["status"] == states.OPEN:
            emit(ApprovalAsked(asked["id"], tool.name, args, asked["summary"], asked["details"]))
            interrupt(asked["id"])
        return asked


def _first_to_ask(messages: Sequence[Any], call_id: str) -> bool:
    """Whether no other call beside this one asks for approval first: a plain "yes" answers one question."""
    calls = next((each.tool_calls for each in reversed(messages) if isinstance(each, AIMessage)), [])
    asking = [
        call["id"]
        for call in calls
        if call["name"] in catalog() and catalog()[call["name"]].risk == "approve"
    ]
    return call_id not in asking[1:]


def _message(
    call: dict[str, Any], result: dict[str, Any], status: str, emit: Callable[[Any], None]
) -> ToolMessage:
    name, call_id = call["name"], str(call["id"])
    emit(ToolFinished(call_id, name, status, result))
    content = json.dumps(result, ensure_ascii=False, default=os.fspath)
    kind = "error" if status == "failed" else "success"
    return ToolMessage(content, tool_call_id=call_id, name=name, status=kind)

"""The gate every tool call of the agent passes: arguments checked, approval asked, result redacted."""

import json
import os
from collections.abc import Callable
from typing import Any

from langchain.agents.middleware import AgentMiddleware
from langchain.agents.middleware.types import AgentState, ModelRequest, ModelResponse, ToolCallRequest
from langchain_core.messages import AIMessage, SystemMessage, ToolMessage
from langgraph.types import Command, interrupt
from pydantic import ValidationError

from assistant.access.roles import allow
from assistant.agent import approvals as states
from assistant.agent.binder import arguments_of
from assistant.agent.context import TurnContext
from assistant.agent.events import ApprovalAsked, Redacted, ToolFinished, ToolStarted
from assistant.agent.redaction import clean_message, clean_result
from assistant.logs import log
from knowledge.errors import TeachingError
from tools.catalog.registry import Tool, catalog


class ModelGate(AgentMiddleware[AgentState[Any], TurnContext]):
    """Gives the model its system prompt, and redacts what it says before that is kept."""

    def wrap_model_call(
        self,
        request: ModelRequest[TurnContext],
        handler: Callable[[ModelRequest[TurnContext]], ModelResponse],
    ) -> ModelResponse:
        """See :class:`langchain.agents.middleware.AgentMiddleware`."""
        context = request.runtime.context
        response = handler(request.override(system_message=SystemMessage(context.system_prompt)))
        response.result = [
            clean_message(message, context) if isinstance(message, AIMessage) else message
            for message in response.result
        ]
        return response


class ToolGate(AgentMiddleware[AgentState[Any], TurnContext]):
    """Runs the catalogue's functions on behalf of the model."""

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
            args = _checked(name, call["args"], request.tool is not None)
            if catalog()[name].risk == "approve":
                approval = self._decided(context, call_id, catalog()[name], args, emit)
                if approval["status"] != states.GRANTED or not context.approvals.done(approval["id"]):
                    return _message(call, {"declined": True, "tool": name}, "declined", emit)
                args = approval["args"]
            begun = True
            emit(ToolStarted(call_id, name, args))
            result = run_tool(context, name, args)
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
            details = tool.preview(context.workspace, **args) if tool.preview else {"summary": tool.name}
            details, _ = clean_result(details, context)
            asked = context.approvals.ask(context.thread_id, call_id, tool.name, args, details)
            if context.auto_approve:
                context.approvals.decide(asked["id"], states.GRANTED, context.principal.user_id)
                asked = context.approvals.get(asked["id"], context.thread_id)
        if asked["status"] == states.OPEN:
            emit(ApprovalAsked(asked["id"], tool.name, args, asked["summary"], asked["details"]))
            interrupt(asked["id"])
        return asked


def run_tool(context: TurnContext, name: str, args: dict[str, Any]) -> dict[str, Any]:
    """Call a catalogue function on the turn's workspace."""
    allow(context.principal, catalog()[name].risk)
    return catalog()[name].function(context.workspace, **args)


def _checked(name: str, args: dict[str, Any], offered: bool) -> dict[str, Any]:
    from assistant.errors import BadRequest, Forbidden

    if name not in catalog():
        raise BadRequest(f"There is no tool named {name}.", f"Use one of {', '.join(catalog())}.")
    if not offered:
        raise Forbidden(f"{name} is not available here.")
    try:
        return arguments_of(name).model_validate(args).model_dump(exclude_unset=True)
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()[:3])
        raise BadRequest(
            f"The arguments of {name} do not fit: {faults}.", "Call it again with the right ones."
        ) from None


def _message(
    call: dict[str, Any], result: dict[str, Any], status: str, emit: Callable[[Any], None]
) -> ToolMessage:
    name, call_id = call["name"], str(call["id"])
    emit(ToolFinished(call_id, name, status, result))
    content = json.dumps(result, ensure_ascii=False, default=os.fspath)
    kind = "error" if status == "failed" else "success"
    return ToolMessage(content, tool_call_id=call_id, name=name, status=kind)

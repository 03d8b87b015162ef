"""Taking a message (or a click) as the answer to an open approval, and bringing the graph where it goes on from."""

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assistant.access.roles import allow
from assistant.agent import approvals as states
from assistant.agent.context import TurnContext

if TYPE_CHECKING:
    from langgraph.graph.state import CompiledStateGraph


@dataclass(frozen=True)
class GoOn:
    """Run the graph with this input; None goes on from the state it is in."""

    input: Any = None


@dataclass(frozen=True)
class Reply:
    """Nothing to run: this is said."""

    text: str


def config(thread_id: str) -> Any:
    """The graph's configuration for one conversation; the step limit is a net below the call limits."""
    return {"configurable": {"thread_id": thread_id}, "recursion_limit": 60}


def answer(
    graph: "CompiledStateGraph", context: TurnContext, text: str, decision: dict[str, Any] | None
) -> GoOn | Reply | None:
    """How to go on, where the user has answered an approval; None where the message is about something else.

    Args:
        graph: the agent.
        context: the turn.
        text: the redacted message.
        decision: a click, ``{"approval": id, "answer": "yes" | "no" | "change", "args": {…}}``.

    Raises:
        Missing, Conflict: the approval is not of this conversation, or was answered before.
    """
    approvals = context.approvals
    asked = (
        approvals.get(decision["approval"], context.thread_id)
        if decision
        else approvals.open(context.thread_id)
    )
    if asked is None:
        return None
    wish = _wish(context, asked, text, decision)
    if wish is None:
        return None
    allow(context.principal, "approve")
    said = text or {"yes": "Yes", "no": "No"}.get(wish[0], "Change the plan")
    if wish[0] == "change":
        approvals.decide(asked["id"], states.REPLACED, context.principal.user_id)
        return _call_again(graph, context, asked, said, asked["args"] | wish[1])
    granted = wish[0] == "yes"
    approvals.decide(asked["id"], states.GRANTED if granted else states.DECLINED, context.principal.user_id)
    if granted and asked["tool"]:
        return _call_again(graph, context, asked, said, asked["args"], granted=True)
    _close(graph, context.thread_id, {"declined": True})
    return Reply("好的,先不做。" if _chinese(said) else "All right, I won't.")


def _wish(
    context: TurnContext, asked: dict[str, Any], text: str, decision: dict[str, Any] | None
) -> tuple[str, dict[str, Any]] | None:
    from assistant.brain.answers import Change, read_answer
    from assistant.brain.situation import Situation

    if decision:
        return decision["answer"], decision.get("args") or {}
    read = read_answer(text, asked["args"], asked["tool"], Situation.from_prompt(context.system_prompt))
    if isinstance(read, Change):
        return "change", read.args
    return (read, {}) if read else None


def _call_again(
    graph: "CompiledStateGraph",
    context: TurnContext,
    asked: dict[str, Any],
    said: str,
    args: dict[str, Any],
    granted: bool = False,
) -> GoOn:
    """Put the action to the graph as a new tool call under the user's words, granted already or to be asked anew.

    The old call is closed first. So a yes works the same a second and a week after the question, before and after other
    messages, and the conversation reads in the order in which it was spoken.
    """
    from langchain_core.messages import AIMessage, HumanMessage

    _close(graph, context.thread_id, {"status": "the user has answered below"})
    call = {"name": asked["tool"], "args": args, "id": f"call-{secrets.token_hex(6)}"}
    if granted:
        details = {"summary": asked["summary"], **asked["details"]}
        again = context.approvals.ask(context.thread_id, call["id"], asked["tool"], args, details)
        context.approvals.decide(again["id"], states.GRANTED, context.principal.user_id)
    messages = [HumanMessage(said), AIMessage("", tool_calls=[call])]
    graph.update_state(config(context.thread_id), {"messages": messages}, as_node="model")
    return GoOn()


def set_aside(graph: "CompiledStateGraph", thread_id: str) -> None:
    """Close what a paused or broken turn left open, so that the next message can be put; its approval stays open."""
    _close(graph, thread_id, {"status": "waiting for the user's approval; not run"})


def _close(graph: "CompiledStateGraph", thread_id: str, result: dict[str, Any]) -> None:
    import json

    from langchain_core.messages import AIMessage, ToolMessage

    messages = graph.get_state(config(thread_id)).values.get("messages", [])
    answered = {message.tool_call_id for message in messages if isinstance(message, ToolMessage)}
    open_calls = [
        call
        for message in messages
        if isinstance(message, AIMessage)
        for call in message.tool_calls
        if call["id"] not in answered
    ]
    if open_calls:
        closing = [
            ToolMessage(json.dumps(result), tool_call_id=call["id"], name=call["name"]) for call in open_calls
        ]
        graph.update_state(config(thread_id), {"messages": closing}, as_node="tools")


def say(graph: "CompiledStateGraph", thread_id: str, said: str, reply: str) -> None:
    """Enter an exchange that needed no model into the conversation."""
    from langchain_core.messages import AIMessage, HumanMessage

    messages = [HumanMessage(said), AIMessage(reply)]
    graph.update_state(config(thread_id), {"messages": messages}, as_node="model")


def _chinese(text: str) -> bool:
    return any("\u4e00" <= c <= "\u9fff" for c in text)

"""A conversation's stored state: how it is addressed, and what is entered into it beside what its graph enters."""

import json
from collections.abc import Sequence
from itertools import takewhile
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from langchain_core.messages import HumanMessage
    from langgraph.graph.state import CompiledStateGraph

    from assistant.agent.running import Stop

WAITING = {"status": "waiting for the user's approval; not run"}
NOTHING_SAID = (
    "(Stopped.)",
    "(已停止。)",
)  # what is kept of an answer that was stopped before its first word
STOPPED = {
    "stopped": True,
    "note": "The user stopped the answer here. What was under way may have been done.",
}


def config(thread_id: str, stop: "Stop | None" = None) -> Any:
    """The graph's configuration for one conversation; the step limit is a net below the call limits.

    Args:
        thread_id: the conversation.
        stop: breaks a run off.
    """
    settings: dict[str, Any] = {"configurable": {"thread_id": thread_id}, "recursion_limit": 60}
    if stop:
        from assistant.agent.brake import Brake

        settings["callbacks"] = [Brake(stop)]
    return settings


def messages_of(graph: "CompiledStateGraph", thread_id: str) -> list[Any]:
    """What was said and done in a conversation, as LangChain messages, oldest first."""
    return graph.get_state(config(thread_id)).values.get("messages", [])


def attached_to(messages: Sequence[Any]) -> list[str]:
    """Names of the files that came with messages, the last first."""
    return [name for message in reversed(messages) for name in message.additional_kwargs.get("files", [])]


def set_aside(graph: "CompiledStateGraph", thread_id: str) -> None:
    """Close what a paused or broken turn left open, so that the next message can be put; its approval stays open."""
    close_calls(graph, thread_id, WAITING)


def close_calls(graph: "CompiledStateGraph", thread_id: str, result: dict[str, Any]) -> None:
    """Give every tool call without a result this one."""
    if closing := _closing(messages_of(graph, thread_id), result):
        graph.update_state(config(thread_id), {"messages": closing}, as_node="tools")


def say(graph: "CompiledStateGraph", thread_id: str, said: "HumanMessage", reply: str, **marks: Any) -> None:
    """Enter an exchange that needed no model into the conversation; the reply carries the marks."""
    from langchain_core.messages import AIMessage

    answer = AIMessage(reply, additional_kwargs=marks)
    graph.update_state(config(thread_id), {"messages": [said, answer]}, as_node="model")


def keep_stopped(graph: "CompiledStateGraph", thread_id: str, asked: Sequence[Any], said: str) -> str:
    """Enter what a stopped turn came to: the user's message, the steps, and the words that were shown.

    Args:
        graph: the agent.
        thread_id: the conversation.
        asked: the messages that the turn began with.
        said: the words shown of an answer that is not entered yet.

    Returns:
        What stands in the conversation instead of words, where none were shown.
    """
    from langchain_core.messages import AIMessage

    messages = messages_of(graph, thread_id)
    known = {message.id for message in messages}
    begun = [message for message in asked if message.id not in known]
    open_calls = _closing(messages, STOPPED)
    last = (begun or open_calls or messages or [None])[-1]
    if isinstance(last, AIMessage):
        return ""  # it was over already
    instead = "" if said else NOTHING_SAID[chinese(_last_words([*messages, *begun]))]
    reply = AIMessage(said or instead, additional_kwargs={"stopped": True})
    graph.update_state(config(thread_id), {"messages": [*begun, *open_calls, reply]}, as_node="model")
    return instead


def chinese(text: str) -> bool:
    """Whether a text has Chinese characters."""
    return any("\u4e00" <= c <= "\u9fff" for c in text)


def _last_words(messages: Sequence[Any]) -> str:
    return next((str(each.text) for each in reversed(messages) if each.type == "human"), "")


def _closing(messages: Sequence[Any], result: dict[str, Any]) -> list[Any]:
    from langchain_core.messages import AIMessage, ToolMessage

    answered = {message.tool_call_id for message in messages if isinstance(message, ToolMessage)}
    closing = [
        ToolMessage(json.dumps(result), tool_call_id=call["id"], name=call["name"])
        for message in messages
        if isinstance(message, AIMessage)
        for call in message.tool_calls
        if call["id"] not in answered
    ]
    # What other calls of a paused step came to is only pending: it goes in with the rest, or it would be dropped.
    pending = list(takewhile(lambda message: isinstance(message, ToolMessage), reversed(messages)))
    return [*reversed(pending), *closing] if closing else []

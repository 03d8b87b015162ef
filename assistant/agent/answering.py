"""Taking a message (or a click) as the answer to an open approval, and bringing the graph where it goes on from."""

import re
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from assistant.access.roles import allow
from assistant.agent import approvals as states
from assistant.agent.context import TurnContext
from assistant.agent.state import close_calls, config, messages_of, say, set_aside
from tools.catalog.registry import catalog

if TYPE_CHECKING:
    from collections.abc import Sequence

    from langchain_core.messages import BaseMessage, HumanMessage
    from langgraph.graph.state import CompiledStateGraph


@dataclass(frozen=True)
class GoOn:
    """Run the graph with this input; None goes on from the state it is in."""

    input: Any = None


@dataclass(frozen=True)
class Reply:
    """Nothing to run: this is said, and entered into the conversation already."""

    text: str


def answer(
    graph: "CompiledStateGraph",
    context: TurnContext,
    message: "HumanMessage",
    decision: dict[str, Any] | None,
) -> GoOn | Reply | None:
    """How to go on, where the user has answered an approval; None where the message is about something else.

    Args:
        graph: the agent.
        context: the turn.
        message: the redacted message.
        decision: a click, ``{"approval": id, "answer": "yes" | "no" | "change", "args": {…}}``; without ``answer``
            the message's words are read as one. Without a click, words answer what was asked last only, and where
            the assistant has said something since, nothing but an unmistakable yes starts anything.

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
    place = "last" if decision else asked_last(messages_of(graph, context.thread_id), asked["call_id"])
    if place == "no":
        return None
    wish = _wish(context, asked, str(message.text), decision, sure=place == "last")
    if wish is None:
        told = None if decision else _how_long(context, asked, str(message.text))
        if told:
            set_aside(graph, context.thread_id)
            say(graph, context.thread_id, message, told, asks_again=asked["call_id"])
        return Reply(told) if told else None
    allow(context.principal, "approve")
    said = _answering(message, asked["id"], *wish)
    if wish[0] == "change":
        approvals.decide(asked["id"], states.REPLACED, context.principal.user_id)
        wished = {name: value for name, value in (asked["args"] | wish[1]).items() if value is not None}
        return _call_again(graph, context, asked, said, wished)
    granted = wish[0] == "yes"
    approvals.decide(asked["id"], states.GRANTED if granted else states.DECLINED, context.principal.user_id)
    if granted and asked["tool"]:
        return _call_again(graph, context, asked, said, asked["args"], granted=True)
    close_calls(graph, context.thread_id, {"declined": True})
    if wish[0] == "instead":
        return GoOn({"messages": [said]})
    reply = Reply("好的,先不做。" if context.language == "zh" else "All right, I won't.")
    say(graph, context.thread_id, said, reply.text)
    return reply


def asked_last(messages: "Sequence[BaseMessage]", call_id: str) -> Literal["last", "earlier", "no"]:
    """Whether an approval is the last thing that the user was asked, so that a plain "yes" can mean it.

    Args:
        messages: the conversation.
        call_id: the tool call that the approval is for.

    Returns:
        ``"earlier"`` where the assistant has said something since, ``"no"`` where it has asked for something.
    """
    place: Literal["last", "earlier"] = "last"
    for message in reversed(messages):
        if message.type != "ai":
            continue
        calls = getattr(message, "tool_calls", [])
        if any(call["id"] == call_id for call in calls):
            return place
        if message.additional_kwargs.get("asks_again") == call_id:
            return place
        text = str(message.text)
        if re.search(r"[?？]", text) or any(_needs_yes(call["name"]) for call in calls):
            return "no"
        place = "earlier" if text.strip() else place
    return "no"


def _needs_yes(tool: str) -> bool:
    return tool in catalog() and catalog()[tool].risk == "approve"


def _wish(
    context: TurnContext, asked: dict[str, Any], text: str, decision: dict[str, Any] | None, sure: bool
) -> tuple[str, dict[str, Any]] | None:
    from assistant.brain.answers import Change, read_answer
    from assistant.brain.situation import Situation
    from assistant.brain.yes_and_no import is_unmistakable

    if decision and decision.get("answer"):
        return decision["answer"], decision.get("args") or {}
    situation = Situation.from_prompt(context.system_prompt)
    read = read_answer(text, asked["args"], asked["tool"], situation, f"{asked['summary']} Shall I go ahead?")
    if isinstance(read, Change):
        return "change", read.args
    if read == "yes" and not sure and not is_unmistakable(text, asked["tool"]):
        return None
    return (read, {}) if read else None


HOW_LONG = re.compile(
    r"\bhow (?:long|much time|many (?:seconds|minutes|hours))"
    r"(?:\s+(?:will|would|does|is|should)\s+(?:it|that|this|the (?:training|job|run))\b|\s*\?*$)"
    r"|^\W*(?:那|大概|大约|它|这|训练|一共|总共|需要|会|\s)*要?(?:多久|多长时间|几(?:秒|分钟|小时))[^？?]{0,4}[？?]?$",
    re.IGNORECASE,
)
_JOB = re.compile(r"\bjobs?\b|任务|作业", re.IGNORECASE)


def _how_long(context: TurnContext, asked: dict[str, Any], text: str) -> str | None:
    """The answer to how long the action that waits will take, where its plan tells."""
    from assistant.brain.replies.reply import duration

    seconds = asked["details"].get("estimated_seconds")
    if not seconds or not HOW_LONG.search(text) or _JOB.search(text):
        return None
    time = duration(seconds, context.language)
    if context.language == "zh":
        return f"预计需要{time}。还没有开始，您同意后才会开始。"
    return f"It should take about {time}. It has not begun; it starts when you say yes."


def _answering(message: "HumanMessage", approval: str, wish: str, args: dict[str, Any]) -> "HumanMessage":
    """The message with words, also for a click without any, and with what it answered, should it be taken back."""
    words = str(message.text) or {"yes": "Yes", "no": "No"}.get(wish, "Change the plan")
    answered = {"approval": approval, "answer": wish, "args": args}
    more = {**message.additional_kwargs, "answers": answered}
    return message.model_copy(update={"content": words, "additional_kwargs": more})


def _call_again(
    graph: "CompiledStateGraph",
    context: TurnContext,
    asked: dict[str, Any],
    said: "HumanMessage",
    args: dict[str, Any],
    granted: bool = False,
) -> GoOn:
    """Put the action to the graph as a new tool call under the user's words, granted already or to be asked anew.

    The old call is closed first. So a yes works the same a second and a week after the question, before and after other
    messages, and the conversation reads in the order in which it was spoken.
    """
    from langchain_core.messages import AIMessage

    close_calls(graph, context.thread_id, {"status": "the user has answered below"})
    call = {"name": asked["tool"], "args": args, "id": f"call-{secrets.token_hex(6)}"}
    if granted:
        details = {"summary": asked["summary"], **asked["details"]}
        again = context.approvals.ask(context.thread_id, call["id"], asked["tool"], args, details)
        context.approvals.decide(again["id"], states.GRANTED, context.principal.user_id)
    messages = [said, AIMessage("", tool_calls=[call])]
    graph.update_state(config(context.thread_id), {"messages": messages}, as_node="model")
    return GoOn()

"""Taking back a user's message with all that followed, so that it can be put again, as it was or in other words."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from assistant.agent import approvals as states
from assistant.agent.approvals import Approvals
from assistant.agent.events import Stands
from assistant.agent.state import WAITING, config, messages_of
from assistant.errors import Missing

if TYPE_CHECKING:
    from langgraph.graph.state import CompiledStateGraph


@dataclass(frozen=True)
class Rewind:
    """What is taken back.

    ``kept`` and ``cut`` are the conversation before and from the message on; ``stands`` is what the cut part had done,
    ``first`` whether it begins the conversation.
    """

    kept: list[Any]
    cut: list[Any]
    stands: list[Stands] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The message as it was kept."""
        return str(self.cut[0].text)

    @property
    def files(self) -> list[str]:
        """The names of the files attached to it."""
        return list(self.cut[0].additional_kwargs.get("files", []))

    @property
    def first(self) -> bool:
        """Whether the message begins the conversation."""
        return not any(message.type == "human" for message in self.kept)

    def decision(self, reworded: bool) -> dict[str, Any] | None:
        """How the message answers the approval that it answered before.

        Args:
            reworded: its words are new, and are read anew. Otherwise the answer is the same; but an action that has
                been run for it is asked for once more, as one yes is good for one run.
        """
        answered = self.cut[0].additional_kwargs.get("answers")
        if not answered or reworded:
            return {"approval": answered["approval"]} if answered else None
        if answered["answer"] == "yes" and self.stands:
            return {**answered, "answer": "change", "args": {}}
        return dict(answered)


def find(
    graph: "CompiledStateGraph", approvals: Approvals, thread_id: str, message_id: str | None = None
) -> Rewind:
    """Look up what would be taken back.

    Args:
        graph: the agent.
        approvals: what has been asked.
        thread_id: the conversation.
        message_id: the user's message; their last one where left out.

    Raises:
        Missing: the user has said no such thing in this conversation.
    """
    messages = messages_of(graph, thread_id)
    said = [at for at, message in enumerate(messages) if message.type == "human"]
    at = next((at for at in reversed(said) if message_id in (None, messages[at].id)), None)
    if at is None:
        raise Missing(
            f"There is no message {message_id or 'of yours'} in this conversation.",
            "Reload it to see how it stands; only messages of the user can be put again.",
            param="message",
        )
    cut = messages[at:]
    return Rewind(messages[:at], cut, _done_in(cut, approvals, thread_id))


def take_back(
    graph: "CompiledStateGraph", approvals: Approvals, thread_id: str, rewind: Rewind
) -> dict[str, Any] | None:
    """Cut the conversation; the approvals asked in the cut part are withdrawn, the one answered by it waits again.

    Args:
        graph: the agent.
        approvals: what has been asked.
        thread_id: the conversation.
        rewind: what is taken back.

    Returns:
        The approval that waits again, if there is one.
    """
    from langchain_core.messages import RemoveMessage

    approvals.withdraw(thread_id, [call["id"] for call in _calls(rewind.cut)])
    answered = rewind.cut[0].additional_kwargs.get("answers")
    again = approvals.reopen(answered["approval"], thread_id) if answered else None
    changes: list[Any] = [RemoveMessage(id=message.id) for message in rewind.cut]
    if again:
        changes += [_waiting(each) for each in rewind.kept if _is_result_of(each, again["call_id"])]
    graph.update_state(config(thread_id), {"messages": changes}, as_node="__start__")
    return again


def _done_in(cut: Sequence[Any], approvals: Approvals, thread_id: str) -> list[Stands]:
    """The approved actions that were run in a part of a conversation, and those that earlier cuts of it left."""
    earlier = cut[0].additional_kwargs.get("stands", [])
    results = {message.tool_call_id: message for message in cut if message.type == "tool"}
    done = [Stands(**each) for each in earlier]
    for call in _calls(cut):
        result, asked = results.get(call["id"]), approvals.of_call(thread_id, call["id"])
        if asked and asked["status"] == states.DONE and result is not None and result.status != "error":
            done.append(Stands(asked["tool"], asked["args"], _job(result.content)))
    return done


def _job(content: Any) -> str:
    try:
        result = json.loads(content)
    except (TypeError, ValueError):
        return ""
    return str(result.get("job") or "") if isinstance(result, dict) else ""


def _calls(messages: Sequence[Any]) -> list[Any]:
    return [call for message in messages if message.type == "ai" for call in message.tool_calls]


def _is_result_of(message: Any, call_id: str) -> bool:
    return message.type == "tool" and message.tool_call_id == call_id


def _waiting(result: Any) -> Any:
    """A tool's result as it stood while its approval was open."""
    return result.model_copy(update={"content": json.dumps(WAITING)})

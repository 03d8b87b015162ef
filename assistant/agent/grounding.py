"""Bigger models answer from numbered passages, and what they say is checked against these before it is shown.

The embedded model needs neither: its answers are the documents' own sentences.
"""

import json
import re
import threading
from collections.abc import Callable, Sequence
from typing import Any

from langchain.agents.middleware import AgentMiddleware
from langchain.agents.middleware.types import AgentState, ModelRequest, ModelResponse
from langchain_core.language_models import BaseChatModel

from assistant.agent.context import TurnContext
from assistant.brain.embedded import EmbeddedChatModel
from assistant.brain.grounded import GroundedChatModel
from assistant.brain.notices import spoken
from knowledge.cited import CitedReply
from knowledge.passages import numbered
from knowledge.support import Support

SEARCH = "search_knowledge"
_numbering = threading.Lock()


def writes_itself(model: BaseChatModel) -> bool:
    """Whether a model words its own answers, and does not only quote."""
    return not isinstance(model, EmbeddedChatModel)


def with_passages(
    result: dict[str, Any], args: dict[str, Any], context: TurnContext, messages: Sequence[Any]
) -> dict[str, Any]:
    """A search's result with numbered passages for a model to write from; numbers go on over the searches of a turn.

    The answer that the search itself found keeps its numbers in step: what it cites comes first among the passages.

    Args:
        result: of ``search_knowledge``.
        args: what it was asked.
        context: the turn.
        messages: the conversation, whose newest turn tells which numbers are taken.
    """
    workspace = context.workspace
    quoted = [each["passage"] for each in result.get("citations") or []]
    found = numbered(workspace.knowledge(), args["query"], workspace.history(), workspace.visitor, quoted)
    with _numbering:
        before = max([context.passages, *(each["number"] for each in passages_of(messages))])
        context.passages = before + len(found)
    for number, each in enumerate(found, before + 1):
        each["number"] = number
    if not before:
        return {**result, "passages": found}
    moved = {
        "answer": re.sub(
            r"\[(\d+)\]", lambda mark: f"[{int(mark[1]) + before}]", str(result.get("answer", ""))
        ),
        "citations": [each | {"number": each["number"] + before} for each in result.get("citations") or []],
    }
    return {**result, **moved, "passages": found}


def passages_of(messages: Sequence[Any]) -> list[dict[str, Any]]:
    """The passages that the newest turn's searches have found."""
    return _held(messages, "passages")


def _held(messages: Sequence[Any], key: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for message in _newest(messages):
        if message.type != "tool" or message.name != SEARCH:
            continue
        try:
            result = json.loads(str(message.text))
        except ValueError:
            continue
        found += result.get(key) or [] if isinstance(result, dict) else []
    return found


def _newest(messages: Sequence[Any]) -> list[Any]:
    starts = [at for at, message in enumerate(messages) if message.type == "human"]
    return list(messages[starts[-1] :] if starts else messages)


class Grounding(AgentMiddleware[AgentState[Any], TurnContext]):
    """Checks the replies of turns in which the documents were searched. Stands before whatever shortens messages.

    Args:
        drop: leave out what the passages do not bear out, instead of marking it.
    """

    def __init__(self, drop: bool = False):
        super().__init__()
        self._drop = drop

    def wrap_model_call(
        self,
        request: ModelRequest[TurnContext],
        handler: Callable[[ModelRequest[TurnContext]], ModelResponse],
    ) -> ModelResponse:
        """See :class:`langchain.agents.middleware.AgentMiddleware`."""
        passages = passages_of(request.messages)
        if not passages or not writes_itself(request.model):
            return handler(request)
        context, messages = request.runtime.context, request.messages
        used = [
            each
            for message in _newest(messages)
            for each in getattr(message, "additional_kwargs", {}).get("citations", [])
        ]

        def begin() -> CitedReply:
            support = Support(context.workspace.knowledge().searcher.encoder)
            return CitedReply(support, passages, self._drop, used, spoken(messages) == "zh")

        grounded = GroundedChatModel(inner=request.model, begin=begin, quoted=_held(messages, "citations"))
        return handler(request.override(model=grounded))

"""What of a long conversation goes to the model: its newest turns, within a budget. What is stored stays whole.

A turn is a user's message with all that followed it, so no tool call is parted from its result. Gigantic results are
shortened inside, and stay JSON.
"""

import json
from collections.abc import Callable, Sequence
from typing import Any

from langchain.agents.middleware import AgentMiddleware
from langchain.agents.middleware.types import AgentState, ModelRequest, ModelResponse
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessage, SystemMessage, ToolMessage

from assistant.agent.context import TurnContext

BUDGET = 8_000  # tokens of conversation where nobody knows the model's window
MOST = 32_000  # tokens of conversation, however large the window is: they cost money and time
BYTES = 4  # of UTF-8 a token, about: four English letters, one or two Chinese characters
RESULT, EARLIER = 12_000, 3_000  # bytes of a tool's result, in the newest turn and in those before it
# What is left of a result: items of a list, characters of a text; the first that fits is taken.
SHORTER = ((50, 2_000), (20, 600), (8, 200), (3, 80))
FIELDS = 12  # of an object, at least
NOTE = (
    "({} earlier messages of this conversation are left out here. Ask where you need what was said in them.)"
)


class Trimming(AgentMiddleware[AgentState[Any], TurnContext]):
    """Gives the model what it can take of a conversation. Stands behind whatever sets the system message.

    Args:
        budget: tokens of conversation, estimated; the newest turn is given whole in any case.
        shorten: shorten large results of tools too.
    """

    def __init__(self, budget: int = BUDGET, shorten: bool = True):
        super().__init__()
        self._budget, self._shorten = budget, shorten

    @classmethod
    def fitting(cls, model: BaseChatModel) -> "Trimming":
        """As a model needs it.

        Args:
            model: the chat model; half of its window is for the conversation, the rest for instructions and answer.
                The embedded model reads results whole, as it composes its replies from them.
        """
        from assistant.brain.embedded import EmbeddedChatModel

        model = getattr(model, "primary", model)
        if isinstance(model, EmbeddedChatModel):
            return cls(shorten=False)
        window = (model.profile or {}).get("max_input_tokens")
        return cls(min(MOST, window // 2)) if window else cls()

    def wrap_model_call(
        self,
        request: ModelRequest[TurnContext],
        handler: Callable[[ModelRequest[TurnContext]], ModelResponse],
    ) -> ModelResponse:
        """See :class:`langchain.agents.middleware.AgentMiddleware`."""
        kept = trim(request.messages, self._budget, self._shorten)
        left_out = len(request.messages) - len(kept)
        if not left_out:
            return handler(request.override(messages=kept))
        prompt = str(request.system_message.text) if request.system_message else ""
        noted = SystemMessage(f"{prompt}\n\n{NOTE.format(left_out)}".strip())
        return handler(request.override(messages=kept, system_message=noted))


def trim(messages: Sequence[Any], budget: int, shorten: bool = True) -> list[Any]:
    """The newest turns of a conversation that fit the budget together; the last one always.

    Args:
        messages: the conversation, oldest first.
        budget: tokens, estimated.
        shorten: shorten large results of tools too.
    """
    turns = _turns(messages)
    kept: list[Any] = []
    for age, turn in enumerate(reversed(turns)):
        shown = [_short(message, EARLIER if age else RESULT) for message in turn] if shorten else turn
        if not age and shorten and _cost(shown) > budget:
            shown = [_short(message, EARLIER) for message in turn]
        budget -= _cost(shown)
        if age and budget < 0:
            break
        kept = [*shown, *kept]
    return kept


def shortened(result: str, most: int) -> str:
    """A tool's result, JSON or other text, in at most about this many bytes.

    What lists and objects lose is told beside them, so that all items stay of one kind.
    """
    try:
        value = json.loads(result)
    except ValueError:
        return f"{result[:most]} … (shortened)"
    text = ""
    for items, characters in SHORTER:
        text = json.dumps(_less(value, items, characters), ensure_ascii=False)
        if _size(text) <= most:
            return text
    return json.dumps({"shortened": text[: most // 2]}, ensure_ascii=False)


def _turns(messages: Sequence[Any]) -> list[list[Any]]:
    turns: list[list[Any]] = []
    for message in messages:
        if message.type == "human" or not turns:
            turns.append([])
        turns[-1].append(message)
    return turns


def _cost(messages: Sequence[BaseMessage]) -> int:
    """About how many tokens messages take."""
    return sum(_bytes(message) for message in messages) // BYTES


def _bytes(message: BaseMessage) -> int:
    if isinstance(message, ToolMessage):  # also where it is read whole, it must not push earlier turns out
        return min(_size(str(message.text)), RESULT)
    calls = getattr(message, "tool_calls", None)
    return _size(str(message.text)) + (_size(json.dumps(calls, default=str)) if calls else 0)


def _size(text: str) -> int:
    return len(text.encode("utf-8", "replace"))


def _short(message: Any, most: int) -> Any:
    if not isinstance(message, ToolMessage) or _size(str(message.text)) <= most:
        return message
    return message.model_copy(update={"content": shortened(str(message.text), most)})


def _less(value: Any, items: int, characters: int) -> Any:
    if isinstance(value, str):
        return value if len(value) <= characters else f"{value[:characters]}…"
    if isinstance(value, list):
        return [_less(each, items, characters) for each in value[:items]]
    if not isinstance(value, dict):
        return value
    most = max(items, FIELDS)
    less: dict[str, Any] = {}
    for key, each in list(value.items())[:most]:
        less[key] = _less(each, items, characters)
        if isinstance(each, list) and len(each) > items:
            less[f"{key}_left_out"] = len(each) - items
    if len(value) > most:
        less["fields_left_out"] = len(value) - most
    return less

"""From the graph's streams to a turn's events: tokens through the look-back buffer, tool steps as they come."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from assistant.agent.answering import config
from assistant.agent.context import TurnContext
from assistant.agent.events import (
    ApprovalAsked,
    Artifact,
    Choices,
    Citation,
    Done,
    Event,
    Redacted,
    Token,
    ToolFinished,
)

if TYPE_CHECKING:
    from langgraph.graph.state import CompiledStateGraph

Record = Callable[[dict[str, Any]], str]


class Outgoing:
    """The reply on its way out: every character passes the redactor's look-back buffer."""

    def __init__(self, context: TurnContext):
        self._context = context
        self._parts: list[str] = []
        self._open()

    def _open(self) -> None:
        from tools.privacy.stream import RedactingStream

        allow = [*self._context.allow, *self._context.quoted]
        self._stream = RedactingStream(self._context.redactor, allow=allow)

    def feed(self, text: str) -> Iterator[Event]:
        """More of the reply; yields what is safe to show by now."""
        yield from self._show(self._stream.feed(text))

    def flush(self) -> Iterator[Event]:
        """The end of a message: everything held back, and what was taken out. A new buffer knows new quotations."""
        yield from self._show(self._stream.close())
        for entity in self._stream.entities:
            yield Redacted(entity.entity_type, "reply")
        self._open()

    def _show(self, text: str) -> Iterator[Event]:
        if text:
            self._parts.append(text)
            yield Token(text)

    @property
    def text(self) -> str:
        """The reply so far, as it was shown."""
        return "".join(self._parts).strip()


def run(graph: "CompiledStateGraph", goes_in: Any, context: TurnContext, record: Record) -> Iterator[Event]:
    """Run the graph to its end or its next approval, and yield what happens.

    Args:
        graph: the agent.
        goes_in: messages, or None to go on from the state it is in.
        context: the turn.
        record: enters a picture or report for the user and returns its id.
    """
    out, asked = Outgoing(context), None
    suggestions: list[str] = []
    modes: Any = ["messages", "updates", "custom"]
    given: Any = context  # create_agent's type does not carry the context schema along
    streamed: Iterator[Any] = graph.stream(
        goes_in, config(context.thread_id), context=given, stream_mode=modes
    )
    for mode, item in streamed:
        if mode == "messages":
            yield from out.feed(_reply_text(*item))
        elif mode == "updates":
            yield from out.flush()
            suggestions = _suggestions(item) or suggestions
        else:
            yield from out.flush()
            yield item
            if isinstance(item, ApprovalAsked):
                asked = item
            elif isinstance(item, ToolFinished):
                yield from shown_with(item, record)
    yield from out.flush()
    if asked:
        yield from out.feed(question(asked, context))
        yield from out.flush()
    elif suggestions:
        yield Choices(suggestions)
    yield Done(context.thread_id, out.text, asked.id if asked else None)


def shown_with(finished: ToolFinished, record: Record) -> Iterator[Event]:
    """The citations and artifacts that a tool's result carries, as events of their own."""
    for number, each in enumerate(finished.result.get("citations") or [], 1):
        yield Citation(
            number=each.get("number", number),
            source=each["source"],
            text=each["text"],
            score=each["score"],
            passage=str(each.get("passage", "")),
            title=each.get("title", ""),
        )
    for each in finished.result.get("artifacts") or []:
        yield Artifact(each["kind"], str(each["path"]), each["title"], record(each))


def question(asked: ApprovalAsked, context: TurnContext) -> str:
    """What the user is asked, in the language they spoke last."""
    said = context.workspace.history()
    about = "\n".join([asked.summary, *(f"- {each}" for each in asked.details.get("warnings") or [])])
    if said and any("\u4e00" <= c <= "\u9fff" for c in said[-1]):
        return f"{about}\n\n要继续吗?(是 / 否,或者直接说要改什么)"
    return f"{about}\n\nShall I go ahead? (yes, no, or tell me what to change)"


def _reply_text(chunk: Any, metadata: dict[str, Any]) -> str:
    from langchain_core.messages import AIMessage

    spoken = isinstance(chunk, AIMessage) and metadata.get("langgraph_node") == "model"
    return str(chunk.text) if spoken else ""


def _suggestions(update: dict[str, Any]) -> list[str]:
    for change in update.values():
        messages = change.get("messages", []) if isinstance(change, dict) else []
        for message in messages if isinstance(messages, list) else [messages]:
            found = getattr(message, "additional_kwargs", {}).get("suggestions")
            if found:
                return list(found)
    return []

"""From the graph's streams to a turn's events: tokens through the look-back buffer, tool steps as they come."""

from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from typing import TYPE_CHECKING, Any

from assistant.agent.context import TurnContext
from assistant.agent.events import (
    ApprovalAsked,
    Artifact,
    Choices,
    Citation,
    Done,
    Event,
    Redacted,
    Stopped,
    Token,
    ToolFinished,
)
from assistant.agent.running import in_background
from assistant.agent.state import config, keep_stopped

if TYPE_CHECKING:
    from langgraph.graph.state import CompiledStateGraph

Record = Callable[[dict[str, Any]], str]


class Outgoing:
    """The reply on its way out: every character passes the redactor's look-back buffer.

    ``asked`` is the approval that the turn ends with, ``suggestions`` are the next steps offered at its end,
    ``model`` is the chat model that answered.
    """

    def __init__(self, context: TurnContext):
        self._context = context
        self._parts: list[str] = []
        self._entered = 0
        self.asked: ApprovalAsked | None = None
        self.suggestions: list[str] = []
        self.model: str | None = None
        self._open()

    def _open(self) -> None:
        from tools.privacy.stream import RedactingStream

        self._begins = True
        allow = [*self._context.allow, *self._context.quoted]
        self._stream = RedactingStream(self._context.redactor, allow, self._context.vault)

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
        if text and self._begins and self._parts and not self._parts[-1].endswith("\n"):
            text = f"\n\n{text}"  # one message ended, the next begins
        if text:
            self._begins = False
            self._parts.append(text)
            yield Token(text)

    def entered(self) -> None:
        """What was shown by now has been entered into the conversation."""
        self._entered = len(self._parts)

    @property
    def text(self) -> str:
        """The reply so far, as it was shown."""
        return "".join(self._parts).strip()

    @property
    def unentered(self) -> str:
        """The part of the reply that the conversation does not hold yet."""
        return "".join(self._parts[self._entered :]).strip()


def run(graph: "CompiledStateGraph", goes_in: Any, context: TurnContext, record: Record) -> Iterator[Event]:
    """Run the graph to its end or its next approval, and yield what happens.

    Args:
        graph: the agent.
        goes_in: messages, or None to go on from the state it is in.
        context: the turn.
        record: enters a picture or report for the user and returns its id.
    """
    out = Outgoing(context)
    begun = (goes_in or {}).get("messages", [])
    try:
        with closing(_streamed(graph, goes_in, context)) as streamed:
            yield from _events(streamed, out, record)
        yield from out.flush()
    except (GeneratorExit, KeyboardInterrupt):
        if not out.asked:
            keep_stopped(graph, context.thread_id, begun, out.unentered)
        raise
    if context.stop.is_set() and not out.asked:
        yield from out.feed(keep_stopped(graph, context.thread_id, begun, out.unentered))
        yield from out.flush()
        yield Stopped()
        yield Done(context.thread_id, out.text, model=out.model)
        return
    if out.asked:
        yield from out.feed(question(out.asked, context))
        yield from out.flush()
    elif out.suggestions:
        yield Choices(out.suggestions)
    yield Done(context.thread_id, out.text, out.asked.id if out.asked else None, out.model)


def _events(streamed: Iterator[Any], out: Outgoing, record: Record) -> Iterator[Event]:
    for mode, item in streamed:
        if mode == "messages":
            text, cited = _said(*item)
            yield from cited
            yield from out.feed(text)
            continue
        yield from out.flush()
        if mode == "updates":
            out.entered()
            out.suggestions = _marked(item, "suggestions") or out.suggestions
            out.model = _marked(item, "answered_by") or out.model
            continue
        if isinstance(item, ApprovalAsked):
            out.asked = item
        yield item
        if isinstance(item, ToolFinished):
            yield from shown_with(item, record)


def _streamed(graph: "CompiledStateGraph", goes_in: Any, context: TurnContext) -> Generator[Any, None, None]:
    modes: Any = ["messages", "updates", "custom"]
    given: Any = context  # create_agent's type does not carry the context schema along
    settings = config(context.thread_id, context.stop)
    # A visitor's turn changes nothing and waits for nobody: what it did is kept once, at its end.
    durability: Any = "exit" if context.principal.role == "visitor" else None

    def start() -> Any:
        return graph.stream(goes_in, settings, context=given, stream_mode=modes, durability=durability)

    return in_background(start, context.stop)


def shown_with(finished: ToolFinished, record: Record) -> Iterator[Event]:
    """The citations and artifacts that a tool's result carries, as events of their own.

    Where a model is given passages to write from, the citations are those of its reply.
    """
    if "passages" not in finished.result:
        yield from citations_of(finished.result)
    for each in finished.result.get("artifacts") or []:
        yield Artifact(each["kind"], str(each["path"]), each["title"], record(each))


def citations_of(holder: dict[str, Any]) -> Iterator[Citation]:
    """The citations of a tool's result, or those that a reply's message carries."""
    for number, each in enumerate(holder.get("citations") or [], 1):
        yield Citation(
            number=each.get("number", number),
            source=each["source"],
            text=each["text"],
            score=each["score"],
            passage=str(each.get("passage", "")),
            title=each.get("title", ""),
            start=each.get("start", 0),
            end=each.get("end", 0),
            page=each.get("page", 0),
        )


def question(asked: ApprovalAsked, context: TurnContext) -> str:
    """What the user is asked, in the language they spoke last."""
    about = "\n".join([asked.summary, *(f"- {each}" for each in asked.details.get("warnings") or [])])
    if context.language == "zh":
        return f"{about}\n\n要继续吗?(是 / 否,或者直接说要改什么)"
    return f"{about}\n\nShall I go ahead? (yes, no, or tell me what to change)"


def _said(chunk: Any, metadata: dict[str, Any]) -> tuple[str, list[Citation]]:
    """The words of a piece of a stream, and the citations that are new in it."""
    from langchain_core.messages import AIMessage

    if not isinstance(chunk, AIMessage) or metadata.get("langgraph_node") != "model":
        return "", []
    return str(chunk.text), list(citations_of(chunk.additional_kwargs))


def _marked(update: dict[str, Any], mark: str) -> Any:
    """What a message that enters the conversation carries beside its words; None where none does."""
    for change in update.values():
        messages = change.get("messages", []) if isinstance(change, dict) else []
        for message in messages if isinstance(messages, list) else [messages]:
            if found := getattr(message, "additional_kwargs", {}).get(mark):
                return found
    return None

"""The one way in: every door calls :meth:`Agent.turn` and translates the events it yields."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.access.principal import Principal
from assistant.access.roles import allow
from assistant.agent.answering import GoOn, Reply, answer, config, say, set_aside
from assistant.agent.approvals import Approvals
from assistant.agent.context import TurnContext
from assistant.agent.events import Done, Event, Failed, Heard, Redacted, Token
from assistant.agent.history import Entry, entries
from assistant.agent.stream import run
from assistant.agent.threads import Threads
from assistant.errors import BadRequest, Conflict, Occupied
from assistant.home import exclusive
from assistant.logs import log
from knowledge.errors import TeachingError
from tools.workspace import Workspace

if TYPE_CHECKING:
    from langgraph.graph.state import CompiledStateGraph

LONGEST = 32_000  # characters of a message


@dataclass(frozen=True)
class Parts:
    """What the application gives the agent; functions stand for things that are made late.

    ``workspace`` is given the user's earlier messages, ``prompt`` the files attached to the conversation. ``names``
    lists the words the redaction gate leaves alone. ``record`` enters an artifact for its owner and returns its id.
    """

    graph: Callable[[Principal], "CompiledStateGraph"]
    workspace: Callable[[Principal, str | None, Sequence[str]], Workspace]
    prompt: Callable[[Principal, Sequence[str]], str]
    names: Callable[[], list[str]]
    redactor: Callable[[], Any]
    record: Callable[[dict[str, Any], Principal, str], str]
    locks: Path


class Agent:
    """The conversations: turns, announcements, history.

    Args:
        parts: what the application gives.
        threads: whose conversations there are.
        approvals: what waits for a yes.
    """

    def __init__(self, parts: Parts, threads: Threads, approvals: Approvals):
        self._parts, self.threads, self.approvals = parts, threads, approvals

    def turn(
        self,
        principal: Principal,
        message: str,
        thread_id: str | None = None,
        files: Sequence[str] = (),
        decision: dict[str, Any] | None = None,
        auto_approve: bool = False,
    ) -> Iterator[Event]:
        """One turn of the conversation, as it happens. The last event is ``Done`` or ``Failed``.

        Args:
            principal: who speaks.
            message: what they say; redacted before anything else happens to it.
            thread_id: their conversation; a new one where left out.
            files: names of the files attached to this message.
            decision: a click instead of words: ``{"approval": id, "answer": "yes" | "no" | "change", "args": {…}}``.
            auto_approve: grant approvals as they come.
        """
        with _explained() as failure:
            allow(principal, "chat")
            message = _writable(message)
            thread_id = self._open(principal, message, thread_id)
            with self._alone(thread_id):
                yield from self._turn(principal, message, thread_id, list(files), decision, auto_approve)
        yield from failure

    def announce(self, principal: Principal, thread_id: str, job_id: str) -> Iterator[Event]:
        """Report the end of a job in its conversation: the agent calls ``show_job`` unasked.

        Args:
            principal: whose conversation it is.
            thread_id: the conversation.
            job_id: the job.
        """
        from langchain_core.messages import AIMessage

        with _explained() as failure:
            self.threads.get(thread_id, principal.user_id)
            with self._alone(thread_id):
                graph = self._parts.graph(principal)
                context = self._context(graph, principal, thread_id, [], False)
                set_aside(graph, thread_id)
                call = {"name": "show_job", "args": {"job": job_id}, "id": f"call-{job_id}-ended"}
                message = AIMessage("", tool_calls=[call])
                graph.update_state(config(thread_id), {"messages": [message]}, as_node="model")
                yield from run(graph, None, context, self._recorder(context))
        yield from failure

    def recall(self, principal: Principal, earlier: Sequence[tuple[str, str]]) -> str:
        """Open a conversation that begins with earlier messages, for callers who keep their history themselves.

        Args:
            principal: who speaks.
            earlier: pairs of ``user`` or ``assistant`` and what was said, oldest first; redacted before they are kept.

        Returns:
            The conversation's id.
        """
        from langchain_core.messages import AIMessage, HumanMessage

        from assistant.agent.redaction import clean_text

        allow(principal, "chat")
        thread_id = self.threads.create(principal.user_id)["id"]
        graph = self._parts.graph(principal)
        context = self._context(graph, principal, thread_id, [], False)
        kinds = {"user": HumanMessage, "assistant": AIMessage}
        messages = [kinds[role](clean_text(text, context)[0]) for role, text in earlier]
        graph.update_state(config(thread_id), {"messages": [*messages, AIMessage("")]}, as_node="model")
        self.threads.touch(thread_id, str(messages[0].text))
        return thread_id

    def history(self, principal: Principal, thread_id: str) -> list[Entry]:
        """A conversation as it can be shown again, oldest first.

        Raises:
            Missing: there is none, or it is another's.
        """
        self.threads.get(thread_id, principal.user_id)
        state = self._parts.graph(principal).get_state(config(thread_id))
        record = self._parts.record
        return entries(state.values.get("messages", []), lambda each: record(each, principal, thread_id))

    def forget(self, principal: Principal, thread_id: str) -> None:
        """Delete a conversation with all that was said in it."""
        self.threads.delete(thread_id, principal.user_id)
        saver: Any = self._parts.graph(principal).checkpointer
        saver.delete_thread(thread_id)

    def _open(self, principal: Principal, message: str, thread_id: str | None) -> str:
        if len(message) > LONGEST:
            raise BadRequest(
                f"The message has {len(message):,} characters; {LONGEST:,} is the most.",
                "Attach the text as a file.",
                param="message",
            )
        if thread_id:
            return self.threads.get(thread_id, principal.user_id)["id"]
        return self.threads.create(principal.user_id)["id"]

    @contextlib.contextmanager
    def _alone(self, thread_id: str) -> Iterator[None]:
        """One turn at a time in a conversation, over all processes."""
        try:
            with exclusive(self._parts.locks / f"{thread_id}.lock", "a turn"):
                yield
        except Occupied:
            raise Conflict(
                "I am still answering in this conversation.",
                "Wait for the answer, or start another conversation.",
            ) from None

    def _turn(
        self,
        principal: Principal,
        message: str,
        thread_id: str,
        files: list[str],
        decision: dict[str, Any] | None,
        auto_approve: bool,
    ) -> Iterator[Event]:
        from langchain_core.messages import HumanMessage

        from assistant.agent.redaction import clean_text

        graph = self._parts.graph(principal)
        context = self._context(graph, principal, thread_id, files, auto_approve)
        text, found = clean_text(message or _for_files(files), context)
        yield Heard(text, files)
        for entity_type in found:
            yield Redacted(entity_type, "message")
        next_step = answer(graph, context, text, decision)
        self.threads.touch(thread_id, text)
        if isinstance(next_step, Reply):
            say(graph, thread_id, text or "No", next_step.text)
            yield Token(next_step.text)
            yield Done(thread_id, next_step.text)
            return
        if next_step is None:
            set_aside(graph, thread_id)
            human = HumanMessage(text, additional_kwargs={"files": files} if files else {})
            next_step = GoOn({"messages": [human]})
        yield from run(graph, next_step.input, context, self._recorder(context))

    def _context(
        self,
        graph: "CompiledStateGraph",
        principal: Principal,
        thread_id: str,
        files: list[str],
        auto_approve: bool,
    ) -> TurnContext:
        from langchain_core.messages import HumanMessage

        messages = graph.get_state(config(thread_id)).values.get("messages", [])
        spoken = [message for message in messages if isinstance(message, HumanMessage)]
        attached = [*files]
        for message in reversed(spoken):
            attached.extend(message.additional_kwargs.get("files", []))
        attached = list(dict.fromkeys(attached))
        return TurnContext(
            principal=principal,
            thread_id=thread_id,
            workspace=self._parts.workspace(principal, thread_id, [str(each.text) for each in spoken]),
            approvals=self.approvals,
            redactor=self._parts.redactor(),
            system_prompt=self._parts.prompt(principal, attached),
            allow=[*self._parts.names(), *attached],
            auto_approve=auto_approve,
        )

    def _recorder(self, context: TurnContext) -> Callable[[dict[str, Any]], str]:
        return lambda each: self._parts.record(each, context.principal, context.thread_id)


def _writable(message: str) -> str:
    """The message without what no database stores: NUL characters and halves of surrogate pairs."""
    return message.replace("\0", "").encode("utf-8", "replace").decode()


def _for_files(files: list[str]) -> str:
    """What a message without words asks: the question its files suggest."""
    from assistant.workspace.files import DATASETS

    if not files:
        return ""
    if Path(files[0]).suffix.lower() in DATASETS:
        return f"What is in {files[0]}?"
    return f"Add {files[0]} to the knowledge base"


@contextlib.contextmanager
def _explained() -> Iterator[list[Event]]:
    """Turn whatever breaks into one last ``Failed`` event, so that no door has to know exceptions."""
    failure: list[Event] = []
    try:
        yield failure
    except TeachingError as error:
        failure.append(Failed(str(error), error.code))
    except Exception as error:
        log().exception("turn failed")
        failure.append(_explain(error))


def _explain(error: Exception) -> Failed:
    # LangChain's packages raise subclasses of their own, so the parents count too.
    origins = {kind.__module__.split(".")[0] for kind in type(error).__mro__}
    if origins & {"openai", "httpx", "anthropic", "httpcore"}:
        return Failed(
            f"The chat model cannot be used right now ({type(error).__name__}). "
            "Check ASSISTANT_MODEL, its address and its key, or set ASSISTANT_MODEL=embedded.",
            "model_unavailable",
        )
    return Failed("Something broke on our side. Try again; details are in the log.")

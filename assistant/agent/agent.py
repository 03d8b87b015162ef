"""The one way in: every door calls :meth:`Agent.turn` and translates the events it yields."""

import contextlib
import secrets
from collections.abc import Callable, Generator, Sequence
from typing import TYPE_CHECKING, Any

from assistant.access.principal import Principal
from assistant.access.quotas import TOKENS, tokens_of
from assistant.access.roles import allow
from assistant.agent.answering import GoOn, Reply, answer
from assistant.agent.approvals import Approvals
from assistant.agent.context import TurnContext
from assistant.agent.crowd import Crowd
from assistant.agent.events import Done, Event, Heard, Redacted, Token
from assistant.agent.failures import explained
from assistant.agent.kept import Kept
from assistant.agent.parts import Parts
from assistant.agent.rewind import Rewind, find, take_back
from assistant.agent.running import Stop, Turn
from assistant.agent.said import Said, message_of, question_for, writable
from assistant.agent.state import attached_to, config, keep_stopped, messages_of, set_aside
from assistant.agent.stream import run
from assistant.agent.threads import Threads
from assistant.brain.language import spoken_language

if TYPE_CHECKING:
    from langgraph.graph.state import CompiledStateGraph


class Agent(Kept):
    """The conversations: turns, announcements, and what is kept of them.

    Args:
        parts: what the application gives.
        threads: whose conversations there are.
        approvals: what waits for a yes.
        places: how many turns of the team go on at the same time while others wait, and how many of visitors.
    """

    def __init__(self, parts: Parts, threads: Threads, approvals: Approvals, places: int):
        super().__init__(parts, threads)
        self.approvals, self._crowd = approvals, Crowd(places)

    def turn(
        self,
        principal: Principal,
        message: str,
        thread_id: str | None = None,
        files: Sequence[str] = (),
        decision: dict[str, Any] | None = None,
        auto_approve: bool = False,
        earlier: Sequence[tuple[str, str]] = (),
    ) -> Turn:
        """One turn of the conversation, as it happens. The last event is ``Done`` or ``Failed``.

        Args:
            principal: who speaks.
            message: what they say; redacted before anything else happens to it.
            thread_id: their conversation; a new one where left out.
            files: names of the files attached to this message.
            decision: a click instead of words: ``{"approval": id, "answer": "yes" | "no" | "change", "args": {…}}``.
            auto_approve: grant approvals as they come.
            earlier: what a new conversation begins with; see :meth:`recall`.
        """
        said = Said(writable(message), list(files), decision, auto_approve)

        def begin(stop: Stop) -> Generator[Event, None, None]:
            with explained(spoken_language([said.text])) as failure:
                self._admit(principal)
                said.check()
                with self._crowd.place(principal, stop):
                    where = self._where(principal, thread_id, earlier)
                    with self.alone(principal, where):
                        yield from self._counted(principal, self._turn(principal, where, said, stop))
            yield from failure

        return Turn(begin)

    def retry(self, principal: Principal, thread_id: str, auto_approve: bool = False) -> Turn:
        """Answer the user's last message once more; the answer it got, with all that followed, is taken back.

        What was done is not undone: ``Stands`` events tell of it. An action that was run for a yes is asked for again.

        Args:
            principal: who asks.
            thread_id: their conversation.
            auto_approve: grant approvals as they come.
        """
        return self._again(principal, thread_id, None, None, auto_approve)

    def edit(
        self,
        principal: Principal,
        thread_id: str,
        message_id: str | None,
        text: str,
        auto_approve: bool = False,
    ) -> Turn:
        """Put another text in the place of a message of the user, with its files, and go on from there.

        The message and all that followed are taken back as by :meth:`retry`; an approval that it answered waits again,
        and the new text is read as its answer.

        Args:
            principal: who asks.
            thread_id: their conversation.
            message_id: the message, as ``Heard`` and the history name it; their last one where None.
            text: what they say instead; redacted like every message.
            auto_approve: grant approvals as they come.
        """
        return self._again(principal, thread_id, message_id, writable(text), auto_approve)

    def announce(self, principal: Principal, thread_id: str, job_id: str) -> Turn:
        """Report the end of a job in its conversation: the agent calls ``show_job`` unasked.

        Args:
            principal: whose conversation it is.
            thread_id: the conversation.
            job_id: the job.
        """
        from langchain_core.messages import AIMessage

        def begin(stop: Stop) -> Generator[Event, None, None]:
            with explained() as failure:
                self.threads.get(thread_id, principal.user_id)
                with self.alone(principal, thread_id):
                    graph = self._parts.graph(principal)
                    context = self._context(graph, principal, thread_id, Said(), stop)
                    set_aside(graph, thread_id)
                    call = {"name": "show_job", "args": {"job": job_id}, "id": f"call-{job_id}-ended"}
                    message = AIMessage("", tool_calls=[call])
                    graph.update_state(config(thread_id), {"messages": [message]}, as_node="model")
                    yield from run(graph, None, context, self._recorder(context))
                    self.threads.touch(thread_id)
            yield from failure

        return Turn(begin)

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
        context = self._context(graph, principal, thread_id, Said(), Stop())
        kinds = {"user": HumanMessage, "assistant": AIMessage}
        messages = [kinds[role](clean_text(text, context, heard=role == "user")[0]) for role, text in earlier]
        graph.update_state(config(thread_id), {"messages": [*messages, AIMessage("")]}, as_node="model")
        self.threads.touch(thread_id, str(messages[0].text))
        return thread_id

    def _admit(self, principal: Principal) -> None:
        """See that somebody may speak, by whatever door they come.

        Raises:
            Forbidden: their role does not.
            TooMany: their tokens of the day are used up.
        """
        allow(principal, "chat")
        self._parts.quotas.check(principal, TOKENS)

    def _counted(
        self, principal: Principal, turn: Generator[Event, None, None]
    ) -> Generator[Event, None, None]:
        """The events of a turn, whose words are counted however it ends."""
        used = 0
        try:
            with contextlib.closing(turn):
                for event in turn:
                    used += tokens_of(event.text) if isinstance(event, Heard | Token) else 0
                    yield event
        finally:
            self._parts.quotas.add(principal, TOKENS, used)

    def _where(self, principal: Principal, thread_id: str | None, earlier: Sequence[tuple[str, str]]) -> str:
        """The conversation's id; a new one's where none is named."""
        if thread_id is None and earlier:
            return self.recall(principal, earlier)
        known = self.threads.get(thread_id, principal.user_id) if thread_id else None
        return (known or self.threads.create(principal.user_id))["id"]

    def _again(
        self,
        principal: Principal,
        thread_id: str,
        message_id: str | None,
        text: str | None,
        auto_approve: bool,
    ) -> Turn:
        def begin(stop: Stop) -> Generator[Event, None, None]:
            with explained(spoken_language([text or ""])) as failure:
                self._admit(principal)
                Said(text or "").check()
                self.threads.get(thread_id, principal.user_id)
                with self._crowd.place(principal, stop), self.alone(principal, thread_id):
                    rewind = find(self._parts.graph(principal), self.approvals, thread_id, message_id)
                    said = Said(
                        rewind.text if text is None else text,
                        rewind.files,
                        rewind.decision(reworded=text is not None),
                        auto_approve,
                    )
                    turn = self._turn(principal, thread_id, said, stop, rewind)
                    yield from self._counted(principal, turn)
            yield from failure

        return Turn(begin)

    def _turn(
        self, principal: Principal, thread_id: str, said: Said, stop: Stop, rewind: Rewind | None = None
    ) -> Generator[Event, None, None]:
        from assistant.agent.redaction import clean_text

        graph = self._parts.graph(principal)
        context = self._context(graph, principal, thread_id, said, stop)
        text, found = clean_text(said.text or question_for(said.files), context, heard=True)
        heard = Heard(text, said.files, f"msg-{secrets.token_hex(8)}")
        if said.files:
            self.threads.attach(thread_id, [*attached_to(messages_of(graph, thread_id)), *said.files])
        decision, stands = said.decision, rewind.stands if rewind else []
        if rewind:
            waits = take_back(graph, self.approvals, thread_id, rewind)
            decision = decision if waits else None
            context = self._context(graph, principal, thread_id, said, stop)
        message = message_of(heard, stands)
        try:
            yield from (heard, *(Redacted(each, "message") for each in found), *stands)
        except GeneratorExit:
            set_aside(graph, thread_id)
            keep_stopped(graph, thread_id, [message], "")
            raise
        next_step = answer(graph, context, message, decision)
        self.threads.touch(thread_id, text, anew=bool(rewind and rewind.first))
        if isinstance(next_step, Reply):
            yield Token(next_step.text)
            yield Done(thread_id, next_step.text)
            return
        if next_step is None:
            set_aside(graph, thread_id)
            next_step = GoOn({"messages": [message]})
        try:
            yield from run(graph, next_step.input, context, self._recorder(context))
        finally:
            self.threads.touch(thread_id)  # what was answered can be found from now on

    def _context(
        self, graph: "CompiledStateGraph", principal: Principal, thread_id: str, said: Said, stop: Stop
    ) -> TurnContext:
        spoken = [each for each in messages_of(graph, thread_id) if each.type == "human"]
        attached = list(dict.fromkeys([*said.files, *attached_to(spoken)]))
        redactor = self._parts.redactor(principal)
        return TurnContext(
            principal=principal,
            thread_id=thread_id,
            workspace=self._parts.workspace(principal, thread_id, [str(each.text) for each in spoken]),
            approvals=self.approvals,
            redactor=redactor,
            system_prompt=self._parts.prompt(principal, attached),
            allow=redactor.sayable([*self._parts.names(), *attached]),
            auto_approve=said.auto_approve,
            stop=stop,
            vault=self._parts.vault(thread_id),
            language=spoken_language([*(str(each.text) for each in spoken), said.text]),
        )

    def _recorder(self, context: TurnContext) -> Callable[[dict[str, Any]], str]:
        return lambda each: self._parts.record(each, context.principal, context.thread_id)

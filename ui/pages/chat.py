"""The chat page: conversations on the left, messages, the live job and the message box."""

import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from assistant.access.principal import Principal
from assistant.access.roles import allow, may
from assistant.agent.events import Event, Failed, Token
from assistant.agent.running import Turn
from assistant.errors import Conflict
from assistant.workspace.files import safe_name
from knowledge.errors import TeachingError
from ui.pages.approving import HIDDEN, Approving
from ui.pages.html import card, text
from ui.pages.live import LiveTurn
from ui.pages.previews import Previews
from ui.pages.render import (
    Message,
    card_message,
    message_id,
    place_of,
    plain_words,
    user_message,
    without_buttons,
)
from ui.pages.threads import ThreadActions
from ui.pages.thumbs import Thumbs
from ui.pages.tour import STEPS, Tour
from ui.pages.turns import Place
from ui.pages.view import ACTIVE, box
from ui.pages.words import ZH, say, told

REDRAW = 0.05  # seconds between redraws while words stream in
SAMPLES = STEPS[0][1]
EXAMPLES = (SAMPLES, "What can you do?", "Which models do we have?")


class ChatPage(Approving, Previews, ThreadActions, Thumbs, Tour):
    """Handlers of the page. Each returns (or yields) new values for the components it names.

    Args:
        app: the application.
    """

    path, name = "", "Chat"

    def load(self, request: gr.Request) -> dict:
        """The page opens: the conversation that its address names, else the one used last."""
        who = self.principal(request)
        titles = self.titles(who)
        named = self.mine(request.query_params.get("thread"), who)
        return self.open(named or (titles[0][1] if titles else None), request)

    def open(self, thread: str | None, request: gr.Request) -> dict:
        """Another conversation is chosen; an answer that is on its way in the one before is drawn there alone."""
        who, session = self.principal(request), str(request.session_hash)
        self.turns.show(session, thread)
        shown = self.view(thread, self.messages(who, thread), who)
        return {**shown, "box": box(busy=True)} if self.turns.busy(session) else shown

    def view(
        self, thread: str | None, messages: list[Message] | None = None, who: Principal | None = None
    ) -> dict:
        """What follows the conversation: messages, job, approval; and thumbs, menu and tour where it was changed."""
        changed = super().view(thread, messages, who)
        if who is None:
            return changed
        lines = self.app.agent.history(who, thread) if thread else []
        if messages is not None:
            marks = self.thumbs_of(who, thread, messages, lines)
            shown: Any = messages
            offered = [each for each in EXAMPLES if each != SAMPLES or may(who, "approve")]
            examples: list[Any] = [{"text": say(each), "display_text": say(each)} for each in offered]
            changed["chat"] = gr.Chatbot(shown, feedback_value=marks, examples=examples)
            changed["thumb_form"] = gr.Group(visible=False)
        return {**changed, **self.thread_parts(who, thread), **self.tour_parts(who, thread, lines)}

    def step(self, chat: list[Message], thread: str | None, request: gr.Request) -> Iterator[dict]:
        """A click on the tour's button."""
        words = self.tour_words(self.principal(request), thread)
        yield {"tour": gr.Row(visible=False)}
        yield from self.send({"text": words}, chat, thread, request)

    def new(self, request: gr.Request) -> dict:
        """An empty conversation; it is stored with its first message."""
        return self.open(None, request)

    def send(
        self, said: dict[str, Any], chat: list[Message], thread: str | None, request: gr.Request
    ) -> Iterator[dict]:
        """A message, perhaps with files."""
        session = str(request.session_hash)
        place = self.turns.place(session)  # where it is asked: large files take seconds
        who, words = self.principal(request), (said.get("text") or "").strip()
        paths = [Path(path) for path in said.get("files") or []]
        if not words and not paths:
            yield {}
            return
        if words in (SAMPLES, ZH[SAMPLES]) and may(who, "approve"):  # of others it is a message like any
            yield {
                "box": box(busy=True),
                "chat": [*chat, user_message(words), card_message(say("Loading …"))],
            }
            yield from self._samples(words, chat, thread, request)
            return
        try:
            files = self._store(paths, who)
        except TeachingError as error:  # what was typed stays in the box, with its files
            if not self.turns.here(session, place):
                raise  # as a notice
            bad = card(say("That file could not be taken"), f"<p>{text(told(error))}</p>", kind="sa-bad")
            yield {"chat": [*chat, card_message(bad)]}
            return
        before = without_buttons(chat)
        if self.turns.here(session, place):
            yield {"box": box(busy=True), "chat": before, **HIDDEN}
        turn = self.app.agent.turn(who, words, thread, files)
        yield from self._play(turn, before, thread, request, place=place)

    def pick_example(
        self, chat: list[Message], thread: str | None, picked: gr.SelectData, request: gr.Request
    ) -> Iterator[dict]:
        """A click on an example of the empty page."""
        yield from self.send({"text": picked.value["text"]}, chat, thread, request)

    def pick_option(
        self, chat: list[Message], thread: str | None, picked: gr.SelectData, request: gr.Request
    ) -> Iterator[dict]:
        """A click on a next step."""
        yield from self.send({"text": str(picked.value)}, chat, thread, request)

    def retry(self, thread: str | None, request: gr.Request) -> Iterator[dict]:
        """A click on Retry: the last message is answered once more."""

        def turn(who: Principal, thread_id: str) -> Turn:
            return self.app.agent.retry(who, thread_id)

        yield from self._again(turn, None, thread, request)

    def edit(
        self, chat: list[Message], thread: str | None, edited: gr.EditData, request: gr.Request
    ) -> Iterator[dict]:
        """A message of the user was put in other words: the conversation goes on from there."""
        words = str(edited.value).strip()
        message = message_id(chat, edited.index)
        if message is None or words in ("", plain_words(edited.previous_value)):
            who = self.principal(request)
            yield self.view(thread, self.messages(who, thread), who)  # as it was
            return

        def turn(who: Principal, thread_id: str) -> Turn:
            return self.app.agent.edit(who, thread_id, message, words)

        yield from self._again(turn, message, thread, request)

    def _again(
        self,
        turn: Callable[[Principal, str], Turn],
        message: str | None,
        thread: str | None,
        request: gr.Request,
    ) -> Iterator[dict]:
        who = self.principal(request)
        before = without_buttons(self.messages(who, thread))
        place = place_of(before, message)
        if thread is None or place is None:
            gr.Info(say("There is nothing to answer again."), title="")
            yield self.view(thread)
            return
        yield {"box": box(busy=True), "chat": before, **HIDDEN}
        yield from self._play(turn(who, thread), before, thread, request, place)

    def tick(self, chat: list[Message], thread: str | None, request: gr.Request) -> Iterator[dict]:
        """A second has passed: the job's card follows; a job that has ended is reported in the conversation."""
        who, session = self.principal(request), str(request.session_hash)
        thread, place = self.mine(thread, who), self.turns.place(session)
        if place.moves and place.thread != thread:  # sent before another conversation was opened
            yield {}
            return
        ended = self.app.jobs.unannounced(thread) if thread else []
        if thread and ended:
            with self.turns.taken(session) as free:
                if free:
                    yield from self._announced(ended[0]["id"], chat, thread, place, request)
        yield self.job_parts(thread) if self.turns.here(session, place) else {}

    def _announced(
        self, job_id: str, chat: list[Message], thread: str, place: Place, request: gr.Request
    ) -> Iterator[dict]:
        """A job's end is told, by one page alone; the next second where an answer is on its way just now."""
        if not self.app.jobs.announce(job_id):
            return
        turn = self.app.agent.announce(self.principal(request), thread, job_id)
        first = next(turn, None)
        if isinstance(first, Failed) and first.code == Conflict.code:
            self.app.jobs.announce(job_id, told=False)
            return
        if self.turns.here(str(request.session_hash), place):
            yield self.job_parts(thread)
        yield from self._play(turn, chat, thread, request, place=place, begun=[first] if first else [])

    def stopped(self, thread: str | None, request: gr.Request) -> dict:
        """A click on the stop button: the turn ends by itself, and what was said so far stays."""
        stopped = self.turns.stop(str(request.session_hash))
        return {} if stopped else self.view(self.mine(thread, self.principal(request)))

    def left(self, request: gr.Request) -> None:
        """The tab was closed: nobody waits for the answer any more."""
        self.turns.leave(str(request.session_hash))

    def cancel_job(self, thread: str | None, request: gr.Request) -> dict:
        """A click on Stop this job."""
        who = self.principal(request)
        allow(who, "act")
        job = self.job(self.mine(thread, who))
        if job and job["status"] in ACTIVE:
            self.app.workspace(who, thread).cancel(job["id"])
            gr.Info(say("Stopping {job} …", job=job["id"]), title="")
        return {}

    # How it is done

    def _play(
        self,
        turn: Turn,
        before: list[Message],
        thread: str | None,
        request: gr.Request,
        cut: int | None = None,
        place: Place | None = None,
        begun: Sequence[Event] = (),
    ) -> Iterator[dict]:
        session, who = str(request.session_hash), self.principal(request)
        live, drawn, away = LiveTurn(before, cut), 0.0, False
        with self.turns.running(session, turn, place or self.turns.place(session)) as here:
            for event in itertools.chain(begun, turn):
                live.apply(event)
                if not here():
                    away = True
                elif away or not isinstance(event, Token) or time.monotonic() - drawn > REDRAW:
                    drawn = time.monotonic()
                    yield {"chat": live.messages, **({"box": box(busy=True)} if away else {})}
                    away = False
            thread = live.thread or thread
            # Asked in a new conversation, which has a name only now; it may have been opened by it from the list.
            away = not here() and (thread is None or self.turns.place(session).thread != thread)
        if away:
            yield {"threads": gr.Radio(choices=self.titles(who))}
            return
        self.turns.show(session, thread)
        yield self.view(thread, live.messages, who)

    def _store(self, paths: list[Path], who: Principal) -> list[str]:
        """Keep the files of a message: all of them, or none where one is refused."""
        names: list[str] = []
        new: list[str] = []
        try:
            if paths:
                allow(who, "upload")
        except TeachingError:
            _drop(paths)  # there is nothing to try again
            raise
        try:
            for path in paths:
                before = self.app.files.by_name(safe_name(path.name), who)
                with path.open("rb") as content:
                    row = self.app.files.save(path.name, content, who.user_id)
                names.append(str(row["name"]))
                new += [row["id"]] if row != before else []  # the same content is kept once
        except TeachingError:
            for file_id in new:
                self.app.files.delete(file_id, who)
            raise
        _drop(paths)
        return names

    def _samples(
        self, words: str, chat: list[Message], thread: str | None, request: gr.Request
    ) -> Iterator[dict]:
        from assistant.workspace.samples import load_samples

        who, place = self.principal(request), self.turns.place(str(request.session_hash))
        loaded = load_samples(self.app.shared, who.user_id)
        name = loaded["dataset"]
        before = [*chat, user_message(words), card_message(say("Loaded."))]
        turn = self.app.agent.turn(who, say("What is in {name}?", name=name), thread, [name])
        yield from self._play(turn, before, thread, request, place=place)


def _drop(paths: list[Path]) -> None:
    """Delete Gradio's own copies of files: they live in one place."""
    for path in paths:
        path.unlink(missing_ok=True)

"""The chat page: conversations on the left, messages, the live job and the message box."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr

from assistant.access.principal import Principal
from assistant.agent.events import Event, Token
from assistant.application import Application
from knowledge.errors import TeachingError
from ui.pages.html import card, text
from ui.pages.job_card import job_card
from ui.pages.live import LiveTurn
from ui.pages.render import (
    Message,
    approval_message,
    card_message,
    history_messages,
    user_message,
)

REDRAW = 0.05  # seconds between redraws while words stream in
SAMPLES = "Load the sample workspace"
ACTIVE = ("queued", "running")


def _box(busy: bool) -> gr.MultimodalTextbox:
    """The message box: emptied with a stop button while an answer comes, ready again afterwards."""
    if busy:
        return gr.MultimodalTextbox(value=None, submit_btn=False, stop_btn=True)
    return gr.MultimodalTextbox(submit_btn=True, stop_btn=False)


class ChatPage:
    """Handlers of the page. Each returns (or yields) new values for the components it names.

    Args:
        app: the application.
    """

    def __init__(self, app: Application):
        self.app = app

    def principal(self, request: gr.Request) -> Principal:
        """Who is signed in (the parent app's ``auth_dependency`` has let them in)."""
        row = self.app.users.get(str(request.username))
        return Principal(row["id"], row["name"], row["role"])

    # What is on the page

    def titles(self, who: Principal) -> list[tuple[str, str]]:
        """The user's conversations for the list on the left, the last used first."""
        return [
            (row["title"] or "New conversation", row["id"])
            for row in self.app.agent.threads.list(who.user_id)
        ]

    def messages(self, who: Principal, thread: str | None) -> list[Message]:
        """A stored conversation, with the card of an approval that still waits."""
        if not thread:
            return []
        approvals = self.app.agent.approvals
        waiting = approvals.open(thread)

        def answered(call_id: str) -> dict[str, Any] | None:
            row = approvals.of_call(thread, call_id)
            return row if row and row["id"] != (waiting or {}).get("id") else None

        shown = history_messages(self.app.agent.history(who, thread), answered)
        return [*shown, approval_message(waiting)] if waiting else shown

    def view(
        self, thread: str | None, messages: list[Message] | None = None, who: Principal | None = None
    ) -> dict:
        """New values for all parts that follow the conversation, by component name."""
        job = self.job(thread)
        asked = self.app.agent.approvals.open(thread) if thread else None
        changed: dict[str, Any] = {
            "box": _box(busy=False),
            "thread": thread,
            "approval": asked["id"] if asked else None,
            "ask": gr.Row(visible=asked is not None),
            "change": gr.Button(visible=bool(asked and asked["tool"] == "finetune_model")),
            "form": gr.Group(visible=False),
            "job": gr.HTML(job_card(job), visible=job is not None),
            "stop_job": gr.Button(visible=job is not None),
            "timer": gr.Timer(active=job is not None),
        }
        if messages is not None:
            changed["chat"] = messages
        if who is not None:
            changed["threads"] = gr.Radio(choices=self.titles(who), value=thread)
        return changed

    def job(self, thread: str | None) -> dict[str, Any] | None:
        """The conversation's job that runs, waits, or has ended and not been reported yet."""
        if not thread:
            return None
        mine = [job for job in self.app.jobs.list() if job["thread_id"] == thread]
        active = [job for job in mine if job["status"] in ACTIVE]
        return next(iter(active or self.app.jobs.unannounced(thread)), None)

    # What happens

    def load(self, request: gr.Request) -> dict:
        """The page opens: the conversation used last."""
        who = self.principal(request)
        titles = self.titles(who)
        thread = titles[0][1] if titles else None
        return self.view(thread, self.messages(who, thread), who)

    def open(self, thread: str | None, request: gr.Request) -> dict:
        """Another conversation is chosen."""
        who = self.principal(request)
        return self.view(thread, self.messages(who, thread))

    def new(self, request: gr.Request) -> dict:
        """An empty conversation; it is stored with its first message."""
        return self.view(None, [], self.principal(request))

    def send(
        self, said: dict[str, Any], chat: list[Message], thread: str | None, request: gr.Request
    ) -> Iterator[dict]:
        """A message, perhaps with files."""
        who, words = self.principal(request), (said.get("text") or "").strip()
        paths = [Path(path) for path in said.get("files") or []]
        if not words and not paths:
            yield {}
            return
        if words == SAMPLES:
            yield {"box": _box(busy=True), "chat": [*chat, user_message(words), card_message("Loading …")]}
            yield from self._samples(who, chat, thread)
            return
        try:
            files = [self._store(path, who) for path in paths]
        except TeachingError as error:
            bad = card_message(card("That file could not be taken", f"<p>{text(error)}</p>", kind="sa-bad"))
            empty = gr.MultimodalTextbox(value=None)
            yield {"box": empty, "chat": [*chat, user_message(words, [p.name for p in paths]), bad]}
            return
        before = _without_buttons(chat)
        yield {"box": _box(busy=True), "chat": before, "ask": gr.Row(visible=False)}
        yield from self._play(self.app.agent.turn(who, words, thread, files), before, thread, who)

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

    def approve(
        self, chat: list[Message], thread: str | None, approval: str | None, request: gr.Request
    ) -> Iterator[dict]:
        """A click on Approve."""
        yield from self._decide("yes", "Approve", {}, chat, thread, approval, request)

    def decline(
        self, chat: list[Message], thread: str | None, approval: str | None, request: gr.Request
    ) -> Iterator[dict]:
        """A click on Cancel."""
        yield from self._decide("no", "Cancel", {}, chat, thread, approval, request)

    def update(
        self,
        method: str | None,
        epochs: float | None,
        rate: float | None,
        text_column: str | None,
        label_column: str | None,
        chat: list[Message],
        thread: str | None,
        approval: str | None,
        request: gr.Request,
    ) -> Iterator[dict]:
        """A click on Update plan: what differs from the plan as it stood is asked for."""
        wishes = {
            "method": method,
            "epochs": epochs,
            "learning_rate": rate,
            "text_column": text_column,
            "label_column": label_column,
        }
        plan = self._plan(thread)
        args = {
            name: wish for name, wish in wishes.items() if wish not in (None, "") and wish != plan.get(name)
        }
        yield from self._decide("change", _changes(args), args, chat, thread, approval, request)

    def _decide(
        self,
        answer: str,
        words: str,
        args: dict[str, Any],
        chat: list[Message],
        thread: str | None,
        approval: str | None,
        request: gr.Request,
    ) -> Iterator[dict]:
        who = self.principal(request)
        before = _without_buttons(chat)
        hidden = {"ask": gr.Row(visible=False), "form": gr.Group(visible=False)}
        yield {"box": _box(busy=True), "chat": before, **hidden}
        decision = {"approval": approval, "answer": answer, "args": args}
        yield from self._play(self.app.agent.turn(who, words, thread, decision=decision), before, thread, who)

    def tick(self, chat: list[Message], thread: str | None, request: gr.Request) -> Iterator[dict]:
        """A second has passed: the job's card follows; a job that has ended is reported in the conversation."""
        job = self.job(thread)
        if job is None or thread is None:
            yield self.view(thread)
            return
        if job["status"] in ACTIVE:
            yield {"job": job_card(job)}
            return
        who = self.principal(request)
        if self.app.jobs.announce(job["id"]):
            yield self.view(thread)
            yield from self._play(self.app.agent.announce(who, thread, job["id"]), chat, thread, who)

    def stopped(self, thread: str | None, request: gr.Request) -> dict:
        """A click on the stop button: what was said so far stays."""
        return self.view(thread)

    def cancel_job(self, thread: str | None, request: gr.Request) -> dict:
        """A click on Stop training."""
        who, job = self.principal(request), self.job(thread)
        if job and job["status"] in ACTIVE:
            self.app.workspace(who, thread).cancel(job["id"])
            gr.Info(f"Stopping {job['id']} …")
        return {}

    def plan(self, thread: str | None) -> dict:
        """A click on Change: the form with the plan as it stands."""
        plan = self._plan(thread)
        return {
            "form": gr.Group(visible=True),
            "method": plan.get("method", "auto"),
            "epochs": plan.get("epochs"),
            "rate": plan.get("learning_rate"),
            "text_column": plan.get("text_column"),
            "label_column": plan.get("label_column"),
        }

    # How it is done

    def _plan(self, thread: str | None) -> dict[str, Any]:
        asked = self.app.agent.approvals.open(thread) if thread else None
        return {**(asked["details"] or {}), **asked["args"]} if asked else {}

    def _play(
        self, turn: Iterator[Event], before: list[Message], thread: str | None, who: Principal
    ) -> Iterator[dict]:
        live, drawn = LiveTurn(before), 0.0
        for event in turn:
            live.apply(event)
            if not isinstance(event, Token) or time.monotonic() - drawn > REDRAW:
                drawn = time.monotonic()
                yield {"chat": live.messages}
        yield self.view(live.thread or thread, live.messages, who)

    def _store(self, path: Path, who: Principal) -> str:
        try:
            with path.open("rb") as content:
                return self.app.files.save(path.name, content, who.user_id)["name"]
        finally:
            path.unlink(missing_ok=True)  # Gradio's own copy: files live in one place

    def _samples(self, who: Principal, chat: list[Message], thread: str | None) -> Iterator[dict]:
        from assistant.workspace.samples import load_samples

        loaded = load_samples(self.app.shared, who.user_id)
        name = loaded["dataset"]
        before = [*chat, user_message(SAMPLES), card_message("Loaded.")]
        turn = self.app.agent.turn(who, f"What is in {name}?", thread, [name])
        yield from self._play(turn, before, thread, who)


def _without_buttons(messages: list[Message]) -> list[Message]:
    """Old next steps are no longer offered once the conversation has moved on."""
    return [{key: value for key, value in each.items() if key != "options"} for each in messages]


def _changes(args: dict[str, Any]) -> str:
    return "Change: " + ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in args.items())

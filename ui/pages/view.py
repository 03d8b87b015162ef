"""What is on the chat page: a user's conversations, one conversation's messages, its job, its open approval."""

import contextlib
import functools
from collections.abc import Callable, Iterator
from typing import Any

import gradio as gr

from assistant.access.principal import Principal
from assistant.application import Application
from assistant.errors import Missing
from ui.pages.job_card import job_card
from ui.pages.page import Page
from ui.pages.render import Message, approval_message, history_messages
from ui.pages.turns import Turns
from ui.pages.words import say

ACTIVE = ("queued", "running")


def box(busy: bool) -> gr.MultimodalTextbox:
    """The message box: emptied with a stop button while an answer comes, ready again afterwards."""
    if busy:
        return gr.MultimodalTextbox(value=None, submit_btn=False, stop_btn=True)
    return gr.MultimodalTextbox(submit_btn=True, stop_btn=False)


class View(Page):
    """Values of the page's components, by their names.

    Args:
        app: the application.
    """

    def __init__(self, app: Application):
        super().__init__(app)
        self.turns = Turns()

    def alone(self, handler: Callable[..., Iterator[dict]]) -> Callable[..., Iterator[dict]]:
        """A handler that answers, and does nothing where an answer is on its way already."""

        @functools.wraps(handler)
        def answer(*args: Any) -> Iterator[dict]:
            request = next(each for each in args if isinstance(each, gr.Request))
            with self.turns.taken(str(request.session_hash)) as free:
                if free:
                    yield from handler(*args)
                else:
                    gr.Info(say("Wait for the answer that is on its way."), title="")
                    yield {}

        return answer

    def titles(self, who: Principal) -> list[tuple[str, str]]:
        """The user's conversations for the list on the left, the last used first."""
        return [
            (row["title"] or say("New conversation"), row["id"])
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
        asked = self.app.agent.approvals.open(thread) if thread else None
        changed: dict[str, Any] = {
            "box": box(busy=False),
            "thread": thread,
            "address": thread or "",
            "approval": asked["id"] if asked else None,
            "ask": gr.Row(visible=asked is not None),
            "form": gr.Group(visible=False),
            **self.job_parts(thread),
        }
        if messages is not None:
            changed["chat"] = messages
        if who is not None:
            changed["threads"] = gr.Radio(choices=self.titles(who), value=thread)
        return changed

    def job_parts(self, thread: str | None) -> dict[str, Any]:
        """The card of the conversation's job."""
        job = self.job(thread)
        return {
            "job": gr.HTML(job_card(job), visible=job is not None),
            "stop_job": gr.Button(visible=job is not None and job["status"] in ACTIVE),
            "timer": gr.Timer(active=job is not None),
        }

    def mine(self, thread: str | None, who: Principal) -> str | None:
        """A conversation that the browser names, where it is the user's; else none."""
        with contextlib.suppress(Missing):
            return str(self.app.agent.threads.get(thread, who.user_id)["id"]) if thread else None
        return None

    def job(self, thread: str | None) -> dict[str, Any] | None:
        """The conversation's job that runs, else the next that waits, else one that has ended and is not reported."""
        if not thread:
            return None
        mine = [job for job in reversed(self.app.jobs.list()) if job["thread_id"] == thread]
        active = [job for status in reversed(ACTIVE) for job in mine if job["status"] == status]
        return next(iter(active or self.app.jobs.unannounced(thread)), None)

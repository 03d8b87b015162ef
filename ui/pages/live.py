"""A turn on the page while it runs: events come in, the chatbot's messages follow."""

from dataclasses import asdict
from typing import Any

from assistant.agent import events
from ui.languages import told
from ui.pages.how import Step, step
from ui.pages.html import card, text
from ui.pages.render import (
    Message,
    approval_message,
    card_message,
    hidden_note,
    how_messages,
    reply_message,
    result_card,
    shown_messages,
    stands_note,
    step_message,
    steps_last,
    stopped_note,
    user_message,
)


class LiveTurn:
    """The messages of one turn, below those that were there.

    Args:
        before: the chatbot's messages before it.
        cut: the place among them from where they are taken back, once the turn has begun.
    """

    def __init__(self, before: list[Message], cut: int | None = None):
        self._before, self._cut = before, cut
        self._messages: list[Message] = []
        self._steps: dict[str, tuple[int, str, dict[str, Any]]] = {}
        self._reply: int | None = None
        self._words = ""
        self._options: list[str] = []
        self._held: list[events.Event] = []
        self._hidden: list[str] = []
        self._asked = ""
        self._done: list[Step] = []
        self._stopped = False
        self._stands: list[events.Stands] = []
        self.thread: str | None = None
        self.approval: str | None = None

    @property
    def messages(self) -> list[Message]:
        """All messages as they stand."""
        return [*self._before, *self._messages]

    def apply(self, event: events.Event) -> None:
        """Take in one event."""
        match event:
            case events.Heard(words, files, id_):
                self._before = self._before[: self._cut]
                self._asked = words
                self._messages.append(user_message(words, files, id_))
            case events.Stands():
                self._stands.append(event)
                self._messages[1:] = stands_note(self._stands)
            case events.Stopped():
                self._stop()
            case events.Token(words):
                self._say(words)
            case events.ToolStarted(id_, name, args):
                self._reply = None
                self._steps[id_] = (len(self._messages), name, args)
                self._messages.append(step_message(name, args, "running", {}))
            case events.ToolProgress(id_) if id_ in self._steps:
                at, name, args = self._steps[id_]
                self._messages[at] = step_message(name, args, "running", {}, _so_far(event))
            case events.ToolFinished(id_, name, status, result):
                self._finish(id_, name, status, result)
            case events.Citation() | events.Artifact():
                self._held.append(event)
            case events.Redacted(entity_type, "message"):
                self._hidden.append(entity_type)
            case events.ApprovalAsked(id_, _, _, _, _):
                self.approval = id_
                self._reply = None
                self._messages.append(approval_message(asdict(event)))
            case events.Choices(options) if self._reply is not None:
                self._options = options
                self._messages[self._reply] = reply_message(self._words, options)
            case events.Failed(message, _):
                self._messages.append(
                    card_message(card("That did not work", f"<p>{text(message)}</p>", kind="sa-bad"))
                )
            case events.Done(thread, reply, asks, model):
                self.thread = thread
                if self._reply is not None:
                    self._messages[self._reply] = reply_message(self._words, self._options, self._held)
                self._messages += shown_messages(self._held)
                if not self._stopped:
                    said = "" if asks else reply  # a question for a yes is no answer yet
                    self._messages += how_messages(self._done, self._held, self._asked, said, model)
                self._held = []
                if self._hidden:
                    self._messages.append(hidden_note(self._hidden))
                self._messages = steps_last(self._messages)

    def _say(self, words: str) -> None:
        if self.approval:
            return  # the card asks already
        if self._reply is None:
            self._reply, self._words = len(self._messages), ""
            self._messages.append(reply_message(""))
        self._words += words
        self._messages[self._reply] = reply_message(self._words)

    def _stop(self) -> None:
        """Steps under way come to nothing."""
        for at, name, args in self._steps.values():
            self._messages[at] = step_message(name, args, "stopped", {})
        self._steps, self._stopped = {}, True
        self._messages += stopped_note(self._words)

    def _finish(self, id_: str, name: str, status: str, result: dict[str, Any]) -> None:
        self._reply = None
        at, _, args = self._steps.pop(id_, (None, name, {}))
        if status != "waiting":
            self._done.append(step(name, args, status, result))
        message = step_message(name, args, status, result)
        if at is None:
            self._messages.append(message)
        else:
            self._messages[at] = message
        if html := result_card(name, result):
            self._messages.append(card_message(html))


def _so_far(now: events.ToolProgress) -> str:
    """How far a tool is, in the reader's language."""
    return f"{told(now.message)} ({now.step:,} / {now.steps:,})" if now.steps else told(now.message)

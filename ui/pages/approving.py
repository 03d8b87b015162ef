"""Approvals on the chat page: yes, no, or other arguments first."""

from collections.abc import Iterator
from typing import Any

import gradio as gr

from assistant.agent.running import Turn
from tools.catalog.registry import catalog
from ui.pages.render import Message, without_buttons
from ui.pages.view import View, box
from ui.pages.words import say, t

METHODS = ["auto", "head", "full", "lora", "dora", "adalora", "qlora", "few-shot"]
TASKS = [
    "text-classification",
    "token-classification",
    "text-generation",
    "embedding",
    "masked-lm",
    "image-classification",
]
PLAN = (
    "method",
    "epochs",
    "learning_rate",
    "text_column",
    "label_column",
    "dataset",
    "task",
    "base_model",
    "name",
)
HIDDEN = {"ask": gr.Row(visible=False), "form": gr.Group(visible=False)}


class Approving(View):
    """The buttons below an approval's card, and the form that changes what it asks."""

    def build_approving(self) -> None:
        """The buttons and the form."""
        parts = self.parts
        with gr.Row(visible=False, elem_classes="sa-ask-row sa-actions") as parts.ask:
            parts.approve = gr.Button(t("Approve"), variant="primary", size="sm", elem_id="sa-approve")
            parts.change = gr.Button(t("Change"), size="sm")
            parts.decline = gr.Button(t("Cancel"), size="sm")
        with gr.Group(visible=False, elem_classes="sa-form") as parts.form:
            with gr.Row(visible=False) as parts.training:
                parts.method = gr.Dropdown(METHODS, label=t("Method"), min_width=120)
                parts.epochs = gr.Number(label=t("Epochs"), minimum=0, min_width=120)
                parts.rate = gr.Number(label=t("Learning rate"), minimum=0, min_width=120)
                parts.text_column = gr.Textbox(label=t("Text column"), min_width=120)
                parts.label_column = gr.Textbox(label=t("Label column"), min_width=120)
                parts.dataset = gr.Textbox(label=t("Dataset"), min_width=160)
                parts.task = gr.Dropdown(TASKS, label=t("Task"), min_width=160)
                parts.base_model = gr.Textbox(label=t("Base model"), min_width=160)
                parts.called = gr.Textbox(label=t("Model name"), min_width=160)
            parts.wish = gr.Textbox(visible=False, max_lines=1, max_length=500)
            parts.update = gr.Button(t("Update plan"), variant="primary", size="sm")

    def wire_approving(self, talk: dict[str, Any]) -> None:
        """Which handler each event calls.

        Args:
            talk: options of events that answer.
        """
        parts = self.parts
        asked = [parts.chat, parts.thread, parts.approval]
        columns = [parts.text_column, parts.label_column]
        form = [
            parts.method,
            parts.epochs,
            parts.rate,
            *columns,
            parts.dataset,
            parts.task,
            parts.base_model,
            parts.called,
        ]
        self.on(parts.approve.click, self.alone(self.approve), asked, **talk)
        self.on(parts.decline.click, self.alone(self.decline), asked, **talk)
        self.on(parts.change.click, self.plan, [parts.thread])
        self.on(parts.update.click, self.alone(self.update), [*asked, parts.wish, *form], **talk)

    def approve(
        self, chat: list[Message], thread: str | None, approval: str | None, request: gr.Request
    ) -> Iterator[dict]:
        """A click on Approve."""
        yield from self._decide("yes", say("Approve"), {}, chat, thread, approval, request)

    def decline(
        self, chat: list[Message], thread: str | None, approval: str | None, request: gr.Request
    ) -> Iterator[dict]:
        """A click on Cancel."""
        yield from self._decide("no", say("Cancel"), {}, chat, thread, approval, request)

    def plan(self, thread: str | None, request: gr.Request) -> dict:
        """A click on Change: the form with the arguments as they stand."""
        thread = self.mine(thread, self.principal(request))
        plan, named = self._plan(thread), self._named(thread)
        return {
            "form": gr.Group(visible=True),
            "training": gr.Row(visible=named is None),
            "wish": gr.Textbox(
                plan.get(named or ""),
                label=say((named or "").replace("_", " ").capitalize()),
                visible=named is not None,
            ),
            "method": plan.get("method", "auto"),
            "epochs": plan.get("epochs"),
            "rate": plan.get("learning_rate") or None,  # a frozen body has none
            "text_column": plan.get("text_column"),
            "label_column": plan.get("label_column"),
            "dataset": plan.get("dataset"),
            "task": plan.get("task"),
            "base_model": plan.get("base_model"),
            "called": plan.get("name"),
        }

    def update(
        self,
        chat: list[Message],
        thread: str | None,
        approval: str | None,
        wish: str | None,
        request: gr.Request,
        *values: Any,
    ) -> Iterator[dict]:
        """A click on Update plan: what differs from the plan as it stood is asked for.

        Args:
            chat: the messages that are shown.
            thread: the conversation.
            approval: what waits.
            wish: the one argument of an action that is no training.
            request: who asks.
            values: the arguments of a training, in the order of :data:`PLAN`.
        """
        thread = self.mine(thread, self.principal(request))
        named = self._named(thread)
        wishes = {named: wish} if named else dict(zip(PLAN, values, strict=True))
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
        before = without_buttons(chat)
        yield {"box": box(busy=True), "chat": before, **HIDDEN}
        decision = {"approval": approval, "answer": answer, "args": args}
        turn = self.app.agent.turn(who, words, thread, decision=decision)
        yield from self._play(turn, before, thread, request)

    def _play(
        self,
        turn: Turn,
        before: list[Message],
        thread: str | None,
        request: gr.Request,
        cut: int | None = None,
    ) -> Iterator[dict]:
        """Show a turn while it runs; the page has it."""
        raise NotImplementedError

    def _asked(self, thread: str | None) -> dict[str, Any] | None:
        return self.app.agent.approvals.open(thread) if thread else None

    def _plan(self, thread: str | None) -> dict[str, Any]:
        asked = self._asked(thread)
        if not asked:
            return {}
        found = asked["details"] or {}
        return {"base_model": found.get("base"), **found, **asked["args"]}

    def _named(self, thread: str | None) -> str | None:
        """The one argument of an action that is no training."""
        asked = self._asked(thread)
        if not asked or asked["tool"] == "finetune_model":
            return None
        return next(iter(asked["args"] or catalog()[asked["tool"]].parameters), None)


def _changes(args: dict[str, Any]) -> str:
    """The message that asks for other arguments, in the language of whoever asks."""
    named = [f"{say(name.replace('_', ' '))} {value}" for name, value in args.items()]
    return say("Change: {what}", what=say(", ").join(named))

"""Approvals on the chat page: yes, no, or other arguments first."""

from collections.abc import Iterator
from typing import Any, get_args

import gradio as gr

from assistant.agent.running import Turn
from knowledge.base import Visibility
from tools.catalog.registry import catalog
from tools.serving.engines.kept import ENGINES
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
    "test_data",
    "unlabeled",
    "batch_size",
    "seed",
    "search",
    "minutes",
)
# What may be chosen beside the first argument of an action that is no training.
CHOICES = {"visibility": get_args(Visibility), "engine": ENGINES}
PARTS = {"learning_rate": "rate", "name": "called"}  # what shows them, where it is called otherwise
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
            with gr.Column(visible=False) as parts.training:
                self._training()
            parts.wish = gr.Textbox(visible=False, max_lines=1, max_length=500)
            parts.choice = gr.Dropdown([], visible=False)
            parts.update = gr.Button(t("Update plan"), variant="primary", size="sm")

    def _training(self) -> None:
        """What a training can be told; what is seldom changed is folded away."""
        parts = self.parts
        with gr.Row():
            parts.method = gr.Dropdown(METHODS, label=t("Method"), min_width=120)
            parts.epochs = gr.Number(label=t("Epochs"), minimum=0, min_width=120)
            parts.rate = gr.Number(label=t("Learning rate"), minimum=0, min_width=120)
            parts.text_column = gr.Textbox(label=t("Text column"), min_width=120)
            parts.label_column = gr.Textbox(label=t("Label column"), min_width=120)
            parts.dataset = gr.Textbox(label=t("Dataset"), min_width=160)
            parts.task = gr.Dropdown(TASKS, label=t("Task"), min_width=200)
            parts.base_model = gr.Textbox(label=t("Base model"), min_width=160)
            parts.called = gr.Textbox(label=t("Model name"), min_width=160)
        with gr.Accordion(t("More"), open=False), gr.Row():
            parts.test_data = gr.Textbox(label=t("File to test on"), min_width=160)
            parts.unlabeled = gr.Textbox(label=t("File of texts without labels"), min_width=160)
            parts.batch_size = gr.Number(label=t("Batch size"), minimum=0, precision=0, min_width=120)
            parts.seed = gr.Number(label=t("Seed"), minimum=0, precision=0, min_width=120)
            parts.search = gr.Number(label=t("Minutes of search"), minimum=0, min_width=120)
            parts.minutes = gr.Number(label=t("Minutes it may take"), minimum=0, min_width=120)

    def wire_approving(self, talk: dict[str, Any]) -> None:
        """Which handler each event calls.

        Args:
            talk: options of events that answer.
        """
        parts = self.parts
        asked = [parts.chat, parts.thread, parts.approval]
        form = [getattr(parts, PARTS.get(name, name)) for name in PLAN]
        self.on(parts.approve.click, self.alone(self.approve), asked, **talk)
        self.on(parts.decline.click, self.alone(self.decline), asked, **talk)
        self.on(parts.change.click, self.plan, [parts.thread])
        self.on(
            parts.update.click, self.alone(self.update), [*asked, parts.wish, parts.choice, *form], **talk
        )

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
        first, beside = named or ("", "")
        options = [(say(each), each) for each in CHOICES.get(beside, ())]
        return {
            "form": gr.Group(visible=True),
            "training": gr.Column(visible=named is None),
            "wish": gr.Textbox(plan.get(first), label=_label(first), visible=bool(first)),
            "choice": gr.Dropdown(
                options, value=plan.get(beside), label=_label(beside), visible=bool(beside)
            ),
            **{PARTS.get(name, name): plan.get(name) for name in PLAN},
            "method": plan.get("method", "auto"),
            "rate": plan.get("learning_rate") or None,  # a frozen body has none
        }

    def update(
        self,
        chat: list[Message],
        thread: str | None,
        approval: str | None,
        wish: str | None,
        choice: str | None,
        request: gr.Request,
        *values: Any,
    ) -> Iterator[dict]:
        """A click on Update plan: what differs from the plan as it stood is asked for.

        Args:
            chat: the messages that are shown.
            thread: the conversation.
            approval: what waits.
            wish: the first argument of an action that is no training.
            choice: the one that is chosen beside it.
            request: who asks.
            values: the arguments of a training, in the order of :data:`PLAN`.
        """
        thread = self.mine(thread, self.principal(request))
        named, plan = self._named(thread), self._plan(thread)
        given = (named, (wish, choice)) if named else (PLAN, values)
        wishes = dict(zip(*given, strict=True))
        args = {
            name: wish for name, wish in wishes.items() if wish not in (None, "") and wish != plan.get(name)
        }
        args |= dict.fromkeys(self._emptied(thread, wishes))
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

    def _named(self, thread: str | None) -> tuple[str, str] | None:
        """The arguments that can be changed of an action that is no training: the first, and what is chosen beside."""
        asked = self._asked(thread)
        if not asked or asked["tool"] == "finetune_model":
            return None
        first, *others = catalog()[asked["tool"]].parameters
        return first, next((each for each in others if each in CHOICES), "")

    def _emptied(self, thread: str | None, wishes: dict[str, Any]) -> list[str]:
        """What was asked for and is no longer: the program is to choose it again."""
        asked = self._asked(thread)
        if not asked:
            return []
        optional = set(asked["args"]) - set(catalog()[asked["tool"]].required)
        return [name for name in wishes if name in optional and wishes[name] in (None, "")]


def _label(argument: str) -> str:
    return say(argument.replace("_", " ").capitalize())


def _changes(args: dict[str, Any]) -> str:
    """The message that asks for other arguments, in the language of whoever asks."""
    named = [
        f"{say(name.replace('_', ' '))} {say('none') if value is None else value}"
        for name, value in args.items()
    ]
    return say("Change: {what}", what=say(", ").join(named))

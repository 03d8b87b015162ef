"""Thumbs below the answers on the chat page: up or down, why, and whether a model is to learn from it."""

from typing import Any

import gradio as gr

from assistant.access.principal import Principal
from assistant.access.roles import may
from assistant.agent.history import Entry
from ui.pages.html import text
from ui.pages.render import REPLY, Message
from ui.pages.view import View
from ui.pages.words import say, t

SHOWN = {True: "Like", False: "Dislike"}


class Thumbs(View):
    """What users think of the answers."""

    def build_thumbs(self) -> None:
        """The form that a thumb opens."""
        parts = self.parts
        parts.rated = gr.State(None)
        with gr.Group(visible=False, elem_classes="sa-form sa-thumb") as parts.thumb_form:
            parts.thumb_told = gr.HTML()
            parts.reason = gr.Textbox(label=t("Why? (if you like)"), max_lines=2, max_length=500)
            parts.example = gr.Checkbox(label=t("Use as a training example"))
            parts.better = gr.Textbox(
                label=t("The answer it should learn"), lines=3, max_lines=8, visible=False
            )
            with gr.Row(elem_classes="sa-actions"):
                parts.thumb_save = gr.Button(t("Send"), variant="primary", size="sm")
                parts.thumb_close = gr.Button(t("Close"), size="sm")

    def wire_thumbs(self) -> None:
        """Which handler each event calls."""
        parts = self.parts
        self.on(parts.chat.like, self.rate, [parts.chat, parts.thread])
        self.on(parts.example.input, self.to_learn, [parts.example, parts.thread, parts.rated])
        said = [parts.reason, parts.example, parts.better, parts.thread, parts.rated]
        self.on(parts.thumb_save.click, self.explain_thumb, said)
        self.on(parts.thumb_close.click, self.close_thumb)

    def rate(self, chat: list[Message], thread: str | None, liked: gr.LikeData, request: gr.Request) -> dict:
        """A thumb; a second click on it takes it back."""
        who = self.principal(request)
        place = liked.index if isinstance(liked.index, int) else liked.index[0]
        answer = self._answer(who, thread, chat, place)
        if thread is None or answer is None:
            gr.Info(say("This is no stored answer."), title="")
            return {}
        good = {"Like": True, "Dislike": False, True: True, False: False}.get(liked.liked)
        question, entry = answer
        known = self.app.feedback.of(thread, who.user_id).get(entry.id)
        self.app.feedback.rate(
            thread, entry.id, who.user_id, good, question=question, answer=entry.text,
            reason=(known or {}).get("reason") or "",
        )  # fmt: skip
        told = "Thank you. What was good?" if good else "Thank you. What was wrong?"
        return {
            "rated": [entry.id, good],
            "thumb_form": gr.Group(visible=good is not None),
            "thumb_told": f"<p>{text(say(told))}</p>",
            "reason": (known or {}).get("reason") or "",
            "example": gr.Checkbox(value=False, visible=may(who, "act")),
            "better": gr.Textbox(value=entry.text, visible=False),
        }

    def to_learn(self, wanted: bool, thread: str, rated: list[Any] | None, request: gr.Request) -> dict:
        """The answer is to be learned from: it can be put right first."""
        return {"better": gr.Textbox(visible=wanted)}

    def explain_thumb(
        self,
        reason: str,
        example: bool,
        better: str,
        thread: str,
        rated: list[Any] | None,
        request: gr.Request,
    ) -> dict:
        """Why, and what a model should learn."""
        who = self.principal(request)
        found = self._by_id(who, thread, rated[0]) if rated else None
        if rated and found:
            question, entry = found
            redact = self.app.redactor.redact
            wanted = example and may(who, "act")
            answer = str(redact(better)["text"]) if wanted and better.strip() else entry.text
            self.app.feedback.rate(
                thread, entry.id, who.user_id, rated[1], str(redact(reason)["text"]), question, answer, wanted
            )
            if wanted:
                row = self.app.feedback.examples(who.user_id)
                gr.Info(
                    say("Kept in {name}, a dataset you can train on.", name=row["name"] if row else ""),
                    title="",
                )
        return self.close_thumb(request)

    def close_thumb(self, request: gr.Request) -> dict:
        """The form goes; the thumb stays."""
        return {"thumb_form": gr.Group(visible=False), "rated": None}

    def thumbs_of(
        self, who: Principal, thread: str | None, messages: list[Message], lines: list[Entry]
    ) -> list[str | None]:
        """The user's thumbs for the messages of the assistant, in their order."""
        given = self.app.feedback.of(thread, who.user_id) if thread else {}
        ids = iter([each.id for each in lines if each.role == "assistant"])
        bot = [each for each in messages if each["role"] == "assistant"]
        marks = [given.get(next(ids, "")) if is_reply(each) else None for each in bot]
        return [SHOWN[row["good"]] if row and row["good"] is not None else None for row in marks]

    def _answer(
        self, who: Principal, thread: str | None, chat: list[Message], place: int
    ) -> tuple[str, Entry] | None:
        """The stored answer of the turn that a place among the chatbot's messages belongs to; its last one."""
        following = (at for at in range(place + 1, len(chat)) if chat[at]["role"] == "user")
        number = sum(is_reply(each) for each in chat[: next(following, len(chat))]) - 1
        lines = self.app.agent.history(who, thread) if thread else []
        replies = [each for each in lines if each.role == "assistant"]
        return self._by_id(who, str(thread), replies[number].id) if 0 <= number < len(replies) else None

    def _by_id(self, who: Principal, thread: str, id_: str) -> tuple[str, Entry] | None:
        """An answer, and the question before it."""
        question = ""
        for entry in self.app.agent.history(who, thread):
            question = entry.text if entry.role == "user" else question
            if entry.role == "assistant" and entry.id == id_:
                return question, entry
        return None


def is_reply(message: Message) -> bool:
    """Whether a message of the chatbot is an answer in words, and not a step or a card."""
    return (message.get("metadata") or {}).get("id") == REPLY

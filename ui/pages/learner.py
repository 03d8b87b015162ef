"""The tab of the knowledge page where the retriever learns from use: what there is, the run, what it brought."""

from typing import Any

import gradio as gr

from assistant.workspace import retriever
from ui.pages.html import card, facts, percent, table, text
from ui.pages.job_card import job_card
from ui.pages.page import Page, empty
from ui.pages.words import say, t, told

ACTIVE = ("queued", "running")


class Learner:
    """Buttons to learn and to go back, and how the last run went.

    Args:
        page: whose tab it is.
    """

    def __init__(self, page: Page):
        self._page, self._app = page, page.app

    def build(self) -> None:
        """The components."""
        parts = self._page.parts
        gr.HTML(
            t(
                "Thumbs, corrected answers and the documents themselves teach the search which passage answers "
                "a question. What was learned is used only where it finds more on questions it has not seen."
            ),
            html_template="<p>${value}</p>",
        )
        parts.learned = gr.HTML(min_height=60)
        with gr.Row(elem_classes="sa-actions"):
            parts.learn = gr.Button(t("Learn now"), variant="primary", size="sm", visible=False)
            parts.back = gr.Button(t("Go back to the one before"), size="sm", visible=False)
        parts.learning = gr.Timer(2.0, active=False)

    def wire(self) -> None:
        """Which handler each event calls."""
        page, parts = self._page, self._page.parts
        page.on(parts.learn.click, self.learn)
        page.on(parts.back.click, self.go_back, show_progress="minimal")
        page.on(parts.learning.tick, self.shown, trigger_mode="once")

    def learn(self, request: gr.Request) -> dict:
        """Train the retriever."""
        retriever.learn(self._app.workspace(self._page.principal(request)))
        return self.shown(request)

    def go_back(self, request: gr.Request) -> dict:
        """Let the one before find passages again."""
        retriever.undo(self._app.workspace(self._page.principal(request)), self._app.home.knowledge)
        return self.shown(request)

    def shown(self, request: gr.Request) -> dict:
        """How things stand."""
        job = next((each for each in self._app.jobs.list() if each["kind"] == "learn"), None)
        now, act = retriever.in_service(self._app.registry), self._page.may(request, "approve")
        active = job is not None and job["status"] in ACTIVE
        pairs = [
            ("finds the passages", now.pinned if now else say("the encoder that comes along")),
            ("answers judged", len(self._app.feedback.judged())),
        ]
        return {
            "learned": card(say("The search"), facts(pairs), _last(job)),
            "learn": gr.Button(visible=act and not active),
            "back": gr.Button(visible=act and not active and now is not None),
            "learning": gr.Timer(active=active),
        }


def _last(job: dict[str, Any] | None) -> str:
    """The last run: how far it is, why it failed, or what it found before and after."""
    if job is None:
        return empty("Nothing learned yet", "Give answers a thumb in the chat, then learn here.")
    if job["status"] in ACTIVE:
        return job_card(job)
    link = f'<a href="/jobs?job={text(job["id"])}">{text(job["id"])}</a>'
    if job["status"] != "succeeded":
        return f'<p class="sa-warning">{text(told(job["error"]) if job.get("error") else say(job["status"]))}</p>{link}'
    result = job["result"]
    rows = [
        [say(when), *(percent(result[when]["search"][name]) for name in ("recall@1", "recall@5", "mrr"))]
        for when in ("before", "after")
    ]
    outcome = (
        "It finds more, and is in use."
        if result["switched"]
        else "It does not find more: all stays as it was."
    )
    said = say("{n} questions that were held out.", n=result["before"]["rows"])
    heads = [say("last run"), say("first passage right"), say("among the first five"), "MRR"]
    return f"{table(heads, rows)}<p>{text(say(outcome))} {text(said)} {link}</p>"

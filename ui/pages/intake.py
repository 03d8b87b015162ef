"""On the knowledge page, what is read in the background (many documents, or all anew): how far it is, and a stop."""

from pathlib import Path
from typing import Any

import gradio as gr

from assistant.access.roles import allow
from assistant.workspace import documents
from assistant.workspace.running import BESIDE
from ui.pages.html import card, table, text
from ui.pages.job_card import job_card
from ui.pages.jobs import ACTIVE
from ui.pages.page import Page
from ui.pages.words import say, t, told


class Intake:
    """The newest job on the documents: its progress while it is active, then what came of it.

    Args:
        page: where it is shown.
    """

    def __init__(self, page: Page):
        self._page, self._app = page, page.app

    def build(self) -> None:
        """The components."""
        parts = self._page.parts
        parts.intake = gr.HTML(visible=False)
        with gr.Row(elem_classes="sa-actions"):
            parts.stop_intake = gr.Button(t("Stop"), size="sm", variant="stop", visible=False)
            parts.reindex = gr.Button(t("Read all documents anew"), size="sm", visible=False)
        parts.reading = gr.Timer(1.0, active=False)

    def wire(self) -> None:
        """Which handler each event calls."""
        page, parts = self._page, self._page.parts
        page.on(parts.stop_intake.click, self.stop)
        page.on(parts.reindex.click, self.reindex)

    def reindex(self, request: gr.Request) -> dict:
        """Read every source anew."""
        documents.reindex_later(self._app.workspace(self._page.principal(request)))
        return self.shown(request)

    def stop(self, request: gr.Request) -> dict:
        """End what goes on; what was added until then stays."""
        who, job = self._page.principal(request), self.job()
        allow(who, "act")
        if job and job["status"] in ACTIVE:
            self._app.workspace(who).cancel(job["id"])
        return self.shown(request)

    def job(self) -> dict[str, Any] | None:
        """The job that is active, the one that runs first; else the newest."""
        jobs = [each for each in self._app.jobs.list() if each["kind"] in BESIDE]
        active = [each for status in reversed(ACTIVE) for each in reversed(jobs) if each["status"] == status]
        return next(iter([*active, *jobs]), None)

    def active(self) -> bool:
        """Whether something goes on or waits."""
        job = self.job()
        return job is not None and job["status"] in ACTIVE

    def shown(self, request: gr.Request) -> dict:
        """How things stand."""
        job, approve = self.job(), self._page.may(request, "approve")
        active = job is not None and job["status"] in ACTIVE
        return {
            "intake": gr.HTML(_card(job) if job else "", visible=job is not None),
            "stop_intake": gr.Button(visible=active and self._page.may(request, "act")),
            "reindex": gr.Button(visible=approve and not active and self._app.knowledge.store.count()[0] > 0),
            "reading": gr.Timer(active=active),
        }


def _card(job: dict[str, Any]) -> str:
    """A job: how far it is, why it failed, or what came of it."""
    if job["status"] in ACTIVE:
        return job_card(job)
    link = f'<a href="/jobs?job={text(job["id"])}">{text(job["id"])}</a>'
    if job["status"] == "failed":
        return f'<p class="sa-warning">{text(told(job["error"]))}</p>{link}'
    if job["status"] == "cancelled":
        stopped = say(
            "Stopped after {n} of {m} documents. What was done stays.", n=job["step"], m=job["steps"]
        )
        return f"<p>{text(stopped)} {link}</p>"
    result = job["result"]
    made = say("{n} passages made of {m} documents", n=result["chunks"], m=result["documents"])
    return card(made, f"<p>{link}</p>", left_out(result["skipped"]))


def left_out(skipped: list[dict[str, str]]) -> str:
    """What could not be read, each with its reason."""
    rows = [(Path(each["source"]).name, told(each["reason"])) for each in skipped]
    return table(["left out", "why"], rows) if rows else ""

"""The page of the jobs: the queue, how each one goes, and several side by side."""

from typing import Any

import gradio as gr

from assistant.access.roles import allow
from ui.pages.curves import curves
from ui.pages.html import card, facts, percent, table, text
from ui.pages.job_card import job_card
from ui.pages.page import Page, chosen, empty, moment
from ui.pages.words import say, t, told

ACTIVE = ("queued", "running")
ENDED = ("failed", "cancelled")
LOG = 6000  # characters shown of the end of a log
SHARES = ("accuracy", "precision", "recall", "f1", "mrr")
SETTINGS = (  # of a run, compared
    "task",
    "base",
    "method",
    "rows",
    "epochs",
    "learning_rate",
    "batch_size",
    "trainable_parameters",
)
MARKS = {"queued": "◌", "running": "▸", "succeeded": "✓", "failed": "✕", "cancelled": "–"}


class JobsPage(Page):
    """Jobs on the left, the newest first; on the right the chosen one, or several beside each other."""

    path, name = "jobs", "Jobs"

    def build(self) -> None:
        """The components."""
        parts = self.parts
        self.heading("Jobs", "Training runs: what waits, what runs, how it went, and runs side by side.")
        parts.timer = gr.Timer(2.0)  # always: others begin jobs, too
        with gr.Row(elem_classes="sa-split"):
            with gr.Column(scale=1, min_width=240, elem_classes="sa-master"):
                parts.jobs = gr.Radio([], label=t("Jobs"), container=False, elem_classes="sa-list")
                parts.none = gr.HTML(visible=False)
            with gr.Column(scale=3, min_width=300), gr.Tabs(visible=False) as parts.tabs:
                with gr.Tab(t("This job")):
                    parts.job = gr.HTML(min_height=120)
                    with gr.Row(elem_classes="sa-actions"):
                        parts.resume = gr.Button(t("Resume"), size="sm", visible=False)
                        self.asks("cancel", "Stop this job", self.cancel, [parts.jobs])
                    with gr.Accordion(t("Log"), open=False, visible=False) as parts.log_fold:
                        parts.log = gr.HTML()
                with gr.Tab(t("Side by side")) as parts.side_tab:
                    parts.several = gr.Dropdown([], multiselect=True, label=t("Jobs to compare"))
                    parts.compared = gr.HTML()

    def wire(self, blocks: gr.Blocks) -> None:
        """Which handler each event calls."""
        parts = self.parts
        self.on(blocks.load, self.load)
        self.on(parts.jobs.input, self.open, [parts.jobs])
        self.on(parts.timer.tick, self.tick, [parts.jobs, parts.several], trigger_mode="once")
        self.on(parts.resume.click, self.resume, [parts.jobs])
        self.on(parts.several.input, self.compare, [parts.several])
        self.on(parts.side_tab.select, self.offer)
        self.finish()

    def load(self, request: gr.Request) -> dict:
        """The page opens, at the job that its address names or the newest one."""
        return self.listed(request, request.query_params.get("job"))

    def listed(self, request: gr.Request, wish: str | None = None) -> dict:
        """The list and the chosen job."""
        jobs = self.app.jobs.list()
        names = [job["id"] for job in jobs]
        found = chosen(wish, names)
        labels = [(self._label(job), job["id"]) for job in jobs]
        none = empty(
            "No job yet", "Open the chat, drop a file and ask to fine-tune a model; its run appears here."
        )
        first = [job["id"] for job in jobs if job.get("curve")][:2]
        return {
            "jobs": gr.Radio(labels, value=found, visible=bool(jobs)),
            "none": gr.HTML(none, visible=not jobs),
            "tabs": gr.Tabs(visible=bool(jobs)),
            "several": gr.Dropdown(labels, value=first),
            **(self.open(found, request) if found else {}),
            **self.compare(first, request),
        }

    def _label(self, job: dict[str, Any]) -> str:
        share = f" · {percent(job['progress'] or 0)}" if job["status"] == "running" else ""
        return f"{MARKS.get(job['status'], '')} {job['id']} · {job.get('model') or job['kind']}{share}"

    def open(self, job_id: str, request: gr.Request) -> dict:
        """A job was chosen."""
        return {**self._stands(self.app.jobs.get(job_id), request), "cancel_row": gr.Row(visible=False)}

    def _stands(self, job: dict[str, Any], request: gr.Request) -> dict:
        """One job as it stands, with the end of its log."""
        from assistant.jobs.work import read_log

        act = self.may(request, "act")
        log = read_log(self.app.home, job["id"])[-LOG:]
        return {
            "job": shown(job),
            "log": f'<pre tabindex="0">{text(log)}</pre>',
            "log_fold": gr.Accordion(visible=bool(log)),
            "cancel": gr.Button(visible=act and job["status"] in ACTIVE),
            "resume": gr.Button(visible=act and job["status"] in ENDED),
        }

    def tick(self, job_id: str | None, several: list[str], request: gr.Request) -> dict:
        """Two seconds have passed; what is chosen in the lists stays as it is by now."""
        jobs = self.app.jobs.list()
        known = next((job for job in jobs if job["id"] == job_id), None)
        if known is None:
            return self.listed(request) if jobs else {}
        labels = gr.Radio(choices=[(self._label(job), job["id"]) for job in jobs])
        return {"jobs": labels, **self._stands(known, request), **self.compare(several, request)}

    def offer(self, request: gr.Request) -> dict:
        """The jobs that there are by now can be compared."""
        labels = [(self._label(job), job["id"]) for job in self.app.jobs.list()]
        return {"several": gr.Dropdown(choices=labels)}

    def cancel(self, job_id: str, request: gr.Request) -> dict:
        """Stop the job."""
        who = self.principal(request)
        allow(who, "act")
        self.app.workspace(who).cancel(job_id)
        return self.listed(request, job_id)

    def resume(self, job_id: str, request: gr.Request) -> dict:
        """Let the job go on from its last checkpoint."""
        allow(self.principal(request), "act")
        self.app.jobs.resume(job_id)
        self.app.start_worker()
        return self.listed(request, job_id)

    def compare(self, ids: list[str], request: gr.Request) -> dict:
        """Jobs beside each other: what was asked, what came out, their curves in one picture."""
        if not ids:
            return {"compared": empty("Nothing chosen", "Choose two or more jobs above.")}
        return {"compared": side_by_side([self.app.jobs.get(each) for each in ids])}


def shown(job: dict[str, Any]) -> str:
    """One job as a card."""
    if job["status"] in ACTIVE:
        return job_card(job)
    pairs = [
        ("status", say(job["status"])),
        ("model", job.get("model")),
        ("task", job.get("task")),
        ("asked for (UTC)", moment(job["created_at"])),
        ("ended (UTC)", moment(job["finished_at"])),
        ("documents", (job.get("result") or {}).get("documents")),
        ("passages", (job.get("result") or {}).get("chunks")),
        ("attempts", job["attempts"] if (job["attempts"] or 0) > 1 else None),
    ]
    failed = f'<p class="sa-warning">{text(told(job["error"]))}</p>' if job.get("error") else ""
    return card(job["id"], facts(pairs), failed, facts(numbers(job.get("metrics"))), curves([job]))


def side_by_side(jobs: list[dict[str, Any]]) -> str:
    """Several jobs in one table, a column each, and their loss curves."""
    settings = [key for key in SETTINGS if any(_settings(job)[key] not in (None, "") for job in jobs)]
    measured = list(dict.fromkeys(key for job in jobs for key, _ in numbers(job.get("metrics"))))
    rows: list[list[Any]] = [[say("status"), *(say(job["status"]) for job in jobs)]]
    rows += [[say(key.replace("_", " ")), *(_settings(job)[key] for job in jobs)] for key in settings]
    rows += [[say(key), *(dict(numbers(job.get("metrics"))).get(key) for job in jobs)] for key in measured]
    rows += [[say("seconds"), *(_seconds(job) for job in jobs)]]
    heads = ["", *(f"{job['id']} · {job.get('model') or job['kind']}" for job in jobs)]
    return curves(jobs) + table(heads, rows)


def _settings(job: dict[str, Any]) -> dict[str, Any]:
    result = job.get("result") or {}
    return {key: result.get(key) for key in SETTINGS}


def _seconds(job: dict[str, Any]) -> int | None:
    seconds = (job.get("result") or {}).get("seconds")
    return round(seconds) if isinstance(seconds, int | float) else None


def numbers(metrics: dict[str, Any] | None) -> list[tuple[str, str]]:
    """The figures among a run's metrics, those that are shares of one as percentages."""
    found = [
        (k, v) for k, v in (metrics or {}).items() if isinstance(v, int | float) and not isinstance(v, bool)
    ]
    return [
        (k.replace("_", " "), percent(v) if any(each in k for each in SHARES) else f"{v:,.3g}")
        for k, v in found
    ]

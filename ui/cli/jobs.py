"""``assistant jobs``: look at background jobs, stop them, let them go on."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from ui.cli.command import command, group
from ui.cli.opened import opened, workspace
from ui.cli.output import duration, facts, table

if TYPE_CHECKING:
    from assistant.application import Application

app = group("Background jobs: follow, stop and resume them.")
Job = Annotated[str, typer.Argument(help="The job's id, for example job-3.", metavar="ID")]
Latest = Annotated[
    str | None, typer.Argument(help="The job's id; the latest where left out.", metavar="[ID]")
]
COLUMNS = {
    "id": "id",
    "kind": "kind",
    "model": "model",
    "status": "status",
    "done": "done",
    "created_at": "created",
}


def _percent(job: dict[str, Any]) -> str:
    return f"{round(100 * (job['progress'] or 0))} %"


def _list(result: dict[str, Any]) -> str:
    rows = [{**job, "done": _percent(job)} for job in result["jobs"]]
    return table(rows, COLUMNS, "No jobs yet. Start one: assistant finetune DATA --name NAME.")


def shown(job: dict[str, Any]) -> str:
    """One job for people."""
    return facts(
        {
            "job": job["id"],
            "kind": job["kind"],
            "model": job.get("model"),
            "status": job["status"],
            "progress": f"{_percent(job)} ({job['step']} of {job['steps']} steps)"
            if job["steps"]
            else _percent(job),
            "doing": job.get("message"),
            "time left": duration(job.get("time_left")),
            "metrics": job["metrics"],
            "error": job["error"],
            "created": job["created_at"],
            "finished": job["finished_at"],
        }
    )


def _see_to(application: "Application") -> None:
    """Give waiting jobs a worker: the one they had may have been killed, or the machine switched off."""
    if application.jobs.waiting():
        application.start_worker()


@command(app, "list", show=_list)
def list_all() -> dict[str, Any]:
    """List the jobs, newest first."""
    with opened() as application:
        _see_to(application)
        return {"jobs": application.jobs.list()}


@command(app, show=shown)
def show(job: Latest = None) -> dict[str, Any]:
    """How a job stands, and its results once it is done."""
    with opened() as application:
        _see_to(application)
        return workspace(application).job(job)


@command(app, show=shown)
def cancel(job: Job) -> dict[str, Any]:
    """Stop a running or waiting job."""
    with opened() as application:
        return application.jobs.cancel(job)


@command(app, show=lambda result: result["log"] or f"{result['id']} has written nothing yet.")
def logs(job: Latest = None) -> dict[str, Any]:
    """What a job's process wrote while it worked."""
    with opened() as application:
        from assistant.jobs.work import read_log

        found = workspace(application).job(job)
        return {**found, "log": read_log(application.home, found["id"])}


@command(app, show=shown)
def resume(job: Job) -> dict[str, Any]:
    """Let a failed or cancelled job go on from its last checkpoint."""
    with opened() as application:
        resumed = application.jobs.resume(job)
        application.start_worker()
        return resumed

"""``assistant finetune``: train a model on a file, and watch."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ui.cli.command import command
from ui.cli.opened import dataset, opened, workspace
from ui.cli.output import Interrupted, duration, facts, note

if TYPE_CHECKING:
    from assistant.application import Application
    from tools.finetune.spec import FinetuneSpec

ENDED = ("succeeded", "failed", "cancelled")
LOOK = 0.4  # seconds between two looks at the job
CARE = 5.0  # seconds between two looks for a worker


def enter(app: typer.Typer) -> None:
    """Enter the command."""
    command(app, show=_shown)(finetune)


def finetune(
    data: Annotated[
        str, typer.Argument(help="A file, the name of an upload, or hf:owner/name.", metavar="DATA")
    ],
    name: Annotated[
        str,
        typer.Option(
            help="What the new model will be called; NAME@new makes a new version of an earlier one."
        ),
    ],
    task: Annotated[
        str, typer.Option(help="For example text-classification; found out where left out.")
    ] = "",
    base: Annotated[
        str, typer.Option(help="minilm, smollm2, a Hugging Face id, a folder, or an earlier model.")
    ] = "",
    method: Annotated[
        str, typer.Option(help="auto, full, lora, dora, adalora, qlora, head or few-shot.")
    ] = "auto",
    text: Annotated[str | None, typer.Option(help="The column that holds the text.", metavar="COL")] = None,
    label: Annotated[str | None, typer.Option(help="The column that holds the label.", metavar="COL")] = None,
    test_data: Annotated[
        str | None, typer.Option(help="Measure on this file; else on a part held out.", metavar="FILE")
    ] = None,
    unlabeled: Annotated[
        str | None, typer.Option(help="More texts, without labels, to learn from.", metavar="FILE")
    ] = None,
    epochs: Annotated[float | None, typer.Option(help="How often the data is passed.", metavar="N")] = None,
    learning_rate: Annotated[
        float | None, typer.Option(help="The optimizer's step size, for example 2e-5.", metavar="X")
    ] = None,
    batch_size: Annotated[int | None, typer.Option(help="Rows a step.", metavar="N")] = None,
    seed: Annotated[int, typer.Option(help="The same seed, the same training.", metavar="N")] = 42,
    search: Annotated[
        float | None,
        typer.Option(help="Try learning rates and epochs for so many minutes.", metavar="MINUTES", min=0.01),
    ] = None,
    minutes: Annotated[
        float | None,
        typer.Option(help="Take no longer than so many minutes.", metavar="MINUTES", min=0.01),
    ] = None,
    one_label: Annotated[
        bool, typer.Option("--one-label", help="Each cell is one label, whatever commas it holds.")
    ] = False,
    detach: Annotated[bool, typer.Option("--detach", help="Do not wait for the end.")] = False,
) -> dict[str, Any]:
    """Fine-tune a model on a file; what is left out is chosen for the data and this machine."""
    wishes = {"task": task, "method": method, "text_column": text, "label_column": label, "epochs": epochs}
    wishes |= {"learning_rate": learning_rate, "batch_size": batch_size, "seed": seed}
    wishes |= {"search": search, "minutes": minutes, "one_label": one_label}
    with opened() as application:
        files = {"test_data": test_data, "unlabeled": unlabeled}
        spec = _spec(application, data, name, base, files, wishes)
        _tell_plan(spec)
        job = workspace(application).submit("finetune", spec.as_dict())
        if detach:
            note(f"{job['id']} runs in the background. Follow it: assistant jobs show {job['id']}.")
            return {"job": job["id"], **job}
        return finished(watch(application, job["id"]))


def _spec(
    application: "Application",
    data: str,
    name: str,
    base: str,
    files: dict[str, str | None],
    wishes: dict[str, Any],
) -> "FinetuneSpec":
    """The wish, with every name resolved."""
    from tools.finetune.spec import FinetuneSpec

    known = workspace(application)
    found: dict[str, Any] = {
        key: known.dataset(dataset(application, file)) for key, file in files.items() if file
    }
    return FinetuneSpec(
        data=known.dataset(dataset(application, data)),
        name=application.registry.check_name(name),
        base=base,
        base_path=known.base_model(base) if base else None,
        cache=application.home.cache,
        **wishes,
        **found,
    )


def _tell_plan(spec: "FinetuneSpec") -> None:
    """Check everything before a job is queued, and say what will be done."""
    from tools.finetune.plan import make_plan

    plan = make_plan(spec)
    columns = f"text: {plan['text_column']}"
    columns += f", label: {plan['label_column']}" if plan["label_column"] else ""
    note(
        f"{plan['task']}: {plan['base']} by {plan['method']} on {plan['rows']:,} rows, "
        f"about {duration(plan['estimated_seconds'])}; {columns}."
    )
    for warning in plan["warnings"]:
        note(f"! {warning}")


def watch(application: "Application", job_id: str) -> dict[str, Any]:
    """Show how the job gets on until it ends. Returns it."""
    from ui.cli.progress import JobProgress

    cared = time.monotonic()
    try:
        with JobProgress(job_id) as progress:
            while (job := application.jobs.get(job_id))["status"] not in ENDED:
                progress.show(job)
                if time.monotonic() - cared > CARE:
                    application.start_worker()  # the one that ran may have been killed
                    cared = time.monotonic()
                time.sleep(LOOK)
            progress.show(job)
            return job
    except KeyboardInterrupt:
        raise Interrupted(_let_go(application, job_id)) from None


def _let_go(application: "Application", job_id: str) -> str:
    """Ctrl-C: ask whether the job shall stop too; without a terminal it goes on. Returns what became of it."""
    import sys

    try:
        if sys.stdin.isatty() and sys.stderr.isatty():
            sys.stderr.write(f"Stop {job_id} too? Otherwise it goes on in the background. [y/N] ")
            sys.stderr.flush()
            if sys.stdin.readline().strip().lower() in ("y", "yes"):
                application.jobs.cancel(job_id)
                return f"{job_id} is being stopped. Let it go on later: assistant jobs resume {job_id}."
    except KeyboardInterrupt:
        note("")
    follow, stop = f"assistant jobs show {job_id}", f"assistant jobs cancel {job_id}"
    return f"{job_id} goes on in the background. Follow it: {follow}. Stop it: {stop}."


def finished(job: dict[str, Any]) -> dict[str, Any]:
    """What a finished job brought.

    Raises:
        WorkFailed: it failed.
        Cancelled: someone stopped it.
    """
    from tools.errors import Cancelled, WorkFailed

    if job["status"] == "failed":
        raise WorkFailed(job["error"] or f"{job['id']} failed.")
    if job["status"] == "cancelled":
        raise Cancelled(f"{job['id']} was cancelled.", f"Let it go on: assistant jobs resume {job['id']}.")
    return {"job": job["id"], **(job["result"] or {})}


def _shown(result: dict[str, Any]) -> str:
    if "status" in result:  # detached
        return f"{result['job']} is {result['status']}."
    found = {
        "model": result["model"],
        "made of": f"{result['base']} by {result['method']} ({result['trainable_parameters']:,} trained parameters)",
        "metrics": result["metrics"],
        **{f"baseline: {name}": values for name, values in (result["baseline"] or {}).items()},
        "time": duration(result["seconds"]),
        "report": Path(result["report"]),
    }
    told = "".join(f"\n! {warning}" for warning in result.get("warnings") or [])
    return f'{facts(found)}{told}\n\nTry it: assistant predict {result["model"]} "…"'

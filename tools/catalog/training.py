"""Tools that recommend, train, and follow the training."""

from typing import Any

from tools.catalog.registry import tool
from tools.workspace import Workspace


@tool(risk="read")
def recommend_model(
    workspace: Workspace, task: str | None = None, dataset: str | None = None
) -> dict[str, Any]:
    """Recommend base models and methods for a task or a dataset, best first, with the time each would take here.

    Args:
        task: for example ``text-classification``; guessed from the dataset where left out.
        dataset: the name of an uploaded file, or ``hf:owner/name`` of the Hugging Face hub.
    """
    from tools.finetune.recommend import recommend

    path = workspace.dataset(dataset) if dataset else None
    return recommend(task=task, data=path) | ({"dataset": dataset} if dataset else {})


def _spec(workspace: Workspace, dataset: str, **wishes: Any) -> Any:
    from tools.finetune.spec import FinetuneSpec

    base = wishes.pop("base_model", None)
    name = wishes.pop("name", None)
    files = {key: workspace.dataset(wishes[key]) for key in ("test_data", "unlabeled") if wishes.get(key)}
    return FinetuneSpec(
        data=workspace.dataset(dataset),
        name=workspace.model_name(name or dataset),
        base=base or "",
        base_path=workspace.base_model(base) if base else None,
        **{key: value for key, value in (wishes | files).items() if value is not None},
    )


def _plan_finetuning(workspace: Workspace, dataset: str, **wishes: Any) -> dict[str, Any]:
    from tools.finetune.personal import personal
    from tools.finetune.plan import make_plan

    spec = _spec(workspace, dataset, **wishes)
    plan = make_plan(spec)
    plan["warnings"] += personal(spec, plan)
    about = (
        f"Fine-tune {plan['base']} ({plan['method']}) on {dataset} for {plan['task']}: "
        f"{plan['rows']:,} rows, about {_duration(plan['estimated_seconds'])}. {_how(plan, wishes)}"
    )
    beside = {key: wishes[key] for key in BESIDE if wishes.get(key) is not None}
    return {"summary": about, "dataset": dataset, **beside, **plan}


# Options that the plan does not tell of, and how a sentence does.
BESIDE = {
    "test_data": "tested on {}",
    "unlabeled": "with the unlabelled texts of {}",
    "search": "{:g} min of search for the best settings",
    "seed": "seed {}",
    "minutes": "within {:g} min",
}


def _how(plan: dict[str, Any], wishes: dict[str, Any]) -> str:
    """What is read and learned, and how: the columns and numbers that were chosen or asked for."""
    said = [f"Text: {plan['text_column']}"]
    said += [f"label: {plan['label_column']}"] if plan["label_column"] else []
    said += [f"{plan['epochs']:g} epochs"] if plan["method"] != "head" else []
    said += [f"batches of {wishes['batch_size']}"] if wishes.get("batch_size") else []
    said += [words.format(wishes[key]) for key, words in BESIDE.items() if wishes.get(key) is not None]
    return f"{'; '.join(said)}."


def _duration(seconds: float) -> str:
    return f"{max(1, round(seconds))} s" if seconds < 90 else f"{round(seconds / 60)} min"


@tool(risk="approve", preview=_plan_finetuning)
def finetune_model(
    workspace: Workspace,
    dataset: str,
    task: str | None = None,
    base_model: str | None = None,
    method: str | None = None,
    text_column: str | None = None,
    label_column: str | None = None,
    epochs: float | None = None,
    learning_rate: float | None = None,
    name: str | None = None,
    test_data: str | None = None,
    unlabeled: str | None = None,
    batch_size: int | None = None,
    seed: int | None = None,
    search: float | None = None,
    minutes: float | None = None,
    one_label: bool | None = None,
) -> dict[str, Any]:
    """Fine-tune a model on a dataset in the background; what is left out is chosen for the data and this machine.

    Args:
        dataset: the name of an uploaded file, or ``hf:owner/name`` of the Hugging Face hub.
        task: text-classification, token-classification, text-generation, embedding, masked-lm, image-classification.
        base_model: minilm, smollm2, a Hugging Face id, a folder, or the name of an earlier model.
        method: auto, full, lora, dora, adalora, qlora, head or few-shot.
        text_column: the column that holds the text.
        label_column: the column that holds the label.
        epochs: how often the data is passed.
        learning_rate: the optimizer's step size, for example 2e-5.
        name: what the new model will be called; ``name@new`` makes a new version of an earlier model.
        test_data: a file to measure the result on; a tenth of the data is held out where left out.
        unlabeled: a file with more texts without labels to learn from (text classification).
        batch_size: rows a step.
        seed: the same seed gives the same split and the same training.
        search: minutes in which learning rates and epochs are tried first.
        minutes: that the training may take; fewer passes are made then, or a quicker method is taken.
        one_label: true where each cell of the label column is one label, whatever commas it holds.
    """
    from tools.finetune.plan import make_plan

    spec = _spec(
        workspace,
        dataset,
        task=task,
        base_model=base_model,
        method=method,
        text_column=text_column,
        label_column=label_column,
        epochs=epochs,
        learning_rate=learning_rate,
        name=name,
        test_data=test_data,
        unlabeled=unlabeled,
        batch_size=batch_size,
        seed=seed,
        search=search,
        minutes=minutes,
        one_label=one_label,
    )
    plan = make_plan(spec)
    job = workspace.submit("finetune", spec.as_dict())
    return {
        "job": job["id"],
        "status": job["status"],
        "model": spec.name,
        "dataset": dataset,
        **{
            key: plan[key]
            for key in ("task", "base", "method", "text_column", "label_column", "rows", "estimated_seconds")
        },
    }


@tool(risk="read")
def list_jobs(workspace: Workspace) -> dict[str, Any]:
    """List the background jobs, newest first."""
    return {"jobs": workspace.jobs()}


@tool(risk="read")
def show_job(workspace: Workspace, job: str | None = None) -> dict[str, Any]:
    """Show how a job stands: progress, time left, and its results once it is done.

    Args:
        job: the job's id; the latest where left out.
    """
    return workspace.job(job)


@tool(risk="act")
def cancel_job(workspace: Workspace, job: str | None = None) -> dict[str, Any]:
    """Stop a running or waiting job.

    Args:
        job: the job's id; the running one where left out.
    """
    return workspace.cancel(job)


def _preview_resume(workspace: Workspace, job: str | None = None) -> dict[str, Any]:
    ended = workspace.ended(job)
    about = f"Let {ended['id']} ({ended['status']}) go on from its last checkpoint."
    return {
        "summary": about,
        **{key: ended.get(key) for key in ("id", "kind", "status", "model", "progress")},
    }


@tool(risk="approve", preview=_preview_resume)
def resume_job(workspace: Workspace, job: str | None = None) -> dict[str, Any]:
    """Let a failed or stopped job go on from its last checkpoint.

    Args:
        job: the job's id; the newest that failed or was stopped where left out.
    """
    return workspace.resume(job)

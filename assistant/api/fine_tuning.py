"""``/v1/fine_tuning/jobs``: training in the background, in the OpenAI API's shapes."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel

from assistant.api.auth import Actor, App, Approver, Reader
from assistant.api.files import paged
from assistant.api.models import seconds
from assistant.api.trainings import JobRequest, spec_of
from assistant.application import Application
from assistant.errors import Missing

router = APIRouter(prefix="/v1/fine_tuning/jobs", tags=["fine-tuning"])
TRAINING = ("finetune", "learn")  # kinds of jobs


class JobError(BaseModel):
    """Why a job failed."""

    code: str
    message: str
    param: str | None = None


class ShownHyperparameters(BaseModel):
    """What the training was asked to do."""

    n_epochs: float | Literal["auto"] = "auto"
    batch_size: int | Literal["auto"] = "auto"
    learning_rate_multiplier: float | Literal["auto"] = "auto"


class Job(BaseModel):
    """A fine-tuning job."""

    id: str
    object: Literal["fine_tuning.job"] = "fine_tuning.job"
    created_at: int
    finished_at: int | None
    estimated_finish: int | None
    model: str
    fine_tuned_model: str | None
    organization_id: str = "local"
    status: Literal["queued", "running", "succeeded", "failed", "cancelled"]
    training_file: str
    validation_file: str | None
    result_files: list[str] = []
    hyperparameters: ShownHyperparameters
    trained_tokens: None = None
    seed: int
    error: JobError | None
    progress: float
    step: int | None
    steps: int | None
    metrics: dict[str, Any] | None
    result: dict[str, Any] | None


class JobList(BaseModel):
    """Fine-tuning jobs, newest first."""

    object: Literal["list"] = "list"
    data: list[Job]
    has_more: bool = False


class JobEvent(BaseModel):
    """Something that happened in a job."""

    id: str
    object: Literal["fine_tuning.job.event"] = "fine_tuning.job.event"
    created_at: int
    level: Literal["info", "warn", "error"] = "info"
    message: str
    type: Literal["message", "metrics"] = "message"
    data: dict[str, Any] = {}


class EventList(BaseModel):
    """Events, newest first."""

    object: Literal["list"] = "list"
    data: list[JobEvent]
    has_more: bool = False


@router.post("")
def create_job(body: JobRequest, app: App, who: Approver) -> Job:
    """Check the plan and queue the training. Calling this is the approval that the chat would ask for."""
    workspace = app.workspace(who)
    return _shown(app, workspace.submit("finetune", spec_of(body, workspace).as_dict()))


@router.get("")
def list_jobs(
    app: App,
    _caller: Reader,
    after: Annotated[str | None, Query(max_length=255)] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 20,
) -> JobList:
    """The fine-tuning jobs, those of the retriever (``/v1/knowledge/learn``) too."""
    jobs = [job for job in app.jobs.list() if job["kind"] in TRAINING]
    page, more = paged(jobs, after, limit)
    return JobList(data=[_shown(app, job) for job in page], has_more=more)


@router.get("/{job_id}")
def retrieve_job(job_id: str, app: App, _caller: Reader) -> Job:
    """How one job stands."""
    return _shown(app, _get(app, job_id))


@router.post("/{job_id}/cancel")
def cancel_job(job_id: str, app: App, _caller: Actor) -> Job:
    """Stop a job."""
    _get(app, job_id)
    return _shown(app, app.jobs.cancel(job_id))


@router.get("/{job_id}/events")
def list_events(
    job_id: str,
    app: App,
    _caller: Reader,
    after: Annotated[str | None, Query(max_length=255)] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 20,
) -> EventList:
    """What happened in a job: its stations and the points of its loss curve."""
    events = [event.model_dump() for event in reversed(_events(_get(app, job_id)))]
    page, more = paged(events, after, limit)
    return EventList(data=[JobEvent(**event) for event in page], has_more=more)


def _get(app: Application, job_id: str) -> dict[str, Any]:
    job = app.jobs.get(job_id)
    if job["kind"] not in TRAINING:
        raise Missing(f"{job_id} is not a fine-tuning job.", "List them at /v1/fine_tuning/jobs.", "job_id")
    return job


def _shown(app: Application, job: dict[str, Any]) -> Job:
    spec = app.jobs.row(job["id"])["spec"]
    failed = JobError(code="work_failed", message=job["error"]) if job["error"] else None
    result = {k: v for k, v in (job.get("result") or {}).items() if k not in ("report", "artifacts")}
    return Job(
        id=job["id"],
        created_at=seconds(job["created_at"]) or 0,
        finished_at=seconds(job["finished_at"]),
        estimated_finish=_finish(job),
        model=spec.get("base") or result.get("base") or "auto",
        fine_tuned_model=job["model"] if job["status"] == "succeeded" else None,
        status=job["status"],
        training_file=_file_id(spec.get("data")) or "",
        validation_file=_file_id(spec.get("test_data")),
        hyperparameters=ShownHyperparameters(
            n_epochs=spec.get("epochs") or "auto", batch_size=spec.get("batch_size") or "auto"
        ),
        seed=spec.get("seed") or 0,
        error=failed,
        progress=job["progress"] or 0.0,
        step=job["step"],
        steps=job["steps"],
        metrics=job["metrics"],
        result=result or None,
    )


def _finish(job: dict[str, Any]) -> int | None:
    left = job.get("time_left") if job["status"] == "running" else None
    return None if left is None else int(datetime.now(UTC).timestamp() + left)


def _file_id(path: str | None) -> str | None:
    """The upload's id is its folder's name; a file of the machine's owner shows its name alone."""
    parts = (path or "").replace("\\", "/").split("/")
    return next((part for part in reversed(parts) if part.startswith("file-")), parts[-1]) or None


def _events(job: dict[str, Any]) -> list[JobEvent]:
    begun = seconds(job["started_at"]) or seconds(job["created_at"]) or 0
    ended = seconds(job["finished_at"])
    stations: list[dict[str, Any]] = [
        {"created_at": seconds(job["created_at"]) or 0, "message": "The job was queued."}
    ]
    if job["started_at"]:
        stations.append({"created_at": begun, "message": "The training began."})
    curve = job.get("curve") or []
    until = ended or int(datetime.now(UTC).timestamp())
    for i, (step, training, validation) in enumerate(curve, 1):
        # Points carry no time of their own: they are spread over the time of the training.
        at = begun + (until - begun) * i // (len(curve) + 1)
        stations.append({"created_at": at, **_point(step, job["steps"], training, validation)})
    if ended:
        stations.append({"created_at": ended, **_ending(job)})
    return [JobEvent(id=f"{job['id']}-event-{i}", **each) for i, each in enumerate(stations, 1)]


def _point(step: int, steps: int | None, training: float, validation: float | None) -> dict[str, Any]:
    figures = {"training_loss": training, "validation_loss": validation}
    told = ", ".join(f"{k.replace('_', ' ')} {v:.4f}" for k, v in figures.items() if v is not None)
    data = {"step": step, **{key: value for key, value in figures.items() if value is not None}}
    return {"message": f"Step {step}/{steps or '?'}: {told}", "type": "metrics", "data": data}


def _ending(job: dict[str, Any]) -> dict[str, Any]:
    if job["status"] == "failed":
        return {"message": job["error"] or "The job failed.", "level": "error"}
    if job["status"] == "cancelled":
        return {"message": "The job was cancelled.", "level": "warn"}
    return {"message": "The job has finished; the model is ready.", "data": job["metrics"] or {}}

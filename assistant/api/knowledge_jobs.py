"""``/v1/knowledge/jobs``: many documents added, or all read anew, in the background: followed and stopped."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path
from pydantic import BaseModel

from assistant.api.auth import Actor, App, Approver, Reader
from assistant.api.fields import told_as
from assistant.api.knowledge import Added, SourcesRequest
from assistant.application import Application
from assistant.errors import BadRequest, Missing
from assistant.workspace.documents import reindex_later
from assistant.workspace.running import BESIDE
from tools.catalog.knowledge import add_later

router = APIRouter(prefix="/v1/knowledge", tags=["knowledge"])
Id = Annotated[str, Path(max_length=40)]


class KnowledgeJob(BaseModel):
    """A job on the documents: ``step`` of ``steps`` documents are done; ``time_left`` is in seconds."""

    id: str
    kind: str
    status: Literal["queued", "running", "succeeded", "failed", "cancelled"]
    progress: float
    step: int
    steps: int
    message: str | None
    time_left: float | None
    error: str | None
    result: Added | None
    created_at: str
    started_at: str | None
    finished_at: str | None


class KnowledgeJobs(BaseModel):
    """Jobs on the documents, newest first."""

    jobs: list[KnowledgeJob]


@router.post("/jobs", status_code=202)
def add_in_background(body: SourcesRequest, app: App, who: Approver) -> KnowledgeJob:
    """Add many documents; what ``/v1/knowledge/sources`` does at once. Calling this is the approval."""
    if not body.names:
        raise BadRequest("No source was named.", "Send sources: a list of uploads or addresses.", "sources")
    workspace = app.workspace(who)
    with told_as(source="sources" if body.sources else "source"):
        sources = [workspace.document(name) for name in body.names]
    return _shown(add_later(workspace, sources, body.visibility, body.tags))


@router.post("/reindex", status_code=202)
def reindex(app: App, who: Approver) -> KnowledgeJob:
    """Read every source anew and make all passages and vectors again; searches go on meanwhile."""
    return _shown(reindex_later(app.workspace(who)))


@router.get("/jobs")
def list_jobs(app: App, _caller: Reader) -> KnowledgeJobs:
    """The jobs on the documents, newest first."""
    return KnowledgeJobs(jobs=[_shown(job) for job in app.jobs.list() if job["kind"] in BESIDE])


@router.get("/jobs/{job_id}")
def retrieve_job(job_id: Id, app: App, _caller: Reader) -> KnowledgeJob:
    """How far a job is; once it is done, what came of it."""
    return _shown(_get(app, job_id))


@router.post("/jobs/{job_id}/cancel")
def cancel_job(job_id: Id, app: App, _caller: Actor) -> KnowledgeJob:
    """Stop a job; the documents that were added until then stay."""
    _get(app, job_id)
    return _shown(app.jobs.cancel(job_id))


def _get(app: Application, job_id: str) -> dict[str, Any]:
    job = app.jobs.get(job_id)
    if job["kind"] not in BESIDE:
        raise Missing(f"{job_id} is no job on the documents.", "List them at /v1/knowledge/jobs.", "job_id")
    return job


def _shown(job: dict[str, Any]) -> KnowledgeJob:
    return KnowledgeJob.model_validate(job)

"""Which job is meant where none is named: work on documents goes on beside a training, which is meant first."""

from collections.abc import Sequence
from typing import Any

from assistant.errors import Conflict
from tools.errors import NotFound

ACTIVE = ("queued", "running")
# Kinds that write the knowledge base: on this machine, where it lies, one at a time and beside a training.
BESIDE = ("add_documents", "reindex")


def to_show(jobs: Sequence[dict[str, Any]], user_id: str) -> dict[str, Any]:
    """The job to show: a training on its way, the user's own and what runs before others, else the newest job.

    Args:
        jobs: all, newest first.
        user_id: who asks.

    Raises:
        NotFound: there is none.
    """
    if not jobs:
        raise NotFound("There is no job yet.", "Fine-tune a model and it will appear here.")
    trainings = [job for job in jobs if job["status"] in ACTIVE and job["kind"] not in BESIDE]
    return min(
        trainings, key=lambda job: (job["user_id"] != user_id, job["status"] != "running"), default=jobs[0]
    )


def to_stop(jobs: Sequence[dict[str, Any]], user_id: str) -> dict[str, Any]:
    """The job to stop: the user's own, what runs before what waits, and a training before work on documents.

    Args:
        jobs: all, newest first.
        user_id: who asks.

    Raises:
        NotFound: the user has none that could be stopped.
        Conflict: several are meant as well.
    """
    active = [job for job in jobs if job["status"] in ACTIVE]
    if not active:
        raise NotFound("No job is running.", "There is nothing to cancel.")
    own = [job for job in active if job["user_id"] == user_id]
    if not own:
        raise NotFound("No job of yours is running.", f"To stop a colleague's, name it: {active[0]['id']}.")
    own = [job for job in own if job["kind"] not in BESIDE] or own
    own = [job for job in own if job["status"] == "running"] or own
    if len(own) > 1:
        several = ", ".join(job["id"] for job in own)
        raise Conflict(f"Several jobs of yours may be meant: {several}.", "Say which one.", "job")
    return own[0]

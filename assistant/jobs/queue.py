"""Background jobs as rows of the database: queued, claimed under a lease, reported on, finished.

A job that runs belongs to whoever holds its lease. The holder renews it; where the lease runs out, the holder is dead,
and the job is queued again (up to :data:`ATTEMPTS` times, then it has failed). Every change of a running job names the
holder, so that one who has lost the lease cannot change anything any more.
"""

import re
import time
from typing import Any

from sqlalchemy import ColumnElement, case, func, select, true

from assistant.access.audit import record
from assistant.errors import Conflict
from assistant.store.database import Database
from assistant.store.schema import jobs, now
from tools.errors import NotFound

QUEUED, RUNNING, SUCCEEDED, FAILED, CANCELLED = "queued", "running", "succeeded", "failed", "cancelled"
ATTEMPTS = 3
STARTING = "Starting"
LEASE = 30.0  # seconds
VANISHED = "The process that ran it stopped without a word (killed, or the machine was switched off)."
ALL = true()
HIDDEN = ("number", "spec", "announced", "cancel_requested", "lease_owner", "lease_until")


class JobQueue:
    """The jobs of one home.

    Args:
        database: where the rows are.
        lease: how long a job stays claimed without a sign of life, in seconds.
    """

    def __init__(self, database: Database, lease: float = LEASE):
        self._database, self.lease = database, lease

    def submit(
        self, kind: str, spec: dict[str, Any], user_id: str | None = None, thread_id: str | None = None
    ) -> dict[str, Any]:
        """Queue a job.

        Args:
            kind: the name of a module of ``assistant.jobs.kinds``.
            spec: what that kind needs, as JSON.
            user_id: whose job it is.
            thread_id: the conversation that will be told of its end.
        """
        row: dict[str, Any] = {
            "kind": kind,
            "spec": spec,
            "user_id": user_id,
            "thread_id": thread_id,
            "created_at": now(),
        }
        row |= {"status": QUEUED, "progress": 0.0, "step": 0, "steps": 0, "curve": [], "attempts": 0}
        row |= {"announced": False, "cancel_requested": False}
        with self._database.begin() as connection:
            number = connection.execute(jobs.insert().values(**row).returning(jobs.c.number)).scalar_one()
            record(connection, "job queued", f"job-{number}", user_id, kind=kind)
        return self.get(f"job-{number}")

    def get(self, job_id: str) -> dict[str, Any]:
        """One job: the contract's shape and ``time_left`` (seconds), ``curve``, ``result``, ``message``, ``attempts``.

        Raises:
            NotFound: no such job.
        """
        self.reap()
        return _public(self.row(job_id))

    def row(self, job_id: str) -> dict[str, Any]:
        """One job with all its columns."""
        row = self._database.row(select(jobs).where(jobs.c.number == _number(job_id)))
        if row is None:
            raise _unknown(job_id)
        return row

    def unannounced(self, thread_id: str) -> list[dict[str, Any]]:
        """Ended jobs of a conversation that it has not been told of, oldest first."""
        self.reap()
        ended = (jobs.c.thread_id == thread_id, jobs.c.status.in_((SUCCEEDED, FAILED, CANCELLED)))
        query = select(jobs).where(*ended, jobs.c.announced.is_(False)).order_by(jobs.c.number)
        return [_public(row) for row in self._database.rows(query)]

    def list(self) -> list[dict[str, Any]]:
        """All jobs, newest first."""
        self.reap()
        return [_public(row) for row in self._database.rows(select(jobs).order_by(jobs.c.number.desc()))]

    def running(self) -> dict[str, Any] | None:
        """The job that runs now (the newest one), if any does."""
        self.reap()
        query = select(jobs).where(jobs.c.status == RUNNING).order_by(jobs.c.number.desc())
        row = self._database.row(query.limit(1))
        return _public(row) if row else None

    def waiting(self) -> int:
        """How many jobs wait for a worker."""
        self.reap()
        return len(self._database.rows(select(jobs.c.number).where(jobs.c.status == QUEUED)))

    def held_by(self, prefix: str, among: ColumnElement[bool] = ALL) -> int:
        """How many running jobs have an owner whose name begins so; of those among which a condition leaves."""
        self.reap()
        mine = (jobs.c.lease_owner.startswith(prefix, autoescape=True), among)
        return len(self._database.rows(select(jobs.c.number).where(jobs.c.status == RUNNING, *mine)))

    def cancel(self, job_id: str) -> dict[str, Any]:
        """Stop a job: at once where it waits, within two seconds where it runs.

        Raises:
            NotFound: no such job.
            Conflict: it has succeeded or failed already.
        """
        self.reap()
        this = jobs.c.number == _number(job_id)
        stop = {"status": CANCELLED, "finished_at": now(), "time_left": None}
        if not self._database.run(jobs.update().where(this, jobs.c.status == QUEUED).values(**stop)):
            running = jobs.update().where(this, jobs.c.status == RUNNING)
            self._database.run(running.values(cancel_requested=True, message="Stopping"))
        job = self.get(job_id)
        if job["status"] in (SUCCEEDED, FAILED):
            raise Conflict(f"{job['id']} has {job['status']} already.", "There is nothing to cancel.", "job")
        record(self._database, "job cancelled", job["id"])
        return job

    def ended(self, job_id: str) -> dict[str, Any]:
        """A job that has failed or was cancelled, and so may be resumed.

        Raises:
            NotFound: no such job.
            Conflict: it is not at an end, or has succeeded.
        """
        job = self.get(job_id)
        if job["status"] not in (FAILED, CANCELLED):
            raise _not_ended(job)
        return job

    def resume(self, job_id: str) -> dict[str, Any]:
        """Queue a failed or cancelled job again; it goes on from its last checkpoint.

        Raises:
            NotFound: no such job.
            Conflict: it is not at an end, or has succeeded.
        """
        job = self.get(job_id)
        ended = (jobs.c.number == _number(job_id), jobs.c.status.in_((FAILED, CANCELLED)))
        again = {"status": QUEUED, "attempts": 0, "error": None, "finished_at": None, "message": None}
        again |= {"cancel_requested": False, "announced": False, "lease_owner": None, "lease_until": None}
        if not self._database.run(jobs.update().where(*ended).values(**again)):
            raise _not_ended(job)
        record(self._database, "job resumed", job["id"])
        return self.get(job_id)

    def claim(self, owner: str, among: ColumnElement[bool] = ALL) -> dict[str, Any] | None:
        """Take the oldest waiting job, with all its columns; None where nothing waits.

        Args:
            owner: a name no other worker has.
            among: a condition on the rows of jobs.
        """
        self.reap()
        oldest = select(func.min(jobs.c.number)).where(jobs.c.status == QUEUED, among).scalar_subquery()
        mine: dict[str, Any] = {
            "status": RUNNING,
            "attempts": jobs.c.attempts + 1,
            "lease_owner": owner,
            "message": STARTING,
        }
        mine |= {"lease_until": time.time() + self.lease}
        mine |= {"started_at": func.coalesce(jobs.c.started_at, now())}
        # The second look at the status is made on the row itself, so that of two claims only one changes it.
        one = jobs.update().where(jobs.c.number == oldest, jobs.c.status == QUEUED).values(**mine)
        with self._database.begin() as connection:
            row = connection.execute(one.returning(jobs)).mappings().first()
        return dict(row) if row else None

    def renew(self, job_id: str, owner: str, **progress: Any) -> bool:
        """Show life and report progress; return whether the job is still this owner's.

        Args:
            job_id: the job.
            owner: who claimed it.
            progress: columns to set: progress (0..1), step, steps, message, curve, metrics, time_left.
        """
        return self._change(job_id, owner, lease_until=time.time() + self.lease, **progress)

    def keep_waiting(self, job_id: str, owner: str) -> bool:
        """Hold a claimed job whose process has not begun yet (a cluster may be busy); afterwards it is on its own."""
        waiting = (jobs.c.number == _number(job_id), jobs.c.lease_owner == owner, jobs.c.message == STARTING)
        old = jobs.c.lease_until < time.time() + self.lease / 2
        renewed = jobs.update().where(*waiting, old).values(lease_until=time.time() + self.lease)
        if not self._database.rows(select(jobs.c.number).where(*waiting, old)):
            return False
        return bool(self._database.run(renewed))

    def stopping(self, job_id: str) -> bool:
        """Whether someone has asked the job to stop."""
        query = select(jobs.c.cancel_requested).where(jobs.c.number == _number(job_id))
        row = self._database.row(query)
        return bool(row and row["cancel_requested"])

    def finish(self, job_id: str, owner: str, result: dict[str, Any]) -> bool:
        """The job has succeeded."""
        end = {"progress": 1.0, "message": None, "metrics": result.get("metrics"), "result": result}
        return self._end(job_id, owner, SUCCEEDED, **end)

    def fail(self, job_id: str, owner: str, reason: str) -> bool:
        """The job has failed for a reason that a repetition would meet again."""
        return self._end(job_id, owner, FAILED, error=reason, message=None)

    def stopped(self, job_id: str, owner: str) -> bool:
        """The job has ended because someone cancelled it."""
        return self._end(job_id, owner, CANCELLED, message=None)

    def lost(self, job_id: str, owner: str, reason: str) -> bool:
        """The job's process is gone: queue it again, or end it where it was cancelled or tried too often."""
        with self._database.begin() as connection:
            mine = (jobs.c.number == _number(job_id), jobs.c.lease_owner == owner, jobs.c.status == RUNNING)
            return bool(connection.execute(jobs.update().where(*mine).values(**_after_loss(reason))).rowcount)

    def reap(self) -> int:
        """Queue again (or end) the jobs whose lease has run out, and return how many there were."""
        expired = (jobs.c.status == RUNNING, jobs.c.lease_until < time.time())
        if not self._database.rows(select(jobs.c.number).where(*expired)):
            return 0
        return self._database.run(jobs.update().where(*expired).values(**_after_loss(VANISHED)))

    def announce(self, job_id: str, told: bool = True) -> bool:
        """Take on telling the conversation; True for one caller only.

        Args:
            job_id: the job that has ended.
            told: False gives it back: it could not be told.
        """
        this = (jobs.c.number == _number(job_id), jobs.c.announced.is_(not told))
        return bool(self._database.run(jobs.update().where(*this).values(announced=told)))

    def _end(self, job_id: str, owner: str, status: str, **values: Any) -> bool:
        end = {
            "status": status,
            "finished_at": now(),
            "time_left": None,
            "lease_owner": None,
            "lease_until": None,
        }
        return self._change(job_id, owner, **end, **values)

    def _change(self, job_id: str, owner: str, **values: Any) -> bool:
        mine = (jobs.c.number == _number(job_id), jobs.c.lease_owner == owner, jobs.c.status == RUNNING)
        return bool(self._database.run(jobs.update().where(*mine).values(**values)))


def _after_loss(reason: str) -> dict[str, Any]:
    """What becomes of a job whose process is gone, decided inside the database so that nobody comes in between."""
    stopped, spent = jobs.c.cancel_requested, jobs.c.attempts >= ATTEMPTS
    why = f"{reason} It was tried {ATTEMPTS} times."
    return {
        "status": case((stopped, CANCELLED), (spent, FAILED), else_=QUEUED),
        "error": case((stopped, None), (spent, why), else_=None),
        "finished_at": case((stopped | spent, now()), else_=None),
        "message": case((stopped | spent, None), else_="Waiting to go on from the last checkpoint"),
        "time_left": None,
        "lease_owner": None,
        "lease_until": None,
    }


def _number(job_id: str) -> int:
    found = re.fullmatch(r"(?:job[- ]?)?#?(\d{1,9})", str(job_id).strip().lower())
    if not found:
        raise _unknown(job_id)
    return int(found[1])


def _unknown(job_id: str) -> NotFound:
    return NotFound(f"There is no job {str(job_id)[:40]}.", "List them: assistant jobs list.", param="job")


def _not_ended(job: dict[str, Any]) -> Conflict:
    return Conflict(f"{job['id']} is {job['status']}.", "Only a failed or cancelled job resumes.", "job")


def _public(row: dict[str, Any]) -> dict[str, Any]:
    spec = row["spec"] or {}
    shown = {name: value for name, value in row.items() if name not in HIDDEN}
    made = (row["result"] or {}).get("model")  # not what was wished: the name may have been taken meanwhile
    about = {"model": made or spec.get("name"), "task": spec.get("task") or None}
    return {"id": f"job-{row['number']}", **shown, **about}

"""One job's own process: ``python -m assistant.jobs.child --job job-3 --owner NAME``.

It does the work, keeps the lease alive by itself (so it outlives its worker), and writes how it ended into the row. A
process that dies without a word is the worker's or the lease's business; see :mod:`assistant.jobs.worker`.
"""

import argparse
import contextlib
import errno
import os
import sys
import time
import traceback
from collections.abc import Callable
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from assistant.home import exclusive
from assistant.jobs.heartbeat import Heartbeat
from assistant.jobs.queue import LEASE, JobQueue
from assistant.jobs.work import KINDS, Work, find_kind, job_folder
from assistant.logs import NET
from assistant.settings import settings
from assistant.store.database import Database
from assistant.store.schema import now
from knowledge.errors import TeachingError
from tools.errors import Cancelled, OutOfSpace, WorkFailed

FULL = (errno.ENOSPC, errno.EDQUOT)
RESERVE = 4 << 20  # bytes


def main() -> None:
    """Run the job named on the command line."""
    asked = arguments(argparse.ArgumentParser(description="Run one job in this process."))
    be_modest()
    home = settings().where
    database = Database(settings().database)
    queue = JobQueue(database, asked.lease)
    folder = job_folder(home, asked.job)
    row = queue.row(asked.job)
    say(f"{asked.job} ({row['kind']}), attempt {row['attempts']}, process {os.getpid()}")
    queue.renew(asked.job, asked.owner, message="Preparing")
    with Heartbeat(queue, asked.job, asked.owner, say) as heart, _alone(folder, heart):
        work = Work(
            asked.job,
            row["spec"],
            folder,
            home,
            database,
            heart.progress,
            asked.owner,
            asked.lease,
            row["user_id"],
        )
        write = attempt(lambda: _run(row["kind"], asked.kinds, work), queue, asked.job, asked.owner)
    surely(write, asked.lease)


def arguments(parser: argparse.ArgumentParser) -> argparse.Namespace:
    """Which job, on whose behalf, and for tests: kinds from elsewhere, shorter leases."""
    parser.add_argument("--job", required=True)
    parser.add_argument("--owner", required=True, help="who claimed it")
    parser.add_argument("--kinds", default=KINDS, help="the package that holds the kinds of jobs")
    parser.add_argument("--lease", type=float, default=LEASE, help="seconds")
    return parser.parse_args()


def be_modest() -> None:
    """Leave the chat its share of the machine: a lower priority, and threads that sleep while they wait."""
    with contextlib.suppress(OSError):
        os.nice(5)
    os.environ["OMP_WAIT_POLICY"] = "PASSIVE"  # read when OpenMP is loaded, which has not happened yet


def say(line: str) -> None:
    """Write a line to the log (standard output leads there), without anything that looks personal."""
    with contextlib.suppress(
        OSError
    ):  # a full disk may swallow the log, but not the ending that is yet to be told
        print(f"{now()} {NET.sub('<hidden>', line)}", flush=True)


def _run(kind: str, kinds: str, work: Work) -> dict[str, Any]:
    """Do the work with a little of the disk held back, so that a full one leaves room to say so."""
    reserve = work.folder / "reserve"
    with contextlib.suppress(OSError):
        reserve.write_bytes(bytes(RESERVE))
    try:
        return find_kind(kind, kinds)(work)
    finally:
        reserve.unlink(missing_ok=True)


@contextlib.contextmanager
def _alone(folder: Any, heart: Heartbeat) -> Any:
    """Wait until an earlier process of this job is really gone, so that two never write the same checkpoints."""
    with exclusive(folder / "lock", f"process {os.getpid()}", wait=True):
        if heart.lease_lost.is_set():
            sys.exit(0)
        yield


def attempt(
    run: Callable[[], dict[str, Any]], queue: JobQueue, job_id: str, owner: str
) -> Callable[[], bool]:
    """Do the work and return the write that tells how it ended."""
    try:
        result = run()
        say("Succeeded.")
        return lambda: queue.finish(job_id, owner, result)
    except Cancelled:
        say("Cancelled.")
        return lambda: queue.stopped(job_id, owner)
    except Exception as error:
        reason = explain(error, job_id)
        say("".join(traceback.format_exception(error)))
        say(f"Failed: {reason}")
        return lambda: queue.fail(job_id, owner, reason)


def explain(error: BaseException, job_id: str) -> str:
    """One sentence about what went wrong and what to do."""
    if isinstance(error, TeachingError):
        return str(error)
    if isinstance(error, OSError) and error.errno in FULL or "database or disk is full" in str(error):
        return str(OutOfSpace("The disk is full.", f"Make room, then: assistant jobs resume {job_id}."))
    if isinstance(error, MemoryError) or "out of memory" in str(error).lower():
        return str(WorkFailed("The memory ran out.", "Use a smaller batch size or a smaller model."))
    broken = f"The work broke down ({type(error).__name__})."
    return str(WorkFailed(broken, f"Details: assistant jobs logs {job_id}."))


def surely(write: Callable[[], bool], patience: float) -> None:
    """Write the ending, again and again while the database cannot take it (a full disk may be emptied)."""
    end = time.monotonic() + max(patience, 5)
    while True:
        try:
            if not write():
                say("The job belongs to another process by now; nothing was written.")
            return
        except SQLAlchemyError as error:
            if time.monotonic() > end:
                raise
            say(f"The ending could not be written yet: {type(error).__name__}.")
            time.sleep(1)


if __name__ == "__main__":
    main()

"""The worker: a light process, one a home, that claims queued jobs and starts a process for each.

``python -m assistant.jobs.worker`` ends by itself once nothing has waited for a few seconds; whoever queues a job
calls :func:`ensure_worker`. Killed, it leaves its job's process behind, which goes on and finishes; the next worker
takes what is left.
"""

import argparse
import os
import secrets
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import ColumnElement

from assistant.errors import Occupied
from assistant.home import Home, exclusive
from assistant.jobs.queue import LEASE, JobQueue
from assistant.jobs.runners.local import LocalRunner, child_environment, importable
from assistant.jobs.runners.runner import Handle, Order, Runner, choose_runner
from assistant.jobs.work import KINDS, SHORT_OF_MEMORY, job_folder
from assistant.logs import configure, log
from assistant.settings import Settings, settings
from assistant.store.database import Database
from assistant.store.schema import jobs
from assistant.workspace.running import BESIDE
from knowledge.errors import TeachingError

HOST = f"{socket.gethostname()}/"  # how the names of this machine's owners begin
PAUSE = 0.3  # seconds between two looks at the queue
SIGKILL = -9  # as an exit code; on Linux mostly the kernel's answer to a full memory
KILLED = "The process was killed, probably because the memory ran out; a smaller batch size or model may fit."


@dataclass
class Worker:
    """Claims jobs and watches over their processes.

    ``patience`` is how many seconds an empty queue is watched before the worker ends. ``here`` runs the kinds of
    :data:`assistant.workspace.running.BESIDE`; ``runner`` does too where it is left out.
    """

    queue: JobQueue
    home: Home
    runner: Runner
    kinds: str = KINDS
    patience: float = 5.0
    here: Runner | None = None
    _running: dict[str, tuple[str, Handle]] = field(default_factory=dict)

    def run(self) -> None:
        """Work until the queue has been empty for a while."""
        idle_since = time.monotonic()
        beside, here = jobs.c.kind.in_(BESIDE), self.here or self.runner
        while True:
            self._collect()
            held = self._fill(here, 1, beside) + self._fill(self.runner, self.runner.at_once, ~beside)
            if held or self._running:
                idle_since = time.monotonic()
            elif time.monotonic() - idle_since >= self.patience:
                return
            time.sleep(PAUSE)

    def _fill(self, runner: Runner, at_once: int, among: ColumnElement[bool]) -> int:
        """Start jobs of a lane while it has room. Returns how many of them run."""
        # Jobs whose worker was killed still run here: they count, and someone has to be there if they die.
        while (held := self.queue.held_by(HOST, among)) < at_once and self._start_one(runner, among):
            pass
        return held

    def _start_one(self, runner: Runner, among: ColumnElement[bool]) -> bool:
        owner = f"{HOST}{os.getpid()}-{secrets.token_hex(4)}"
        row = self.queue.claim(owner, among)
        if row is None:
            return False
        job_id = f"job-{row['number']}"
        order = Order(job_id, owner, job_folder(self.home, job_id), self.kinds, self.queue.lease)
        try:
            self._running[job_id] = (owner, runner.start(order))
        except TeachingError as error:
            self.queue.fail(job_id, owner, str(error))
        except OSError as error:
            self.queue.fail(
                job_id, owner, f"Its process could not be started: {error.strerror}. Try again later."
            )
        return True

    def _collect(self) -> None:
        for job_id, (owner, handle) in list(self._running.items()):
            code = handle.ended()
            if code is None:
                self.queue.keep_waiting(job_id, owner)
                continue
            del self._running[job_id]
            if code == SIGKILL:
                (job_folder(self.home, job_id) / SHORT_OF_MEMORY).touch()
            # A process that ended properly has written its ending, so this changes nothing then.
            if self.queue.lost(job_id, owner, reason_for(code, job_id)):
                log().warning("job process ended without a word", job=job_id, code=code)


def reason_for(code: int, job_id: str) -> str:
    """Why a process ended without a word, from its exit code (negative: the signal)."""
    if code == SIGKILL:
        return KILLED
    how = f"was ended by signal {-code}" if code < 0 else f"ended with code {code}"
    return f"The process {how}; details: assistant jobs logs {job_id}."


def ensure_worker(home: Home, chosen: Settings | None = None) -> None:
    """Start a worker in the background, unless one runs for this home already.

    Args:
        home: the home folder.
        chosen: settings that differ from what the new process would read for itself.
    """
    try:
        with exclusive(_lock(home), "a worker is being started"):
            pass
    except Occupied:
        return  # it looks at the queue once more after it has let go of the lock
    environment = {"ASSISTANT_HOME": str(home.root)} if chosen is None else child_environment(chosen)
    with (home.logs / "worker.txt").open("ab") as output:
        subprocess.Popen(
            [sys.executable, "-m", "assistant.jobs.worker"],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=os.environ | importable() | environment,
            start_new_session=True,
        )


def _lock(home: Home) -> Path:
    return home.jobs / "worker.lock"


def serve(chosen: Settings, kinds: str = KINDS, lease: float = LEASE, patience: float = 5.0) -> None:
    """Be the home's worker until there is nothing left to do; return at once where there is one already."""
    home, queue = chosen.where, JobQueue(Database(chosen.database), lease)
    while True:
        try:
            with exclusive(_lock(home), f"worker {os.getpid()}"):
                here = LocalRunner(chosen)
                Worker(queue, home, choose_runner(chosen), kinds, patience, here).run()
        except Occupied:
            return
        if (
            not queue.waiting()
        ):  # a job queued while we were leaving found the lock held and relies on this look
            return


def main() -> None:
    """Run the worker for the home of this environment."""
    parser = argparse.ArgumentParser(description="Run the queued jobs of this home.")
    parser.add_argument("--kinds", default=KINDS, help="the package that holds the kinds of jobs")
    parser.add_argument("--lease", type=float, default=LEASE, help="seconds")
    parser.add_argument("--patience", type=float, default=5.0, help="seconds to wait for more work")
    asked = parser.parse_args()
    chosen = settings()
    configure(chosen.where)
    serve(chosen, asked.kinds, asked.lease, asked.patience)


if __name__ == "__main__":
    main()

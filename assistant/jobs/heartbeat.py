"""A running job's sign of life: a thread that renews the lease, writes progress and notices a cancellation."""

import os
import threading
import time
from collections.abc import Callable

from sqlalchemy.exc import SQLAlchemyError

from assistant.jobs.queue import JobQueue
from tools.errors import Cancelled
from tools.finetune.progress import Progress

BEAT = 0.3  # seconds between two looks at the cancel button
GRACE = 1.0  # seconds that a cancelled job has to stop by itself
MESSAGES = 100  # that a job's log tells
CURVE = 400  # points; a longer curve is thinned, so that the row stays small


class Heartbeat:
    """Keeps one claimed job alive. Use it as a context around the work.

    Only this thread writes while the work goes on, so that a busy database never slows or breaks the training.

    Args:
        queue: the queue.
        job_id: the job.
        owner: who holds the lease.
        say: writes a line to the job's log.
        leave: ends the process, where the work does not stop by itself.
    """

    def __init__(
        self,
        queue: JobQueue,
        job_id: str,
        owner: str,
        say: Callable[[str], None],
        leave: Callable[[int], None] = os._exit,
    ):
        self._queue, self._id, self._owner, self._say, self._leave = queue, job_id, owner, say, leave
        self._over, self.cancelled, self.lease_lost = threading.Event(), threading.Event(), threading.Event()
        self._report: Progress | None = None
        self._told: set[str] = set()
        self._curve: list[list[float | None]] = []
        self._lock = threading.Lock()
        self._renewed = time.monotonic()
        self._thread = threading.Thread(target=self._live, name="heartbeat", daemon=True)

    def __enter__(self) -> "Heartbeat":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        if not (self.cancelled.is_set() or self.lease_lost.is_set()):
            self._beat()  # the last steps' progress

    def progress(self, report: Progress) -> None:
        """Take note of how far the work is.

        Raises:
            Cancelled: the work is to stop.
        """
        if self.cancelled.is_set() or self.lease_lost.is_set():
            raise Cancelled("The job was cancelled.")
        with self._lock:
            self._report = report
            if report.message not in self._told and len(self._told) < MESSAGES:
                self._told.add(report.message)  # the row holds the last one alone
                self._say(report.message)
            if report.loss is not None or report.validation_loss is not None:
                self._note([report.step, report.loss, report.validation_loss])
            if len(self._curve) > CURVE:
                self._curve = thin(self._curve)

    def _note(self, point: list[float | None]) -> None:
        """Add a point to the curve; a second report of the same step replaces the first."""
        if self._curve and self._curve[-1][0] == point[0]:
            self._curve.pop()
        self._curve.append(point)

    def _live(self) -> None:
        while not self._over.wait(BEAT):
            self._beat()
            if self.cancelled.is_set() or self.lease_lost.is_set():
                return self._insist()
        return None

    def _beat(self) -> None:
        values, report = self._news()
        try:
            due = time.monotonic() - self._renewed > self._queue.lease / 4
            if (values or due) and not self._queue.renew(self._id, self._owner, **values):
                self._say("Another process has taken this job over; stopping.")
                self.lease_lost.set()
            elif values or due:
                self._renewed = time.monotonic()
            if self._queue.stopping(self._id):
                self.cancelled.set()
        except SQLAlchemyError as error:  # a full disk or a busy database may be better at the next beat
            self._say(f"The database did not answer: {type(error).__name__}.")
            with self._lock:
                self._report = self._report or report

    def _news(self) -> tuple[dict[str, object], Progress | None]:
        with self._lock:
            report, curve, self._report = self._report, list(self._curve), None
        if report is None:
            return {}, None
        done = min(1.0, report.step / report.steps) if report.steps else 0.0
        about = {"step": report.step, "steps": report.steps, "message": report.message}
        return {"progress": done, "time_left": report.eta_seconds, "curve": curve, **about}, report

    def _insist(self) -> None:
        """End the process where the work does not look up from a long step."""
        if self._over.wait(GRACE):
            return
        try:
            if self.cancelled.is_set():
                self._say("Cancelled in the middle of a step.")
                self._queue.stopped(self._id, self._owner)
        finally:
            self._leave(0)


def thin(curve: list[list[float | None]]) -> list[list[float | None]]:
    """A shorter curve: half of the points without a validation loss, or where that is not enough, half of all."""
    last = len(curve) - 1
    kept = [point for n, point in enumerate(curve) if n % 2 == 0 or n == last or point[2] is not None]
    return kept if len(kept) <= CURVE else [*curve[:-1:2], curve[-1]]

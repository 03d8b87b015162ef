"""Dynamic batching: texts of many callers go through the model together, and nobody waits for a batch to fill.

A batch forms by itself: while the model is busy with one, the texts that arrive wait, and go together in the next. A
caller alone is served at once; the more callers, the larger the batches (as in Clipper, Crankshaw et al. 2017, without
its waiting time).
"""

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from tools.errors import Busy
from tools.serving.spans import Since, served, waiting

MOST_TEXTS = 64  # in a batch
MOST_CHARACTERS = 64_000  # in a batch of more than one text
WAITING = 4_096  # texts that may wait for a model; more are turned away
IDLE_SECONDS = 10.0  # after which the thread of an unused model ends


@dataclass
class _Job:
    """One caller's texts, of which the first ``taken`` were given to the model, and the results so far."""

    texts: Sequence[Any]
    future: "Future[list[Any]]" = field(default_factory=Future)
    results: list[Any] = field(default_factory=list)
    taken: int = 0
    since: Since | None = field(default_factory=waiting)

    @property
    def left(self) -> int:
        """Texts that the model has not been given."""
        return len(self.texts) - self.taken

    def take(self, results: list[Any]) -> None:
        """Results of the next texts; the last ones end the job."""
        self.results += results
        if len(self.results) == len(self.texts) and self.future.set_running_or_notify_cancel():
            self.future.set_result(self.results)

    def fail(self, error: Exception) -> None:
        """What the caller gets instead."""
        if self.future.set_running_or_notify_cancel():
            self.future.set_exception(error)


Batch = list[tuple[_Job, list[Any]]]  # texts that go together, and whose they are


class Batcher:
    """Collects texts for one function of one model. Safe to share between threads.

    Args:
        run: n texts to n results, in order; called from one thread at a time.
        most: texts in a batch.
        waiting: texts that may wait.

    Attributes:
        batches: how many the function was given.
        texts: how many texts it was given.
    """

    def __init__(
        self, run: Callable[[list[Any]], Sequence[Any]], most: int = MOST_TEXTS, waiting: int = WAITING
    ):
        self._run, self._most, self._waiting = run, most, waiting
        self._queues: OrderedDict[str, deque[_Job]] = OrderedDict()  # of each caller, the next in turn first
        self._changed = threading.Condition()
        self._awake = False  # whether a thread takes from the queues
        self._queued = 0
        self._seconds = 0.0
        self.batches = self.texts = 0

    @property
    def queued(self) -> int:
        """Texts that wait."""
        return self._queued

    def submit(self, texts: Sequence[Any], caller: str = "") -> "Future[list[Any]]":
        """Queue texts. The future may be cancelled: what the model has not begun, it then leaves out.

        Args:
            texts: at least one.
            caller: whose they are; callers take turns, so that one with thousands does not stop the others.

        Raises:
            Busy: too many wait already.
        """
        job = _Job(texts)
        with self._changed:
            if self._queued and self._queued + len(texts) > self._waiting:
                raise self._busy()
            self._queues.setdefault(caller, deque()).append(job)
            self._queued += len(texts)
            if self._awake:
                self._changed.notify()
            else:
                self._awake = True
                threading.Thread(target=self._work, name="batcher", daemon=True).start()
        return job.future

    def _busy(self) -> Busy:
        pace = self._seconds / self.texts if self.texts else 0.01
        error = Busy("The model has more to do than it can.", "Try again in a moment.")
        error.retry_after = max(1, round(self._queued * pace))
        return error

    def _work(self) -> None:
        while batch := self._next():
            self._serve(batch)
            del batch  # with the texts, and the models that these may hold

    def _next(self) -> Batch:
        """Texts for the next batch, of one caller after the other; nothing once the model is no longer used."""
        with self._changed:
            while not (batch := self._take()):
                if not self._changed.wait(IDLE_SECONDS) and not self._queued:
                    self._awake = False
                    return []
            return batch

    def _take(self) -> Batch:
        batch: Batch = []
        room, characters = self._most, MOST_CHARACTERS
        while self._queues and room > 0:
            caller, jobs = self._queues.popitem(last=False)
            # A share of the room for each, or this would be the batch of whoever came first.
            part = _part(jobs[0], max(1, room // (len(self._queues) + 1)), characters, must=not batch)
            if part:
                batch.append((jobs[0], part))
                room, characters = room - len(part), characters - sum(map(len, part))
            elif not jobs[0].future.done():  # no room for its next text
                self._queues[caller] = jobs
                self._queues.move_to_end(caller, last=False)
                break
            self._queued -= len(part)
            if jobs[0].future.done():  # its caller has left, or it failed
                self._queued -= jobs[0].left
                jobs.popleft()
            elif not jobs[0].left:
                jobs.popleft()
            if jobs:
                self._queues[caller] = jobs  # at the end: the others come first
        return batch

    def _serve(self, batch: Batch) -> None:
        began, since = time.perf_counter(), time.time_ns()
        try:
            results = list(self._run([text for _, part in batch for text in part]))
        except Exception as error:
            if len(batch) == 1:
                batch[0][0].fail(error)
                return
            for each in batch:  # one caller's text shall not spoil the others'
                self._serve([each])
            return
        self._seconds += time.perf_counter() - began
        self.batches, self.texts = self.batches + 1, self.texts + len(results)
        together = len(results)
        for job, part in batch:
            if job.since:
                job.since = served(job.since, since, len(part), together)
            job.take(results[: len(part)])
            results = results[len(part) :]


def _part(job: _Job, most: int, characters: int, must: bool) -> list[Any]:
    """The next texts of a job, as many as there is room for; at least one where it ``must``."""
    if job.future.done():
        return []
    part: list[Any] = []
    for text in job.texts[job.taken : job.taken + most]:
        characters -= len(text)
        if characters < 0 and (part or not must):
            break
        part.append(text)
    job.taken += len(part)
    return part

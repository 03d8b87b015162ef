"""Dynamic batching: texts of many callers go through the model together, and nobody waits for a batch to fill.

A batch forms by itself: while the model is busy with one, the texts that arrive wait, and go together in the next. A
caller alone is served at once; the more callers, the larger the batches (as in Clipper, Crankshaw et al. 2017, without
its waiting time). Long texts make smaller batches, so that whoever comes next does not wait long for the one under way.
"""

import threading
import time
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from tools.errors import Busy
from tools.serving.spans import Since, served, waiting
from tools.serving.turns import too_much
from tools.wanted import still_wanted

MOST_TEXTS = 64  # in a batch
BATCH_SECONDS = 0.05  # that a batch of more than one text may take, by how quickly the last ones were read,
FEWEST_TOKENS = 1_024  # but so many tokens it may have in any case, or smaller batches would cost more,
MOST_TOKENS = 16_384  # and so many at most
READ = 512  # tokens of a text that encoders read, where nothing else is known
WAITING = 6_144  # texts that may wait for a model; more are turned away, of one caller from three quarters on
PART = 512  # texts of one file that are put into the queue at once
PATIENCE = 120.0  # seconds that such a part waits for room in it
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

    @property
    def over(self) -> bool:
        """Whether it needs nothing more: its caller has left, or was told of an error."""
        return self.future.done()

    def take(self, results: list[Any]) -> None:
        """Results of the next texts; the last ones end the job."""
        self.results += results
        if len(self.results) == len(self.texts) and self._open():
            self.future.set_result(self.results)

    def fail(self, error: Exception) -> None:
        """What the caller gets instead."""
        if self._open():
            self.future.set_exception(error)

    def _open(self) -> bool:
        return not self.over and self.future.set_running_or_notify_cancel()


Batch = list[tuple[_Job, list[Any]]]  # texts that go together, and whose they are


class Batcher:
    """Collects texts for one function of one model. Safe to share between threads.

    Args:
        run: n texts to n results, in order; called from one thread at a time.
        most: texts in a batch.
        waiting: texts that may wait.
        tokens: about how many of a text the model reads.

    Attributes:
        batches: how many the function was given.
        texts: how many texts it was given.
    """

    def __init__(
        self,
        run: Callable[[list[Any]], Sequence[Any]],
        most: int = MOST_TEXTS,
        waiting: int = WAITING,
        tokens: Callable[[Any], int] | None = None,
    ):
        self._run, self._most, self._waiting, self._tokens = run, most, waiting, tokens or about_tokens
        self._queues: OrderedDict[str, deque[_Job]] = OrderedDict()  # of each caller, the next in turn first
        self._changed = threading.Condition()
        self._awake = False  # whether a thread takes from the queues
        self._queued, self._of = 0, Counter[str]()  # texts that wait, in all and by caller
        self._pace = self._each = 0.0  # seconds for a token and for a text, lately
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
            if self._queued and too_much(self._queued, self._of[caller], len(texts), self._waiting):
                raise self._busy()
            if not self._awake:
                threading.Thread(target=self._work, name="batcher", daemon=True).start()
                self._awake = True
            self._queues.setdefault(caller, deque()).append(job)
            self._count(caller, len(texts))
            self._changed.notify()
        return job.future

    def _count(self, caller: str, texts: int) -> None:
        self._queued += texts
        self._of[caller] += texts
        if not self._of[caller]:
            del self._of[caller]

    def _busy(self) -> Busy:
        error = Busy("The model has more to do than it can.", "Try again in a moment.")
        error.retry_after = max(1, round(self._queued * (self._each or 0.01)))
        return error

    def _work(self) -> None:
        while batch := self._next():
            try:
                self._serve(batch)
            except Exception as error:  # this thread must go on in any case
                for job, _ in batch:
                    job.fail(error)
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
        room, tokens = self._most, self._budget()
        while self._queues and room > 0:
            caller, jobs = self._queues.popitem(last=False)
            job = jobs[0]
            # A share of the room for each, or this would be the batch of whoever came first.
            share = max(1, room // (len(self._queues) + 1))
            part, weight = ([], 0) if job.over else self._part(job, share, tokens, must=not batch)
            if part:
                batch.append((job, part))
                room, tokens = room - len(part), tokens - weight
                self._count(caller, -len(part))
            elif not job.over:  # no room for its next text
                self._queues[caller] = jobs
                self._queues.move_to_end(caller, last=False)
                break
            if job.over or not job.left:
                self._count(caller, -job.left)
                jobs.popleft()
            if jobs:
                self._queues[caller] = jobs  # at the end: the others come first
        return batch

    def _budget(self) -> int:
        """Tokens for a batch."""
        fit = BATCH_SECONDS / self._pace if self._pace else 0
        return round(min(max(fit, FEWEST_TOKENS), MOST_TOKENS))

    def _part(self, job: _Job, most: int, tokens: int, must: bool) -> tuple[list[Any], int]:
        """The next texts of a job, as many as there is room for, and their tokens; at least one where it ``must``."""
        part: list[Any] = []
        whole = 0
        for text in job.texts[job.taken : job.taken + most]:
            weight = self._weight(text)
            if whole + weight > tokens and (part or not must):
                break
            part.append(text)
            whole += weight
        job.taken += len(part)
        return part, whole

    def _weight(self, text: Any) -> int:
        """Tokens of a text; of one that cannot be counted, the model is to say what is wrong with it."""
        try:
            return self._tokens(text)
        except Exception:
            return READ

    def _serve(self, batch: Batch) -> None:
        began, since = time.perf_counter(), time.time_ns()
        texts = [text for _, part in batch for text in part]
        try:
            results = list(self._run(texts))
            if len(results) != len(texts):
                raise RuntimeError(f"the model answered {len(results)} of {len(texts)} texts")
        except BaseException as error:  # a panic in Rust is no Exception
            self._failed(batch, error)
            return
        self._measured(texts, time.perf_counter() - began)
        together = len(results)
        for job, part in batch:
            if job.since:
                job.since = served(job.since, since, len(part), together)
            job.take(results[: len(part)])
            results = results[len(part) :]

    def _failed(self, batch: Batch, error: BaseException) -> None:
        if len(batch) == 1:
            batch[0][0].fail(error if isinstance(error, Exception) else RuntimeError(repr(error)))
            return
        for job, part in batch:  # one caller's text shall not spoil the others'
            if not job.over:
                self._serve([(job, part)])

    def _measured(self, texts: list[Any], seconds: float) -> None:
        self.batches, self.texts = self.batches + 1, self.texts + len(texts)
        if self.batches == 1:  # in which much is done for the first time
            return
        self._each = _lately(self._each, seconds / len(texts))
        self._pace = _lately(self._pace, seconds / sum(map(self._weight, texts)))


def _lately(before: float, now: float) -> float:
    """Quick to fall, slow to rise: what held up one batch says little about the next."""
    return before + (now - before) / (2 if now < before else 8) if before else now


def about_tokens(text: Any, most: int = READ) -> int:
    """About how many tokens a model reads of a text: one for four bytes, which for Chinese is about one a character.

    Args:
        text: anything else than a text counts as a short one.
        most: it reads.
    """
    return (
        min(most, 2 + len(text[: 4 * most].encode("utf-8", "surrogatepass")) // 4)
        if isinstance(text, str)
        else 2
    )


def in_parts(ask: Callable[[Sequence[Any]], "Future[list[Any]]"], texts: Sequence[Any]) -> list[Any]:
    """Results of texts; those of a whole file go a part after the other, so that others find room in the queue.

    Args:
        ask: queues texts.
        texts: as many as there are.

    Raises:
        Busy: too many wait already, for a file's part :data:`PATIENCE` seconds on.
    """
    if len(texts) <= PART:
        return ask(texts).result()
    results: list[Any] = []
    for at in range(0, len(texts), PART):
        still_wanted()
        results += _patiently(ask, texts[at : at + PART]).result()
    return results


def _patiently(
    ask: Callable[[Sequence[Any]], "Future[list[Any]]"], texts: Sequence[Any]
) -> "Future[list[Any]]":
    until = time.monotonic() + PATIENCE
    while True:
        try:
            return ask(texts)
        except Busy as error:
            if time.monotonic() > until:
                raise
            still_wanted()
            time.sleep(min(1.0, error.retry_after))

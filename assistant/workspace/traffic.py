"""Which version of a model answers a request, and what is counted where its traffic is split.

What the database says is remembered until anything in it changes (:mod:`assistant.store.known`): a promotion or a split
takes effect in all running servers at once, with PostgreSQL within a second. No text outlives its request, but in the
short queue, in memory, of those that are read along.
"""

import contextlib
import threading
import time
from asyncio import CancelledError
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from assistant.logs import log
from assistant.store.known import Known, Stamp
from assistant.workspace.models import Registry
from assistant.workspace.references import Reference, read
from assistant.workspace.splits import Figures, Split, Splits
from tools.errors import Busy
from tools.serving.background import Background
from tools.serving.spans import about
from tools.serving.split import Verdict, compared, counted, other_side, verdicts
from tools.workspace import ModelEntry

WAITING = 32  # requests that wait to be read along
WEIGHT = 1_000_000  # characters of them
PAUSE = 1.0  # seconds between two writes of what was counted
CALLERS_FAULT = (400, 413, 429, 499)  # statuses of errors that say nothing about the model
TOO_LATE = 504  # of a request that was given up

Answers = Sequence[Mapping[str, Any]]  # what ``Predictor.predict`` returns
Ask = Callable[[Any], Answers]
Watch = Callable[[ModelEntry, float, int], None]  # who answered, seconds, and the status of an error or 0
Ways = tuple[ModelEntry, ModelEntry | None, Split | None]


class Traffic:
    """Leads the API's requests to versions of models.

    Args:
        registry: the models.
        splits: which other versions are tried.
        load: the loaded model of an entry.
        stamp: the database's.

    Attributes:
        watch: told of each request that a model answered, or could not.
    """

    def __init__(self, registry: Registry, splits: Splits, load: Callable[[ModelEntry], Any], stamp: Stamp):
        self._registry, self._splits, self._load = registry, splits, load
        self.watch: Watch = lambda entry, seconds, status: None
        self._known: Known[Reference, Ways] = Known(stamp, self._look)
        self._figures: Figures = defaultdict(float)
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None
        self._behind = Background(WAITING, WEIGHT, self._told)

    def route(self, name: str, key: str) -> "Route":
        """The version that answers a request.

        Args:
            name: what the caller asks for; a version that is named by number or alias is never another one.
            key: what tells callers apart: the same key is always led to the same version.

        Raises:
            NotFound: there is no such model or version.
        """
        entry, other, split = self._known.get(read(name))
        if split is None or other is None:
            return Route(self, entry)
        sides = (other, entry) if other_side(key, split.name, split.share) else (entry, other)
        return Route(self, *sides, split)

    def knows(self, name: str) -> bool:
        """Whether :meth:`route` answers without asking the database."""
        return self._known.find(read(name)) is not None

    def _look(self, wanted: Reference) -> Ways:
        entry = self._registry.get(str(wanted))
        plain = wanted.which is None and entry.status == "deployed"
        split = self._splits.running(entry.name) if plain else None
        if split is None or split.version != entry.version:
            return entry, None, None
        return entry, self._registry.get(f"{split.name}@{split.other}"), split

    def answered(self, route: "Route", seconds: float, answers: Answers, ask: Ask, weight: int) -> None:
        """Count an answer, and have its request read along where that is wanted."""
        split, beside = route.split, route.beside
        if split is None or beside is None:
            return
        said = verdicts(answers)
        self._count(split, route.entry.version, counted(seconds, said))
        if split.shadow and not self._behind.offer(
            lambda: self._read_along(split, beside, ask, said), weight
        ):
            self._count(split, split.other, {"dropped": 1.0})

    def failed(self, route: "Route") -> None:
        """Count a request that a model could not answer."""
        if route.split:
            self._count(route.split, route.entry.version, {"failed": 1.0})

    def flush(self, seconds: float = 0.0) -> None:
        """Write down what was counted, after waiting so long for what is read along."""
        self._behind.wait(seconds)
        with self._lock:
            figures, self._figures, self._timer = self._figures, defaultdict(float), None
        try:
            if figures:
                self._splits.add(figures)
        except Exception:
            with self._lock:  # the next time
                for key, value in figures.items():
                    self._figures[key] += value
            raise

    def close(self) -> None:
        """Write down what was counted, and read nothing more along."""
        self._behind.close()
        with self._lock:
            if self._timer:
                self._timer.cancel()
        with contextlib.suppress(Exception):  # the database may be gone at the end; so few counts are no loss
            self.flush()

    def _read_along(self, split: Split, entry: ModelEntry, ask: Ask, said: Sequence[Verdict]) -> None:
        began = time.perf_counter()
        try:
            theirs = verdicts(ask(self._load(entry)))
        except Busy:  # those who wait for an answer come first
            self._count(split, split.other, {"dropped": 1.0})
            return
        except Exception:
            self._count(split, entry.version, {"failed": 1.0})
            raise
        self._count(split, entry.version, counted(time.perf_counter() - began, theirs))
        self._count(split, split.other, compared(said, theirs))

    def _count(self, split: Split, version: int, figures: dict[str, float]) -> None:
        with self._lock:
            for figure, value in figures.items():
                self._figures[split.id, version, figure] += value
            if self._timer is None and figures:
                self._timer = threading.Timer(PAUSE, self._write)
                self._timer.daemon = True
                self._timer.start()

    def _write(self) -> None:
        try:
            self.flush()
        except Exception as error:
            self._told(error)

    def _told(self, error: Exception) -> None:
        # Not the error's own words: they may hold what a user wrote.
        log().warning("a split could not be measured", error=type(error).__name__)


@dataclass(frozen=True)
class Route:
    """One request's way: the version that answers, and where the traffic is split the other one."""

    traffic: Traffic
    entry: ModelEntry
    beside: ModelEntry | None = None
    split: Split | None = None

    @contextlib.contextmanager
    def watched(self, ask: Ask, weight: int) -> Iterator[Callable[[Answers], None]]:
        """Time the block, in which the request is answered.

        Args:
            ask: gives another model the same request.
            weight: characters of the request.

        Yields:
            To be told the answers; where it is not, the request is not counted.
        """
        began = time.perf_counter()
        about(assistant__model=self.entry.pinned)
        told: list[Answers] = []
        try:
            yield told.append
        except (Exception, CancelledError) as error:
            status = TOO_LATE if isinstance(error, CancelledError) else getattr(error, "status", 500)
            self.traffic.watch(self.entry, time.perf_counter() - began, status)
            if status not in CALLERS_FAULT:
                self.traffic.failed(self)
            raise
        if told:
            seconds = time.perf_counter() - began
            self.traffic.watch(self.entry, seconds, 0)
            self.traffic.answered(self, seconds, told[0], ask, weight)

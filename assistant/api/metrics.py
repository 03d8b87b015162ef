"""What the server counts, for Prometheus."""

import threading
from collections.abc import Callable, Iterable
from typing import Any
from weakref import WeakKeyDictionary

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Metric, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from tools.serving.batching import Batcher
from tools.workspace import ModelEntry

Named = list[tuple[str, Any]]
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)


class Metrics:
    """The counters of one server process, in a registry of its own so that two servers in a process do not clash.

    Args:
        batchers: gives the loaded models' names with what collects texts for them.
        writers: gives the names of those that write with what counts their tokens.
    """

    def __init__(
        self, batchers: Callable[[], list[tuple[str, Batcher]]] = list, writers: Callable[[], Named] = list
    ) -> None:
        self.registry = CollectorRegistry()
        self.registry.register(_Batches(batchers))
        self.registry.register(_Tokens(writers))
        self.requests = Counter(
            "assistant_http_requests",
            "Requests answered.",
            ["method", "route", "status"],
            registry=self.registry,
        )
        self.seconds = Histogram(
            "assistant_http_request_seconds",
            "Time from a request's arrival to the end of its answer.",
            ["method", "route"],
            buckets=BUCKETS,
            registry=self.registry,
        )
        self.running = Gauge(
            "assistant_http_requests_running", "Requests being answered.", registry=self.registry
        )
        self.prediction_seconds = Histogram(
            "assistant_prediction_seconds",
            "Time a model took for one request, waiting included.",
            ["model", "version"],
            buckets=BUCKETS,
            registry=self.registry,
        )
        self.prediction_errors = Counter(
            "assistant_prediction_errors",
            "Requests that a model did not answer.",
            ["model", "version", "status"],
            registry=self.registry,
        )

    def answered(self, entry: ModelEntry, seconds: float, status: int) -> None:
        """Count a request to a model.

        Args:
            entry: the version that answered, or could not.
            seconds: how long it took.
            status: of the error; 0 for an answer.
        """
        which = entry.name, str(entry.version)
        if status:
            self.prediction_errors.labels(*which, str(status)).inc()
        else:
            self.prediction_seconds.labels(*which).observe(seconds)

    def text(self) -> bytes:
        """Everything counted, in Prometheus' text format."""
        return generate_latest(self.registry)


class _Totals:
    """Sums of counters that come and go with the models that are loaded; a sum never falls.

    Args:
        width: counters that each of them has.
    """

    def __init__(self, width: int):
        self._none = (0,) * width
        self._sums: dict[str, tuple[int, ...]] = {}
        self._seen: WeakKeyDictionary[Any, tuple[int, ...]] = WeakKeyDictionary()
        self._lock = threading.Lock()

    def add(self, name: str, source: Any, counts: tuple[int, ...]) -> None:
        """What a source has counted so far."""
        with self._lock:
            before, known = self._seen.get(source, self._none), self._sums.get(name, self._none)
            self._seen[source] = counts
            triples = zip(known, counts, before, strict=True)
            self._sums[name] = tuple(total + now - then for total, now, then in triples)

    def items(self) -> list[tuple[str, tuple[int, ...]]]:
        """The sums by name."""
        return list(self._sums.items())


class _Batches(Collector):
    """What waits for each loaded model, and how many texts went together; read when it is asked for."""

    def __init__(self, batchers: Callable[[], list[tuple[str, Batcher]]]):
        self._batchers, self._totals = batchers, _Totals(2)

    def collect(self) -> Iterable[Metric]:
        """One figure a model."""
        queued = GaugeMetricFamily("assistant_queued_texts", "Texts that wait for a model.", labels=["model"])
        batches = CounterMetricFamily("assistant_batches", "Batches given to a model.", labels=["model"])
        texts = CounterMetricFamily("assistant_batched_texts", "Texts in these batches.", labels=["model"])
        waiting: dict[str, int] = {}
        for name, each in self._batchers():
            waiting[name] = waiting.get(name, 0) + each.queued
            self._totals.add(name, each, (each.batches, each.texts))
        for name, count in waiting.items():
            queued.add_metric([name], count)
        for name, (given, read) in self._totals.items():
            batches.add_metric([name], given)
            texts.add_metric([name], read)
        return queued, batches, texts


class _Tokens(Collector):
    """What the models that write are doing, and the tokens so far."""

    def __init__(self, writers: Callable[[], Named]):
        self._writers, self._totals = writers, _Totals(2)

    def collect(self) -> Iterable[Metric]:
        """One figure a model, and one a kind of tokens."""
        running = GaugeMetricFamily(
            "assistant_answers_running", "Answers that are written or wait.", labels=["model"]
        )
        tokens = CounterMetricFamily(
            "assistant_tokens", "Tokens read (prompt) and written (completion).", labels=["model", "kind"]
        )
        busy: dict[str, int] = {}
        for name, each in self._writers():
            busy[name] = busy.get(name, 0) + getattr(each, "running", 0)
            self._totals.add(name, each, (each.read, each.written))
        for name, count in busy.items():
            running.add_metric([name], count)
        for name, counts in self._totals.items():
            for kind, count in zip(("prompt", "completion"), counts, strict=True):
                tokens.add_metric([name, kind], count)
        return running, tokens

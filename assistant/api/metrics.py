"""What the server counts, for Prometheus."""

from collections.abc import Callable, Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Metric, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from tools.serving.batching import Batcher

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)


class Metrics:
    """The counters of one server process, in a registry of its own so that two servers in a process do not clash.

    Args:
        batchers: gives the loaded models' names with what collects texts for them.
    """

    def __init__(self, batchers: Callable[[], list[tuple[str, Batcher]]] = list) -> None:
        self.registry = CollectorRegistry()
        self.registry.register(_Batches(batchers))
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
        self.predictions = Counter(
            "assistant_predictions", "Texts given to a model.", ["model"], registry=self.registry
        )
        self.prediction_seconds = Histogram(
            "assistant_prediction_seconds",
            "Time a model took for one request.",
            ["model"],
            buckets=BUCKETS,
            registry=self.registry,
        )

    def text(self) -> bytes:
        """Everything counted, in Prometheus' text format."""
        return generate_latest(self.registry)


class _Batches(Collector):
    """What waits for each loaded model, and how many texts went together; read when it is asked for."""

    def __init__(self, batchers: Callable[[], list[tuple[str, Batcher]]]):
        self._batchers = batchers

    def collect(self) -> Iterable[Metric]:
        """One figure a model."""
        queued = GaugeMetricFamily("assistant_queued_texts", "Texts that wait for a model.", labels=["model"])
        batches = CounterMetricFamily("assistant_batches", "Batches given to a model.", labels=["model"])
        texts = CounterMetricFamily("assistant_batched_texts", "Texts in these batches.", labels=["model"])
        found: dict[str, list[int]] = {}
        for name, each in self._batchers():
            counts = found.setdefault(name, [0, 0, 0])
            for place, count in enumerate((each.queued, each.batches, each.texts)):
                counts[place] += count
        for name, counts in found.items():
            queued.add_metric([name], counts[0])
            batches.add_metric([name], counts[1])
            texts.add_metric([name], counts[2])
        return queued, batches, texts

"""One line of the benchmarks' table, and how a rate is measured."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """A figure beside its peer's; ``ratio`` above 1 means ours is the better one.

    ``lower_is_better`` for times, errors and memory.
    """

    name: str
    ours: float
    peer: float
    peer_name: str
    unit: str = "/s"
    lower_is_better: bool = False

    @property
    def ratio(self) -> float:
        """How many times better ours is."""
        first, second = (self.peer, self.ours) if self.lower_is_better else (self.ours, self.peer)
        return first / second if second else float("inf")

    def shown(self, value: float) -> str:
        """A value with its unit."""
        return f"{value:,.3g} {self.unit}"


def rate(work: Callable[[], int], repeats: int = 3) -> float:
    """Items a second: the median over the repeats, after one run to warm up.

    Args:
        work: does a batch and returns how many items it did.
        repeats: counted runs.
    """
    work()
    rates = []
    for _ in range(repeats):
        began = time.perf_counter()
        items = work()
        rates.append(items / (time.perf_counter() - began))
    return statistics.median(rates)

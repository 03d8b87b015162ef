"""How the benchmarks measure: the same items for both sides, turn by turn, none of them seen before by either."""

import os
import random
import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any

# A share of the usual sizes, for a quick look: BENCH_SIZE=0.1 make bench
SIZE = float(os.environ.get("BENCH_SIZE", "1"))


def sized(usual: int, least: int = 8) -> int:
    """A number of items, scaled by ``BENCH_SIZE``."""
    return max(least, round(usual * SIZE))


def rates(
    ours: Callable[[Any], Any], peer: Callable[[Any], Any], items: Sequence[Any], rounds: int = 5
) -> tuple[float, float]:
    """Items a second of both sides: medians over rounds, in which both do the same items one after the other.

    Each round has items of its own, so that caches help neither side; a first slice of them warms both up. The side
    that goes first alternates.

    Args:
        ours: does a slice of the items.
        peer: does it too.
        items: at least one a round and one for the warming.
        rounds: counted rounds.
    """
    slices = [items[number :: rounds + 1] for number in range(rounds + 1)]
    found: dict[Callable, list[float]] = {ours: [], peer: []}
    for number, part in enumerate(slices):
        for side in (ours, peer) if number % 2 else (peer, ours):
            began = time.perf_counter()
            side(part)
            if number:
                found[side].append(len(part) / (time.perf_counter() - began))
    return statistics.median(found[ours]), statistics.median(found[peer])


def each(work: Callable[[Any], Any]) -> Callable[[Sequence[Any]], None]:
    """Work on one item as work on a slice of them, one by one."""

    def all_of(items: Sequence[Any]) -> None:
        for item in items:
            work(item)

    return all_of


def milliseconds(
    ours: Callable[[Any], Any], peer: Callable[[Any], Any], items: Sequence[Any], warming: int = 5
) -> tuple[float, float]:
    """Median milliseconds of both sides for one item; they take turns item by item."""
    found: dict[Callable, list[float]] = {ours: [], peer: []}
    for number, item in enumerate(items):
        for side in (ours, peer) if number % 2 else (peer, ours):
            began = time.perf_counter()
            side(item)
            if number >= warming:
                found[side].append(1000 * (time.perf_counter() - began))
    return statistics.median(found[ours]), statistics.median(found[peer])


def shuffled(items: Sequence[Any], seed: int = 0) -> list[Any]:
    """The items in a random order that is the same each time."""
    return random.Random(seed).sample(list(items), len(items))

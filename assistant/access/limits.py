"""Rate limits: a token bucket for each key or address, in the memory of this process."""

import contextlib
import ipaddress
import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from assistant.errors import TooMany

REMEMBERED = (
    10_000  # buckets; the longest unused are forgotten, so a flood of addresses cannot fill the memory
)


class Limiter:
    """Lets each caller do so many things a minute, with short bursts.

    Args:
        per_minute: how fast a bucket fills.
        burst: how much it holds; the same number where left out.
        clock: seconds, ever growing.
    """

    def __init__(
        self, per_minute: float, burst: float | None = None, clock: Callable[[], float] = time.monotonic
    ):
        self.per_minute = per_minute
        self._rate, self._burst, self._clock = per_minute / 60, burst or max(1.0, per_minute), clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()  # caller → (tokens, when)
        self._lock = threading.Lock()

    def check(self, caller: str, cost: float = 1.0) -> int:
        """Take from the caller's bucket and return how much is left in it.

        Raises:
            TooMany: it is empty; ``retry_after`` says for how many seconds.
        """
        with self._lock:
            now = self._clock()
            tokens, when = self._buckets.get(caller, (self._burst, now))
            tokens = min(self._burst, tokens + (now - when) * self._rate)
            enough = tokens >= min(cost, self._burst)
            self._buckets[caller] = (tokens - cost if enough else tokens, now)
            self._buckets.move_to_end(caller)
            while len(self._buckets) > REMEMBERED:
                self._buckets.popitem(last=False)
        if not enough:
            raise _too_many((min(cost, self._burst) - tokens) / self._rate)
        return math.floor(max(0.0, tokens - cost))


def network_of(address: str) -> str:
    """What one subscriber has of the net: an IPv4 address, or 64 bits of an IPv6 one, who may use all of it."""
    with contextlib.suppress(ValueError):
        parsed = ipaddress.ip_address(address)
        if isinstance(parsed, ipaddress.IPv6Address):
            return str(parsed.ipv4_mapped or ipaddress.ip_network((int(parsed) >> 64 << 64, 64)))
    return address


def _too_many(seconds: float) -> TooMany:
    wait = max(1, math.ceil(seconds))
    error = TooMany("That was too often.", f"Wait {wait} s and try again.")
    error.retry_after = wait
    return error

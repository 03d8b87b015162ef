"""Refused links, keys and sign-ins by another service, in the audit log; refused passwords are entered one by one."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from assistant.access.audit import acting, record
from assistant.access.limits import REMEMBERED, Limiter, network_of
from assistant.access.principal import Principal
from assistant.errors import TooMany
from assistant.logs import log
from assistant.store.database import Database

PAUSE = 60.0  # seconds between two entries of one network
MOST = 60  # entries a minute of all networks together: the log is never shortened


@dataclass
class _Refused:
    """What was refused to a network since its last entry."""

    address: str
    by: str
    why: str
    entered: float = -PAUSE
    at: float = 0.0
    times: int = 0


class Refusals:
    """Enters at most one refusal a minute and network, with how many there were since the one before.

    So a flood of wrong keys neither fills the log nor stays out of it: what comes after its last entry is entered with
    the next refusal of anybody.

    Args:
        database: where the log is.
        clock: seconds, ever growing.
    """

    def __init__(self, database: Database, clock: Callable[[], float] = time.monotonic):
        self._database, self._clock, self._room = database, clock, Limiter(MOST, clock=clock)
        self._seen: OrderedDict[str, _Refused] = OrderedDict()  # by network, who was refused last at the end
        self._lock = threading.Lock()

    def note(self, address: str, by: str, why: str = "") -> None:
        """Somebody was not let in. It is no error where that cannot be entered: they are refused all the same.

        Args:
            address: where they came from.
            by: what they came with: ``a link``, ``a key``, or the service's name.
            why: what they were told.
        """
        network = network_of(address)
        with self._lock:
            mine = self._seen.pop(network, None) or _Refused(address, by, why)
            mine.address, mine.by, mine.why = address, by, why
            mine.at, mine.times = self._clock(), mine.times + 1
            self._seen[network] = mine
            due = [*self._over(), *self._due(mine)]
            while len(self._seen) > REMEMBERED:
                self._seen.popitem(last=False)
        for each in due:
            self._enter(each)

    def _over(self) -> Iterator[_Refused]:
        """Forget the networks that were refused nothing for a while, and tell what is not entered of them."""
        while self._clock() - (oldest := next(iter(self._seen.values()))).at >= PAUSE:
            if oldest.times and not self._has_room():
                return
            self._seen.popitem(last=False)
            if oldest.times:
                yield oldest

    def _due(self, mine: _Refused) -> Iterator[_Refused]:
        """What is to be entered of a network now."""
        if mine.at - mine.entered >= PAUSE and self._has_room():
            yield replace(mine)
            mine.entered, mine.times = mine.at, 0

    def _has_room(self) -> bool:
        try:
            self._room.check("")
        except TooMany:
            return False
        return True

    def _enter(self, each: _Refused) -> None:
        acting(Principal("", "", ""), each.address)
        told: dict[str, Any] = {"by": each.by, "why": each.why or None, "times": each.times}
        try:
            record(self._database, "sign-in refused", "unknown user", **told)
        except SQLAlchemyError as error:  # locked, full or away
            log().warning("a refusal was not entered", error=type(error).__name__, **told)

"""Refused links, keys and sign-ins by another service, in the audit log; refused passwords are entered one by one."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from assistant.access.audit import acting, record
from assistant.access.limits import REMEMBERED
from assistant.access.principal import Principal
from assistant.store.database import Database

PAUSE = 60.0  # seconds between two entries of one address


class Refusals:
    """Enters at most one refusal a minute and address, with how many there were since the one before.

    So a flood of wrong keys neither fills the log nor stays out of it.

    Args:
        database: where the log is.
        clock: seconds, ever growing.
    """

    def __init__(self, database: Database, clock: Callable[[], float] = time.monotonic):
        self._database, self._clock = database, clock
        self._seen: OrderedDict[str, tuple[float, int]] = OrderedDict()  # address → last entry, refused since
        self._lock = threading.Lock()

    def note(self, address: str, by: str, why: str = "") -> None:
        """Somebody was not let in.

        Args:
            address: where they came from.
            by: what they came with: ``a link``, ``a key``, or the service's name.
            why: what they were told.
        """
        with self._lock:
            last, times = self._seen.pop(address, (-PAUSE, 0))
            due = self._clock() - last >= PAUSE
            self._seen[address] = (self._clock(), 0) if due else (last, times + 1)
            while len(self._seen) > REMEMBERED:
                self._seen.popitem(last=False)
        if due:
            acting(Principal("", "", ""), address)
            record(self._database, "sign-in refused", "unknown user", by=by, why=why or None, times=times + 1)

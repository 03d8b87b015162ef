"""What was found in the texts of the chat lately: a message, a passage or an answer passes the gate often in a turn."""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable

from tools.privacy.entity import Entity

ROOM = 4_096  # texts; the longest unused go first


class Remembering:
    """Looks through a text once. Of the text only a digest is kept, and where in it something stands.

    Args:
        find: what looks.
    """

    def __init__(self, find: Callable[[str], list[Entity]]):
        self._find = find
        self._lock = threading.Lock()
        self._kept: OrderedDict[bytes, tuple[Entity, ...]] = OrderedDict()

    def __call__(self, text: str) -> list[Entity]:
        """What is found in a text."""
        key = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return [*self._kept[key]]
        found = self._find(text)
        with self._lock:
            self._kept[key] = tuple(found)
            while len(self._kept) > ROOM:
                self._kept.popitem(last=False)
        return found

"""What was found in the texts of the chat lately: a message, a passage or an answer passes the gate often in a turn."""

import hashlib
from collections.abc import Callable

from knowledge.lately import Lately
from tools.privacy.entity import Entity

ROOM = 4_096  # texts


class Remembering:
    """Looks through a text once. Of the text only a digest is kept, and where in it something stands.

    Args:
        find: what looks.
    """

    def __init__(self, find: Callable[[str], list[Entity]]):
        self._find = find
        self._kept: Lately[list[Entity]] = Lately(ROOM)

    def __call__(self, text: str) -> list[Entity]:
        """What is found in a text."""
        key = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        found = self._kept.get(key)
        if found is None:
            found = self._find(text)
            self._kept.keep(key, found)
        return [*found]

"""An encoder that remembers the texts it has seen lately."""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from typing import TYPE_CHECKING

from knowledge.embed import Encoder

if TYPE_CHECKING:
    import numpy as np

ROOM = 16_384  # vectors; about 25 MB with 384 dimensions


class Remembering:
    """Encodes texts once: the sentences of a small knowledge base come up again with every question.

    Args:
        encoder: does the work.
        room: how many vectors are kept; the longest unused go first.
    """

    def __init__(self, encoder: Encoder, room: int = ROOM):
        self.encoder, self.room = encoder, room
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, np.ndarray] = OrderedDict()

    def encode(self, texts: Sequence[str]) -> "np.ndarray":
        """As :meth:`knowledge.embed.Encoder.encode`."""
        import numpy as np

        found: dict[str, np.ndarray] = {}
        with self._lock:
            for text in texts:
                if text in self._kept:
                    self._kept.move_to_end(text)
                    found[text] = self._kept[text]
        missing = [text for text in dict.fromkeys(texts) if text not in found]
        if missing:
            found |= dict(zip(missing, self.encoder.encode(missing), strict=True))
            self._keep({text: found[text].copy() for text in missing})
        return np.stack([found[text] for text in texts]) if texts else self.encoder.encode([])

    def _keep(self, vectors: "dict[str, np.ndarray]") -> None:
        with self._lock:
            self._kept.update(vectors)
            while len(self._kept) > self.room:
                self._kept.popitem(last=False)

"""Reads messages with the trained encoder: one pass a message, remembered for the next turn of the conversation."""

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.brain.encoding import Encoded, View, views
from assistant.brain.labels import ACTS, ASKS, TOOLS
from assistant.brain.mentions import Mentions, find_mentions
from assistant.brain.reading import Reading
from assistant.brain.situation import Situation
from assistant.brain.spans import spans

if TYPE_CHECKING:
    from assistant.brain.network import Output

BATCH = 32
REMEMBERED = 2048  # readings kept
Message = Mapping[str, Any]
Wanted = tuple[View, Situation]


class Reader:
    """The trained encoder. Safe to share between threads.

    Args:
        file: the weights; the package's own where left out.
    """

    def __init__(self, file: Path | None = None):
        from assistant.brain import weights

        self._network, self._eyes, facts = weights.load(file or weights.FILE)
        self.temperature = float(facts.get("temperature", 1.0))
        self._seen: OrderedDict[Any, Reading] = OrderedDict()
        self._lock = threading.Lock()

    def read(self, messages: Sequence[Message], situation: Situation) -> list[Reading]:
        """A reading of each user's and assistant's message of a conversation.

        Args:
            messages: ``{"role", "content"}`` in order, of these two roles only.
            situation: whose names are masked, and whose attached files count.
        """
        return self.read_views([(view, situation) for view in views(messages)])

    def read_views(self, wanted: Sequence[Wanted]) -> list[Reading]:
        """A reading of each view in its situation; what was read before is remembered."""
        keys = [_key(*each) for each in wanted]
        with self._lock:
            found = {key: self._seen[key] for key in keys if key in self._seen}
            fresh = {key: each for key, each in zip(keys, wanted, strict=True) if key not in found}
            found |= self._read(fresh) if fresh else {}
            self._remember({key: found[key] for key in keys})
        return [found[key] for key in keys]

    def warm_up(self) -> None:
        """Run the network once: its first pass takes longer."""
        self.read_views([(View("hello"), Situation())])

    def _remember(self, found: dict[Any, Reading]) -> None:
        for key, reading in found.items():
            self._seen[key] = reading
            self._seen.move_to_end(key)
        while len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)

    def _read(self, fresh: Mapping[Any, Wanted]) -> dict[Any, Reading]:
        mentions = {key: find_mentions(view.text, situation) for key, (view, situation) in fresh.items()}
        encoded = {key: self._eyes.encode(view, mentions[key], its) for key, (view, its) in fresh.items()}
        # Messages of about the same length go through the network together, since all become as long as the longest.
        order = sorted(fresh, key=lambda key: len(encoded[key].ids))
        found = {}
        for at in range(0, len(order), BATCH):
            batch = order[at : at + BATCH]
            for key, seen in zip(batch, self._network([encoded[key] for key in batch]), strict=True):
                found[key] = self._reading(encoded[key], mentions[key], seen)
        return found

    def _reading(self, encoded: Encoded, mentions: Mentions, seen: "Output") -> Reading:
        import numpy as np

        from assistant.brain.network import log_softmax

        tools = np.exp(log_softmax(seen.tool / self.temperature)).tolist()
        acts = np.exp(log_softmax(seen.act)).tolist()
        found = spans(encoded, mentions, log_softmax(seen.tags), seen.pointers.argmax(-1).tolist())
        return Reading(_ranked(TOOLS, tools), _ranked(ACTS, acts), ASKS[int(seen.asks.argmax())], found)


@cache
def reader() -> Reader:
    """The reader of this process."""
    return Reader()


def _key(view: View, situation: Situation) -> tuple[View, tuple[str, ...], tuple[str, ...]]:
    """What a reading depends on: the view, the names that are masked, and the attached files."""
    names = (*situation.file_names, *situation.model_names, *situation.job_ids)
    return view, names, tuple(situation.files)


def _ranked(names: Sequence[str], shares: Sequence[float]) -> dict[str, float]:
    return dict(sorted(zip(names, shares, strict=True), key=lambda pair: -pair[1]))

"""Reads messages with the trained encoder: one pass a message, remembered for the next turn of the conversation."""

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from assistant.brain.encoding import View, views
from assistant.brain.labels import ACTS, ASKS, TOOLS
from assistant.brain.mentions import find_mentions
from assistant.brain.reading import Reading
from assistant.brain.situation import Situation
from assistant.brain.spans import spans

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
            # Messages of about the same length go through the network together.
            order = sorted(fresh, key=lambda key: len(key[0].text) + len(key[0].assistant))
            for at in range(0, len(order), BATCH):
                batch = order[at : at + BATCH]
                found |= zip(batch, self._read([fresh[key] for key in batch]), strict=True)
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

    def _read(self, batch: Sequence[Wanted]) -> list[Reading]:
        import torch

        from assistant.brain.network import pad

        mentions = [find_mentions(view.text, situation) for view, situation in batch]
        encoded = [
            self._eyes.encode(view, named, situation)
            for (view, situation), named in zip(batch, mentions, strict=True)
        ]
        with torch.inference_mode():
            out = self._network(
                input_ids=pad([each.ids for each in encoded], 0),
                attention_mask=pad([[1] * len(each.ids) for each in encoded], 0),
                token_type_ids=pad([each.segments for each in encoded], 0),
            )
        tools = (out["tool_logits"].float() / self.temperature).softmax(-1).tolist()
        acts = out["act_logits"].float().softmax(-1).tolist()
        asks = out["asks_logits"].argmax(-1).tolist()
        chances = out["tags_logits"].float().log_softmax(-1).numpy()
        pointers = out["pointers_logits"].argmax(-1)
        return [
            Reading(
                _ranked(TOOLS, tools[at]),
                _ranked(ACTS, acts[at]),
                ASKS[asks[at]],
                spans(encoded[at], mentions[at], chances[at], pointers[at].tolist()),
            )
            for at in range(len(batch))
        ]


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

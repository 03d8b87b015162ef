"""How likely the best sentences answer a question, by the trained network of :mod:`knowledge.verifier`.

``make verifier`` trains it on invented documents (:mod:`knowledge.recipe`); its weights lie in ``trained``. Where they
are missing or damaged, where another encoder than theirs is in use, and for Chinese, which that encoder does not know,
there is no verdict, and whether there is an answer is decided without.
"""

import logging
import threading
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from knowledge.embed import Encoder
from knowledge.remembering import Remembering
from knowledge.words import has_cjk

if TYPE_CHECKING:
    import torch

    from knowledge.confidence import Asked
    from knowledge.units import Unit

FILE = Path(__file__).parent / "trained" / "verifier.safetensors"
READ = 20  # how many of the likeliest sentences are read
TOP = 3  # how many of them an answer is most likely taken from
ROOM = 1_000  # sentences whose token vectors are kept; about 25 MB
_verifiers: dict[tuple[Path, Path], "Verifier | None"] = {}
_making = threading.Lock()


class Verifier:
    """Reads questions and sentences together. Safe to share between threads.

    Args:
        encoder: whose token vectors it was trained on.
        file: its weights.

    Raises:
        OSError, ValueError: they are not there, damaged, or of another encoder.
    """

    def __init__(self, encoder: Encoder, file: Path = FILE):
        from safetensors import SafetensorError, safe_open

        from knowledge.verifier import Network

        try:
            with safe_open(file, "pt") as opened:
                base = (opened.metadata() or {}).get("base")
                # What safe_open gives has names, but cannot be iterated over.
                tensors = {name: opened.get_tensor(name).float() for name in opened.keys()}  # noqa: SIM118
            self._network = Network()
            self._network.load_state_dict(tensors)
        except (SafetensorError, RuntimeError) as error:
            raise ValueError(f"{file.name} is damaged: {error}") from error
        if base != encoder.name:
            raise ValueError(f"{file.name} was trained for the encoder {base}, not for {encoder.name}")
        self._network.eval().requires_grad_(False)
        self._encoder = encoder
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, tuple[torch.Tensor, torch.Tensor]] = OrderedDict()

    def logits(self, question: str, sentences: Sequence[str]) -> list[float]:
        """Of each sentence, above 0 where it is more likely than not an answer.

        Args:
            question: standing alone.
            sentences: each below its headings, ``heading: sentence``; at least one.
        """
        import torch

        from knowledge.verifier import side

        asked, *said = self._tokens([question, *sentences])
        with torch.inference_mode():
            return self._network(side([asked] * len(said)), side(said)).tolist()

    def _tokens(self, texts: list[str]) -> list[tuple["torch.Tensor", "torch.Tensor"]]:
        with self._lock:
            found = {text: self._kept[text] for text in texts if text in self._kept}
        missing = [text for text in dict.fromkeys(texts) if text not in found]
        found |= dict(zip(missing, self._encoder.tokens(missing), strict=True))
        with self._lock:
            for text in texts:
                self._kept[text] = found[text]
                self._kept.move_to_end(text)
            while len(self._kept) > ROOM:
                self._kept.popitem(last=False)
        return [found[text] for text in texts]


def verifier(encoder: Encoder, file: Path = FILE) -> Verifier | None:
    """The verifier that goes with an encoder, one a process; None, which is logged once, where there is none."""
    place = (encoder.folder, file)
    with _making:
        if place not in _verifiers:
            try:
                _verifiers[place] = Verifier(encoder, file)
            except (OSError, ValueError) as error:
                logging.getLogger(__name__).warning("Answers are not verified: %s", error)
                _verifiers[place] = None
        return _verifiers[place]


def verdict(asked: "Asked", units: "Sequence[Unit]", encoder: Remembering) -> dict[str, float]:
    """The verifier's logits in numbers of the question; empty where there is no verdict.

    ``verified_most`` is the highest of all sentences read, ``verified_top`` of the likeliest three, ``verified_held``
    of those that hold the kind of value that is asked for.

    Args:
        asked: the question.
        units: the sentences found, weighed; at least one.
        encoder: of the base.
    """
    reads: Any = None if has_cjk(asked.text) else verifier(encoder.encoder)
    if reads is None:
        return {}
    best = sorted(units, key=lambda unit: -unit.score)[:READ]
    logits = reads.logits(asked.text, [f"{unit.hit.passage.context}: {unit.text}" for unit in best])
    held = [z for z, unit in zip(logits, best, strict=True) if not unit.evidence["kind_lacking"]]
    return {
        "verified_most": max(logits),
        "verified_top": max(logits[:TOP]),
        "verified_held": max(held, default=-6.0),
    }

"""How likely the best sentences answer a question, by the networks of :mod:`knowledge.verifier` and ``joint``.

``make verifier`` trains them on invented documents (:mod:`knowledge.recipe`); their weights lie in ``trained``. Where
they are missing or damaged, where another encoder than theirs is in use, and for Chinese, which that encoder does not
know, there is no verdict, and whether there is an answer is decided without.
"""

import logging
import threading
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from knowledge.embed import Encoder, Tokens
from knowledge.remembering import Remembering
from knowledge.words import has_cjk

if TYPE_CHECKING:
    from knowledge.confidence import Asked
    from knowledge.units import Unit

FILE = Path(__file__).parent / "trained" / "verifier.safetensors"
READ = 20  # how many of the likeliest sentences the quick network reads
READ_CLOSELY = 4  # how many of them the joint one does; with 20 it decides no better
TOP = 3  # how many of them an answer is most likely taken from
ROOM = 1_000  # sentences whose token vectors are kept, 2.3 kB a token: some 60 MB, at most 185
# What a joint logit counts at least: that network is too sure of its noes on short questions and small documents, and
# decides as well without them (area under the curve of held-out sets .875 instead of .877).
LEAST = -2.0
NOTHING = -6.0  # the logit where no sentence holds the kind of value that is asked for
_verifiers: dict[tuple[Path, Path], "Verifier | None"] = {}
_making = threading.Lock()


class Verifier:
    """Reads questions and sentences together. Safe to share between threads.

    Args:
        encoder: whose token vectors it was trained on.
        file: the weights.

    Raises:
        OSError, ValueError: the weights are not there, damaged, or of another encoder.
    """

    def __init__(self, encoder: Encoder, file: Path = FILE):
        from safetensors import SafetensorError, safe_open
        from torch import nn

        from knowledge.joint import Joint
        from knowledge.verifier import Network

        try:
            with safe_open(file, "pt") as opened:
                base = (opened.metadata() or {}).get("base")
                # What safe_open gives has names, but cannot be iterated over.
                tensors = {name: opened.get_tensor(name).float() for name in opened.keys()}  # noqa: SIM118
            self._networks = nn.ModuleDict({"apart": Network(), "joint": Joint()})
            self._networks.load_state_dict(tensors)
        except (SafetensorError, RuntimeError) as error:
            raise ValueError(f"{file.name} is damaged: {error}") from error
        if base != encoder.name:
            raise ValueError(f"{file.name} was trained for the encoder {base}, not for {encoder.name}")
        self._networks.eval().requires_grad_(False)
        self._encoder = encoder
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, Tokens] = OrderedDict()

    def logits(self, question: str, sentences: Sequence[str]) -> list[float]:
        """Of each sentence, above 0 where it is more likely than not an answer, by the quick network.

        Args:
            question: standing alone.
            sentences: each below its headings, ``heading: sentence``; at least one.
        """
        import torch

        from knowledge.verifier import side

        asked, *said = self._tokens([question, *sentences])
        with torch.inference_mode():
            found: list[float] = self._networks["apart"](side([asked] * len(said)), side(said)).tolist()
        return found

    def joint_logits(self, question: str, sentences: Sequence[str]) -> list[float]:
        """The same by the network that reads both as one text: slower, and sees more."""
        import torch

        asked, *said = (each.half.float() for each in self._tokens([question, *sentences]))
        with torch.inference_mode():
            found: list[float] = self._networks["joint"]([asked] * len(said), said).tolist()
        return found

    def _tokens(self, texts: list[str]) -> list[Tokens]:
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

    ``verified_most`` is the quick network's highest of all sentences read, ``verified_top`` of the likeliest three,
    ``verified_held`` of those that hold the kind of value that is asked for; ``joint_…`` are the joint network's.

    Args:
        asked: the question.
        units: the sentences found, weighed; at least one.
        encoder: of the base.
    """
    reads: Any = None if has_cjk(asked.text) else verifier(encoder.encoder)
    if reads is None:
        return {}
    best = sorted(units, key=lambda unit: -unit.score)[:READ]
    texts = [f"{unit.hit.passage.context}: {unit.text}" for unit in best]
    held = [not unit.evidence["kind_lacking"] for unit in best]
    quick = _told("verified", reads.logits(asked.text, texts), held)
    joint = [max(z, LEAST) for z in reads.joint_logits(asked.text, texts[:READ_CLOSELY])]
    return quick | _told("joint", joint, held)


def _told(name: str, logits: list[float], held: list[bool]) -> dict[str, float]:
    return {
        f"{name}_most": max(logits),
        f"{name}_top": max(logits[:TOP]),
        f"{name}_held": max((z for z, holds in zip(logits, held, strict=False) if holds), default=NOTHING),
    }

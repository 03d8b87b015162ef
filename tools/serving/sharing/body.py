"""An encoder in memory for all models that were put on it: their texts go through it together.

Imported only with torch.
"""

import threading
import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy
import torch

from tools.finetune import averaging
from tools.finetune.encoder import FrozenEncoder, autocast, by_length, padded
from tools.serving.batching import Batcher, about_tokens
from tools.serving.engines.kept import INT8, TORCH
from tools.serving.sharing.adapter import Adapter
from tools.serving.sharing.bank import Adapted, Bank
from tools.serving.sharing.origin import Origin

if TYPE_CHECKING:
    from tools.serving.sharing.classifier import SharedClassifier

TOGETHER = 64  # texts that the encoder is given at once
TEXTS = ["Where is my parcel?", "I was charged twice for the same order."]  # of two lengths: one is padded


class Asked:
    """One text for one model, as the batcher takes it."""

    __slots__ = ("model", "text", "what")

    def __init__(self, model: "SharedClassifier", what: str, text: str):
        self.model, self.what, self.text = model, what, text


class Body:
    """See the module. Safe to share between threads.

    Args:
        origin: the encoder.
        name: what people call it.
        device: torch's name of it.
        kept: where OpenVINO's graph is kept.
        engine: what computes, on a CPU: one of ``tools.serving.engines.kept``.

    Attributes:
        batcher: what collects the texts of all callers and models.
        size: bytes of the weights, as they are stored.
    """

    def __init__(self, origin: Origin, name: str, device: str, kept: Path, engine: str = TORCH):
        self.name, self.device = name, device
        late = engine != TORCH and device == "cpu" and not origin.rank
        self._reader = _encoder(origin.folder, device, late)
        self.size = sum(path.stat().st_size for path in origin.folder.glob("*.safetensors"))
        self._lock = threading.Lock()
        self._bank: Bank | None = None
        self._adapted: Adapted | None = None
        self._engine: Any = None  # where it is not torch
        self._held: list[torch.Tensor] = []  # the stacks that the engine reads
        if origin.rank:
            self._adapted = Adapted(self._reader.model).eval()
            self._bank = Bank(self._adapted.layers, origin.rank, device)
        if engine != TORCH and device == "cpu":
            self._mount(kept, engine == INT8)
        # Not bound to self: a body shall go with the last of its models, which the batches hold.
        me = weakref.ref(self)
        self.batcher = Batcher(
            lambda batch: _of(me)._run(batch),
            tokens=lambda asked: about_tokens(asked.text, asked.model.max_length),
        )

    def _mount(self, kept: Path, int8: bool) -> None:
        from tools.finetune.onnx import Vectors
        from tools.serving.engines.openvino import BATCH_TOKENS, OpenVinoModule

        def module() -> torch.nn.Module:
            return self._adapted or Vectors(self._reader.model).eval()

        example = self._reader.encode(TEXTS)
        if self._bank:
            example |= {"places": torch.tensor([0, 1]), **_named(self._bank)}
        self._engine = OpenVinoModule(module, example, kept, int8)
        self._reader.batch_tokens = BATCH_TOKENS

    def _compute(self, **inputs: torch.Tensor) -> torch.Tensor:
        """What torch makes of a batch with adapters."""
        assert self._adapted is not None and self._bank is not None
        with torch.inference_mode(), autocast(self._reader.device):
            return self._adapted(*inputs.values(), *self._bank.tensors)

    @property
    def adapted(self) -> bool:
        """Whether its models bring adapters."""
        return self._bank is not None

    def adapt(self, model: "SharedClassifier", adapter: Adapter) -> int:
        """Take a model's adapter in, for as long as the model lives; returns its bytes.

        Raises:
            ValueError: it fits another encoder.
        """
        assert self._bank is not None
        with self._lock:
            self._bank.add(model, adapter)
            return self._bank.nbytes

    def tidy(self) -> None:
        """Free the memory of adapters whose models are gone."""
        if self._bank:
            with self._lock:
                self._bank.tidy()

    def _run(self, asked: Sequence[Asked]) -> list[Any]:
        with self._lock:
            vectors = self._vectors(asked)
        rows: dict[SharedClassifier, list[int]] = {}
        for row, each in enumerate(asked):
            rows.setdefault(each.model, []).append(row)
        answers: list[Any] = [None] * len(asked)
        for model, mine in rows.items():
            for row, found in zip(mine, model.classified(vectors[mine]), strict=True):
                answers[row] = model.answer(asked[row].what, found)
        return answers

    def _vectors(self, asked: Sequence[Asked]) -> numpy.ndarray:
        """Unit vectors, float32 [n, width]; what several models are asked of one text is computed once."""
        if self._bank:
            self._bank.tidy()
            if self._engine and self._held is not self._bank.tensors:  # they have moved
                self._held = self._bank.tensors
                self._engine.hold(**_named(self._bank))
        places = {each.model: self._bank.place(each.model) if self._bank else 0 for each in asked}
        keys = [(each.text, each.model.max_length, places[each.model]) for each in asked]
        different = {key: number for number, key in enumerate(dict.fromkeys(keys))}
        ids = self._ids([(text, length) for text, length, _ in different])
        out = numpy.zeros((len(ids), self._reader.config.hidden_size), dtype=numpy.float32)
        compute = self._engine or (self._compute if self._bank else self._reader.compute)
        mine = torch.tensor([place for _, _, place in different], device=self._reader.device)
        for batch in by_length([len(row) for row in ids], TOGETHER, self._reader.batch_tokens):
            inputs = padded([ids[i] for i in batch], self._reader.tokenizer.pad_token_id, self._reader.device)
            if self._bank:
                inputs["places"] = mine[batch]
            out[batch] = compute(**inputs).cpu().numpy()
        return out[[different[key] for key in keys]]

    def _ids(self, texts: Sequence[tuple[str, int]]) -> list[list[int]]:
        """Tokens of texts, each cut at its length."""
        ids: list[list[int]] = [[]] * len(texts)
        for length in {length for _, length in texts}:
            rows = [row for row, (_, most) in enumerate(texts) if most == length]
            found = self._reader.tokenizer(
                [texts[row][0] for row in rows], truncation=True, max_length=length
            )
            for row, mine in zip(rows, found["input_ids"], strict=True):
                ids[row] = list(mine)
        return ids


def _encoder(folder: Path, device: str, late: bool) -> FrozenEncoder:
    """The encoder in a folder, without what a classifier has more; ``late`` as there."""
    from transformers.utils import logging

    told = logging.get_verbosity()
    logging.set_verbosity_error()  # it reports what is left out
    try:
        return FrozenEncoder(folder, device, averaging.plain_config(folder), late)
    finally:
        logging.set_verbosity(told)


def _named(bank: Bank) -> dict[str, torch.Tensor]:
    return {f"stack{number}": stack for number, stack in enumerate(bank.tensors)}


def _of(body: "weakref.ref[Body]") -> Body:
    found = body()
    assert found is not None, "a batch holds its models, and these their body"
    return found

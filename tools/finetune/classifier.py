"""A text classifier in memory: plain sequence-classification folders and `head` folders behind the same face."""

from collections.abc import Callable
from contextlib import nullcontext
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy
import torch

from knowledge.loading import loaded
from tools.finetune import head
from tools.finetune.encoder import BATCH_TOKENS, autocast, by_length, late_weights, load_tokenizer, padded


class Logits(torch.nn.Module):
    """A transformers model that returns its logits alone, as captum wants it."""

    def __init__(self, model: Any):
        super().__init__()
        self.model = model

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor, **_: Any) -> torch.Tensor:
        """Logits, float [n, classes]."""
        return self.model(input_ids=input_ids, attention_mask=attention_mask).logits.float()


class TextClassifier:
    """See ``tools.finetune.task.Classifier``.

    Args:
        folder: the model's.
        labels: of the logits.
        max_length: tokens that are read.
        device: torch's name of it.
        threshold: from which probability a label is given, where a text may have several.
        late: load the module when it is first asked for, which may be never where an engine computes.

    Attributes:
        compute: inputs by name to logits; the module itself, until an engine is put in its place.
        batch_tokens: what a batch of its own costs it; see :func:`tools.finetune.encoder.by_length`.
    """

    task = "text-classification"

    def __init__(
        self,
        folder: Path,
        labels: list[str],
        max_length: int,
        device: str,
        threshold: float | None = None,
        late: bool = False,
    ):
        self._folder, self._late, self.threshold = folder, late, threshold
        self.labels, self.max_length, self.device = labels, max_length, device
        self.tokenizer = load_tokenizer(folder)
        if not late:
            _ = self.module
        self.compute: Callable[..., torch.Tensor] = self._compute
        self.batch_tokens = BATCH_TOKENS

    @cached_property
    def module(self) -> torch.nn.Module:
        """``module(input_ids, attention_mask) -> logits``."""
        with late_weights(self._folder) if self._late else nullcontext():
            return _module(self._folder, self.device)

    @property
    def embedding_layer(self) -> torch.nn.Module:
        """The word embeddings inside the module."""
        inner: Any = self.module.encoder if isinstance(self.module, head.HeadModel) else self.module.model
        layer: torch.nn.Module = inner.get_input_embeddings()
        return layer

    def encode(self, texts: list[str]) -> dict[str, torch.Tensor]:
        """Token ids and mask on the model's device."""
        return padded(self._ids(texts), self.tokenizer.pad_token_id, self.device, exact=True)

    def _ids(self, texts: list[str]) -> list[list[int]]:
        found = self.tokenizer(list(texts), truncation=True, max_length=self.max_length)["input_ids"]
        return [list(row) for row in found]

    def baseline(self, inputs: dict[str, torch.Tensor]) -> torch.Tensor:
        """The same shape with every ordinary token replaced by padding."""
        ids = inputs["input_ids"]
        special = torch.tensor(sorted(self.tokenizer.all_special_ids), device=ids.device)
        return torch.where(torch.isin(ids, special), ids, torch.full_like(ids, self.tokenizer.pad_token_id))

    def _compute(self, **inputs: torch.Tensor) -> torch.Tensor:
        with torch.inference_mode(), autocast(self.device):
            return self.module(**inputs)

    def predict_proba(self, texts: list[str]) -> numpy.ndarray:
        """Probabilities, float32 [n, classes], each for itself where a text may have several labels.

        Texts are batched by length.
        """
        out = numpy.zeros((len(texts), len(self.labels)), dtype=numpy.float32)
        ids = self._ids(texts)
        for batch in by_length([len(row) for row in ids], 64, self.batch_tokens):
            logits = self.compute(**padded([ids[i] for i in batch], self.tokenizer.pad_token_id, self.device))
            shares = logits.float().softmax(-1) if self.threshold is None else logits.float().sigmoid()
            out[batch] = shares.cpu().numpy()
        return out

    def predict(self, texts: list[str]) -> list[dict[str, Any]]:
        """Label, its probability, and all probabilities, the likeliest first.

        Where a text may have several labels, ``labels`` are those that are given; there may be none.
        """
        return [scored(self.labels, row, self.threshold) for row in self.predict_proba(texts)]


def scored(labels: list[str], row: numpy.ndarray, threshold: float | None = None) -> dict[str, Any]:
    """One row of probabilities as the contract prints it; with a threshold also the ``labels`` that reach it."""
    scores = {labels[i]: round(float(row[i]), 6) for i in numpy.argsort(-row, kind="stable")}
    best = next(iter(scores))
    found: dict[str, Any] = {"label": best, "score": scores[best], "scores": scores}
    if threshold is not None:
        found["labels"] = [name for name, share in scores.items() if share >= threshold]
    return found


def _module(folder: Path, device: str) -> torch.nn.Module:
    if (folder / head.FILE).exists():
        return head.load(folder, device)
    from transformers import AutoModelForSequenceClassification

    model = loaded(AutoModelForSequenceClassification, folder, use_safetensors=True)
    return Logits(model.to(device, torch.float32)).eval()

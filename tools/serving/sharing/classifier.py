"""A text classifier on an encoder that it shares. Imported only with torch."""

from collections.abc import Sequence
from concurrent.futures import Future
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy
import torch
from safetensors import safe_open
from safetensors.numpy import load_file

from tools.finetune import averaging, head
from tools.finetune.classifier import TextClassifier, scored
from tools.finetune.encoder import load_tokenizer
from tools.finetune.head import probabilities
from tools.serving.sharing.adapter import Adapter, read_adapter
from tools.serving.sharing.body import Asked, Body

LAYER = "classifier."


class SharedClassifier:
    """A text classifier on a shared encoder: see ``tools.finetune.task.Classifier``.

    What explanations need beyond answers is loaded from the model's folder when it is first asked for.

    Args:
        folder: the model's.
        info: its ``assistant.json``.
        body: the encoder.
        layer: weight [classes, width] and bias [classes].
        averaged: the layer reads what BERT's pooler makes of the vectors (``tools.finetune.averaging``).

    Attributes:
        batches: how many batches had texts for it.
        texts: how many texts these were.
    """

    task = "text-classification"

    def __init__(
        self,
        folder: Path,
        info: dict[str, Any],
        body: Body,
        layer: tuple[numpy.ndarray, numpy.ndarray],
        averaged: bool,
    ):
        self._folder, self.body, self._layer, self._averaged = folder, body, layer, averaged
        self.labels, self.max_length = list(info["labels"]), int(info["max_length"])
        self.threshold: float | None = info.get("threshold")
        self.device = body.device
        self._own = sum(part.nbytes for part in layer)
        self._waiting: dict[Future[Any], int] = {}
        self.batches = self.texts = 0

    def adapt(self, adapter: Adapter) -> None:
        """Put an adapter on the encoder, for this model's texts alone."""
        self._own += self.body.adapt(self, adapter)

    @property
    def size(self) -> int:
        """Bytes of memory that are this model's own."""
        whole = self.__dict__.get("whole")
        return self._own + (sum(each.nbytes for each in whole.module.parameters()) if whole else 0)

    @property
    def busy(self) -> bool:
        """Whether somebody waits for an answer."""
        return bool(self._waiting)

    @property
    def queued(self) -> int:
        """Texts that wait for it, and those it is reading."""
        return sum(list(self._waiting.values()))

    def ask(self, what: str, texts: Sequence[str], caller: str = "") -> "Future[list[Any]]":
        """See ``tools.serving.predictor.Predictor.ask``."""
        future = self.body.batcher.submit([Asked(self, what, text) for text in texts], caller)
        self._waiting[future] = len(texts)
        future.add_done_callback(lambda done: self._waiting.pop(done, None))
        return future

    def predict(self, texts: Sequence[str]) -> list[dict[str, Any]]:
        """See ``tools.finetune.classifier.TextClassifier.predict``."""
        return self.ask("predict", texts).result()

    def predict_proba(self, texts: Sequence[str]) -> numpy.ndarray:
        """Probabilities, float32 [n, classes]."""
        return numpy.stack(self.ask("predict_proba", texts).result())

    def classified(self, vectors: numpy.ndarray) -> numpy.ndarray:
        """What this model makes of its texts' vectors in a batch, float32 [n, classes]."""
        self.batches, self.texts = self.batches + 1, self.texts + len(vectors)
        if self._averaged:
            vectors = averaging.pooled(vectors)
        return probabilities(*self._layer, vectors, self.threshold is not None)

    def answer(self, what: str, row: numpy.ndarray) -> Any:
        """A row of probabilities as it was asked for."""
        return row if what == "predict_proba" else scored(self.labels, row, self.threshold)

    @cached_property
    def whole(self) -> TextClassifier:
        """The model for itself, with all its weights."""
        return TextClassifier(self._folder, self.labels, self.max_length, self.device, self.threshold)

    @cached_property
    def tokenizer(self) -> Any:
        """One that is shared with nobody."""
        return load_tokenizer(self._folder)

    @property
    def module(self) -> torch.nn.Module:
        """See ``tools.finetune.task.Classifier``."""
        return self.whole.module

    @property
    def embedding_layer(self) -> torch.nn.Module:
        """See ``tools.finetune.task.Classifier``."""
        return self.whole.embedding_layer

    def encode(self, texts: list[str]) -> dict[str, torch.Tensor]:
        """See ``tools.finetune.task.Classifier``."""
        return self.whole.encode(texts)

    def baseline(self, inputs: dict[str, torch.Tensor]) -> torch.Tensor:
        """See ``tools.finetune.task.Classifier``."""
        return self.whole.baseline(inputs)


def read_classifier(folder: Path, info: dict[str, Any], body: Body) -> SharedClassifier:
    """The model of a folder on its encoder (see :func:`tools.serving.sharing.origin.origin`)."""
    if (folder / head.FILE).exists():
        found = load_file(folder / head.FILE)
        return SharedClassifier(folder, info, body, (found["weight"], found["bias"]), averaged=False)
    layer: dict[str, numpy.ndarray] = {}
    for file in folder.glob("model*.safetensors"):
        with safe_open(file, "numpy") as opened:
            layer |= {name: opened.get_tensor(name) for name in opened.keys() if name.startswith(LAYER)}  # noqa: SIM118
    weight, bias = (layer[LAYER + part].astype(numpy.float32) for part in ("weight", "bias"))
    model = SharedClassifier(folder, info, body, (weight, bias), averaged=True)
    if body.adapted and (adapter := read_adapter(folder)):
        model.adapt(adapter)
    return model

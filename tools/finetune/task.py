"""What a fine-tuning task is: one module in ``tools/finetune/tasks`` with an object ``TASK``, found by walking.

A task goes through: ``check`` the table → ``train`` (prepare, build, fit, save into ``run.staging``, evaluate what was
saved) → ``load`` the folder → predict and explain with what ``load`` returned.
"""

import importlib
import pkgutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from tools.errors import NotFound, did_you_mean
from tools.finetune.progress import Reporter
from tools.finetune.spec import FinetuneSpec

if TYPE_CHECKING:
    import numpy
    import pandas
    import torch


@dataclass(frozen=True)
class Facts:
    """What ``check`` found in a table.

    Attributes:
        rows: rows that can be used.
        labels: label → rows, most frequent first; empty where the task has none.
        tokens: mean length of a row in tokens, roughly.
        warnings: sentences for people.
        several: whether a row may have several labels.
    """

    rows: int
    labels: dict[str, int] = field(default_factory=dict)
    tokens: float = 20.0
    warnings: list[str] = field(default_factory=list)
    several: bool = False


@dataclass(frozen=True)
class Run:
    """One training run, as a task sees it.

    Attributes:
        spec: what the user wants.
        plan: what was decided (``tools.finetune.plan.make_plan``).
        base: folder or hub id of the base model.
        workdir: survives a killed process; checkpoints and half-results live here.
        staging: the model folder to fill; it is renamed to its final place afterwards.
        report: tell it about progress.
    """

    spec: FinetuneSpec
    plan: dict[str, Any]
    base: Path | str
    workdir: Path
    staging: Path
    report: Reporter


@dataclass(frozen=True)
class Outcome:
    """What a run brought. ``evaluation`` is stored as ``evaluation.json`` and drawn into the report.

    Attributes:
        metrics: the held-out metrics, by name.
        baseline: the same metrics of untrained ways, ``{"majority": {…}, "frozen encoder": {…}}``.
        trainable_parameters: how many numbers were trained.
        info: what ``assistant.json`` shall hold besides the usual (``labels``, ``max_length``, …).
        evaluation: ``per_class``, ``confusion``, ``mistakes``, ``curve`` where the task has them.
        warnings: sentences for people.
    """

    metrics: dict[str, float]
    baseline: dict[str, dict[str, float]]
    trainable_parameters: int
    info: dict[str, Any] = field(default_factory=dict)
    evaluation: dict[str, Any] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)


class Loaded(Protocol):
    """A trained model in memory. All loaded models have this much; it is in evaluation mode and reads no settings.

    Not thread-safe by promise: the caller (``tools.serving``) guards it with a lock.
    """

    task: str
    device: str

    def predict(self, texts: list[str]) -> list[dict[str, Any]]:
        """One entry a text, as ``assistant predict`` prints it.

        text-classification, image-classification (``texts`` are paths): ``{"label", "score", "scores"}``, and
        ``labels`` where a text may have several;
        token-classification: also ``"entities": [{"entity", "start", "end", "score", "text"}]``;
        text-generation: also ``"text"``; embedding: also ``"embedding"``; masked-lm: the filled mask.
        """
        ...


@runtime_checkable
class Classifier(Loaded, Protocol):
    """What text-classification returns: the same for plain sequence-classification models and for `head` models.

    Layer integrated gradients: ``LayerIntegratedGradients(c.module, c.embedding_layer)`` with ``c.encode([text])``,
    baseline ``c.baseline(inputs)``, target ``c.labels.index(label)``.

    Attributes:
        labels: label of each column of the logits.
        tokenizer: the fast tokenizer (gives character offsets).
        max_length: tokens the model reads; longer texts are cut.
        module: ``module(input_ids, attention_mask) -> logits [n, classes]``, a plain differentiable torch module.
        embedding_layer: the word-embedding layer inside ``module``.
    """

    labels: list[str]
    tokenizer: Any
    max_length: int
    module: "torch.nn.Module"
    embedding_layer: "torch.nn.Module"

    def encode(self, texts: list[str]) -> dict[str, "torch.Tensor"]:
        """``input_ids`` and ``attention_mask``, int64 [n, length], padded and cut, on the model's device."""
        ...

    def baseline(self, inputs: dict[str, "torch.Tensor"]) -> "torch.Tensor":
        """``input_ids`` of an empty text of the same shape: special tokens kept, all others the padding token."""
        ...

    def predict_proba(self, texts: list[str]) -> "numpy.ndarray":
        """Probabilities, float32 [n, classes], rows sum to 1."""
        ...


class Embedder(Loaded, Protocol):
    """What embedding returns."""

    def embed(self, texts: list[str]) -> "numpy.ndarray":
        """Unit vectors, float32 [n, dimensions]."""
        ...


class Generator(Loaded, Protocol):
    """What text-generation returns."""

    def generate(
        self,
        messages: list[dict[str, str]],
        max_tokens: int = 256,
        temperature: float = 0.0,
        stop: list[str] | None = None,
        seed: int | None = None,
        top_p: float | None = None,
    ) -> Any:
        """An iterator over pieces of text as they are made (temperature 0 is greedy)."""
        ...


class Task(Protocol):
    """One kind of fine-tuning. ``find_task`` returns it.

    Attributes:
        name: as the contract spells it.
        default_base: the base model where the user names none.
        methods: the methods it knows, the one ``auto`` prefers first.
        needs_label: whether a label column must exist.
    """

    name: str
    default_base: str
    methods: tuple[str, ...]
    needs_label: bool

    def beside(self, columns: Sequence[str], text_column: str, label_column: str | None) -> tuple[str, ...]:
        """Further columns of a file that the task makes use of, for example a third one of triplets."""
        ...

    def check(self, table: "pandas.DataFrame", text_column: str, label_column: str | None) -> Facts:
        """Look at the whole table before anything is trained.

        Raises:
            BadData: it cannot be trained on; says why and what to do.
        """
        ...

    def rows(
        self, table: "pandas.DataFrame", text_column: str, label_column: str | None, facts: Facts
    ) -> list[tuple[str, tuple[str, ...]]]:
        """Each row that can be used: the text by which it is told from others, and its labels, if it has any.

        Args:
            table: of the data or of a test file.
            text_column: one of its columns.
            label_column: another.
            facts: what ``check`` found in the data.
        """
        ...

    def train(self, run: Run) -> Outcome:
        """Train, write the model folder into ``run.staging``, and measure what was written on the held-out rows.

        Raises:
            Cancelled: the progress callback raised it.
            WorkFailed: the training failed.
        """
        ...

    def load(self, folder: Path, device: str | None = None) -> Loaded:
        """Load a folder that ``train`` wrote.

        Args:
            folder: the model folder, with its ``assistant.json``.
            device: ``cpu`` or ``cuda``; the best there is where left out.
        """
        ...


@cache
def _tasks() -> dict[str, Task]:
    package = importlib.import_module("tools.finetune.tasks")
    modules = (
        importlib.import_module(f"{package.__name__}.{m.name}")
        for m in pkgutil.iter_modules(package.__path__)
    )
    found = [module.TASK for module in modules if hasattr(module, "TASK")]
    return {task.name: task for task in sorted(found, key=lambda task: task.name)}


def task_names() -> list[str]:
    """The names of all tasks."""
    return list(_tasks())


def find_task(name: str) -> Task:
    """The task of that name.

    Raises:
        NotFound: there is none; the hint names the closest.
    """
    if name not in _tasks():
        raise NotFound(f"There is no task {name}.", did_you_mean(name, _tasks()), param="task")
    return _tasks()[name]

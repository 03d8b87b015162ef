"""What the user wants trained: the whole of it, as plain values that survive a trip through the database."""

from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from tools.errors import BadArgument, did_you_mean

METHODS = ("auto", "full", "lora", "dora", "adalora", "qlora", "head", "few-shot")


@dataclass(frozen=True)
class FinetuneSpec:
    """One wish for a fine-tuned model. Empty or ``None`` means: choose for me.

    Attributes:
        data: the training file.
        name: what the new model will be called.
        base: the base model as the user named it.
        base_path: the folder (or hub id) behind ``base``, where the caller has already resolved it.
        task: one of ``tools.finetune.task.task_names()``.
        method: one of :data:`METHODS`.
        text_column: the column that holds the text (prompt, tokens, image, first of a pair).
        label_column: the column that holds the label (reply, tags, second of a pair).
        test_data: a file to measure the result on; without one a tenth of the data is held out.
        unlabeled: a file with more texts in the text column, without labels (text classification).
        epochs: how often the data is passed.
        learning_rate: the optimizer's step size.
        batch_size: rows a step.
        seed: the same seed gives the same split and the same training.
        search: minutes in which learning rates and epochs are tried.
        minutes: that the training may take: fewer passes are made, and ``auto`` takes a quicker method.
        one_label: each cell of the label column is one label, whatever signs it holds (text classification).
        cache: the folder for converted base models.
    """

    data: Path
    name: str
    base: str = ""
    base_path: Path | str | None = None
    task: str = ""
    method: str = "auto"
    text_column: str | None = None
    label_column: str | None = None
    test_data: Path | None = None
    unlabeled: Path | None = None
    epochs: float | None = None
    learning_rate: float | None = None
    batch_size: int | None = None
    seed: int = 42
    search: float | None = None
    minutes: float | None = None
    one_label: bool = False
    cache: Path | None = None

    def as_dict(self) -> dict[str, Any]:
        """JSON-able: paths become text."""
        return {key: str(value) if isinstance(value, Path) else value for key, value in asdict(self).items()}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "FinetuneSpec":
        """The inverse of :meth:`as_dict`; a ``base_path`` that is no folder stays a hub id.

        Raises:
            BadArgument: a key that is no field.
        """
        known = {field.name for field in fields(cls)}
        for key in values:
            if key not in known:
                raise BadArgument(f"Fine-tuning has no option {key}.", did_you_mean(key, known), param=key)
        paths = {
            key: Path(values[key]) for key in ("data", "test_data", "unlabeled", "cache") if values.get(key)
        }
        base = values.get("base_path")
        if isinstance(base, str) and Path(base).is_dir():
            paths["base_path"] = Path(base)
        return cls(**{**values, **paths})

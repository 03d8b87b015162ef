"""Rows of a file for models that give no labels: read as the training would read them."""

import random
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from tools.data.columns import check_column, guess_columns
from tools.data.read import sample_rows
from tools.errors import BadArgument, did_you_mean
from tools.finetune.examples import read
from tools.finetune.task import find_task

if TYPE_CHECKING:
    import pandas

    from tools.serving.predictor import Predictor

Row = TypeVar("Row")


def known(predictor: "Predictor", info: dict[str, Any]) -> dict[str, Any]:
    """What stands beside the weights, and what the registry knows."""
    return {**info, **predictor.info}


def table_of(
    predictor: "Predictor", info: dict[str, Any], data: Path
) -> tuple["pandas.DataFrame", tuple[str, str | None]]:
    """The columns of a file that the model's task reads, and the names of the two that count.

    Those of the training are taken where the file has them, or else guessed.

    Args:
        predictor: the model.
        info: what the registry knows of it.
        data: the file.

    Raises:
        BadData: it is empty or no table.
        BadArgument: it has no such column, and none can be guessed.
    """
    task, facts = find_task(predictor.task), known(predictor, info)
    sample = sample_rows(data)
    names = list(sample[0])
    own = [facts.get("text_column"), facts.get("label_column")]
    text, label = (_found(name, names) for name in own)
    if text is None or (label is None and own[1]):
        guess = guess_columns(sample, task.name, text, label)
        text, label = guess.text_column, guess.label_column
    if text is None or (label is None and task.needs_label):
        wanted = own[0 if text is None else 1] or ("text" if text is None else "label")
        raise BadArgument(
            f"There is no column {wanted} in {data.name}.", did_you_mean(wanted, names), param="dataset"
        )
    return read(data, (text, label), task.beside(names, text, label)), (text, label)


def learned(predictor: "Predictor", data: Path) -> list[str]:
    """A warning where the file is the one that the model was made from."""
    from tools.finetune.run import sha256_of

    known = predictor.info.get("data_sha256")
    if not known or sha256_of(data) != known:
        return []
    return [
        f"{predictor.name} was trained on {data.name}: most of its rows are learned already, and the figures flatter."
    ]


def _found(name: str | None, names: Sequence[str]) -> str | None:
    """A column as the file writes it; None where it has none of that name."""
    try:
        return check_column(name, names) if name else None
    except BadArgument:
        return None


def named(columns: tuple[str, str | None]) -> dict[str, str]:
    """The two columns, as results tell them."""
    found = zip(("text_column", "label_column"), columns, strict=True)
    return {key: name for key, name in found if name}


def drawn(rows: Sequence[Row], most: int, seed: int) -> tuple[list[Row], list[str]]:
    """At most so many rows, in their order, and a sentence where others are left out.

    Args:
        rows: all of them.
        most: how many are measured at most.
        seed: of the draw.
    """
    if len(rows) <= most:
        return list(rows), []
    chosen = sorted(random.Random(seed).sample(range(len(rows)), most))
    return [rows[at] for at in chosen], [f"Measured on {most:,} rows, drawn from {len(rows):,}."]

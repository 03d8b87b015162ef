"""The sample tickets, parted into a training and a test file, and one model trained on them for several benchmarks."""

import csv
import importlib
import tempfile
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from tests.benchmarks.measure import shuffled, sized

FILE = Path(__file__).parents[2] / "assistant" / "samples" / "tickets.csv"
TESTED = 0.3  # a larger share than a user would hold out: accuracies of 35 rows say little
EPOCHS = 8  # the plan's own 20 would take the peer alone several minutes
Rows = list[tuple[str, str]]


@dataclass(frozen=True)
class Trained:
    """A model that ``full`` made of the training rows, with its defaults but for the number of epochs.

    ``seconds`` from the file to the folder with model, metrics and report, of which ``training`` were steps and
    validation; ``accuracy`` on the test rows.
    """

    folder: Path
    seconds: float
    training: float
    accuracy: float
    epochs: float


@cache
def rows() -> Rows:
    """Text and category of the different tickets, shuffled."""
    with FILE.open(encoding="utf-8", newline="") as file:
        found = {
            row["text"]: row["category"] for row in csv.DictReader(file) if row["text"] and row["category"]
        }
    return shuffled(list(found.items()))


def texts() -> list[str]:
    """The tickets' texts."""
    return [text for text, _ in rows()]


@cache
def parts() -> tuple[Rows, Rows]:
    """Training and test rows, stratified."""
    from tools.data.split import split

    labels = [label for _, label in rows()]
    cut = split(texts(), labels, seed=0, fractions=(1 - TESTED, 0.0, TESTED))
    return [rows()[i] for i in cut.train], [rows()[i] for i in cut.test]


@cache
def _temporary() -> tempfile.TemporaryDirectory:
    return tempfile.TemporaryDirectory(prefix="bench-")  # kept, and removed when Python ends


def folder() -> Path:
    """A temporary folder for what several benchmarks share."""
    return Path(_temporary().name)


def _write(name: str, chosen: Rows) -> Path:
    path = folder() / name
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("text", "category"), *chosen])
    return path


@cache
def trained() -> Trained:
    """Train once; ``BENCH_SIZE`` below 1 shortens the training to fewer epochs."""
    return full("tickets", *parts(), min(EPOCHS, sized(EPOCHS, 1)))


def full(name: str, training: Rows, tests: Rows, epochs: int) -> Trained:
    """A model that ``full`` makes of rows with its defaults but for the number of epochs."""
    from tools.finetune.run import train
    from tools.finetune.spec import FinetuneSpec
    from tools.models.card import read_info

    importlib.import_module(
        "tools.finetune.classification"
    )  # both sides find torch and transformers imported
    data, test = _write(f"{name}-train.csv", training), _write(f"{name}-test.csv", tests)
    spec = FinetuneSpec(data=data, test_data=test, name=name, method="full", epochs=epochs)
    output = folder() / name
    steps: list[float] = []

    def told(progress: Any) -> None:
        if progress.message in ("Training", "Validating"):
            steps.append(time.perf_counter())

    began = time.perf_counter()
    result = train(spec, output, folder() / f"{name}-work", told)
    seconds = time.perf_counter() - began
    took = steps[-1] - steps[0]
    return Trained(output, seconds, took, result["metrics"]["accuracy"], read_info(output)["epochs"])

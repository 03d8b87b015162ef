"""The order of the training: one network first, then copies of it side by side, whose weights are averaged.

The average of networks that went on from one point with different examples is right more often on the messages of
strangers than any of them, at no cost when it is used (Wortsman et al. 2022, "Model soups"; Li et al. 2022,
"Branch-Train-Merge"). What they learn first they learn once. Side by side, each on its share of the cores, two take
less time than one after the other: layers of this size do not keep two cores busy.
"""

import multiprocessing
import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from assistant.brain.recipe.conversations import Example, conversations

SEED = 42
APART = 100  # between the seeds of the networks' conversations
KIN = 1_500  # further conversations of the generator, for the score on its own kind
RATE = 1e-3
BATCH = 32
TRUNK = "trunk.pt"


@dataclass(frozen=True)
class Part:
    """One stretch of training.

    Attributes:
        number: 0 is what all learn first; from 1 on, what a branch learns by itself.
        count: its conversations, each seen once.
        threads: of the processor.
    """

    number: int
    count: int
    threads: int

    def examples(self) -> list[Example]:
        """What is learned from."""
        return list(conversations(SEED + APART * self.number, self.count))


def kin() -> list[Example]:
    """The generator's own kind, none of which is learned from."""
    return list(conversations(SEED + 1, KIN))


def plan(first: int, each: int, branches: int) -> list[Part]:
    """The parts of a training.

    Args:
        first: conversations for all, at first.
        each: further ones for each branch.
        branches: how many.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    share = max(1, cores // branches)
    return [Part(0, first, cores), *(Part(number, each, share) for number in range(1, branches + 1))]


def train_all(parts: Sequence[Part], out: Path) -> None:
    """Train the first part, then the others side by side from there, and save the average of their weights.

    Args:
        parts: of :func:`plan`.
        out: where to.
    """
    from assistant.brain.recipe import weights

    workdir = Path(tempfile.mkdtemp(prefix="brain-"))
    side_by_side = multiprocessing.get_context("spawn")
    try:
        train_part(workdir, parts[0])
        with ProcessPoolExecutor(len(parts) - 1, side_by_side) as processes:
            files = list(processes.map(partial(train_part, workdir), parts[1:]))
        weights.average(files, out)
    finally:
        shutil.rmtree(workdir, ignore_errors=True)


def train_part(workdir: Path, part: Part) -> Path:
    """Train one part, from where the first one ended; where its weights are.

    Args:
        workdir: of the whole training.
        part: which.
    """
    import torch

    from assistant.brain.recipe import train, weights
    from assistant.brain.recipe.features import feature
    from tools.finetune.progress import Reporter

    torch.set_num_threads(part.threads)
    torch.manual_seed(SEED)
    meanings = train.glosses()
    network, eyes = train.build(list(meanings), list(meanings.values()))
    rows = [feature(each, eyes) for each in part.examples()]
    train.adapt(network, len(rows) // BATCH)
    if part.number:
        network.load_state_dict(torch.load(workdir / TRUNK, weights_only=True))
    folder = workdir / f"{part.number}"
    run = train.make_run(folder, Reporter(partial(_progress, part.number), interval=15), RATE, BATCH, SEED)
    train.train(network, rows, run, steady=not part.number)
    if not part.number:
        torch.save(network.state_dict(), workdir / TRUNK)
    weights.save(network, "".join(meanings), {"seed": SEED}, folder / "brain.safetensors")
    return folder / "brain.safetensors"


def _progress(number: int, progress: Any) -> None:
    left = f", {progress.eta_seconds / 60:.0f} min left" if progress.eta_seconds else ""
    who = f"Branch {number}" if number else "Trunk"
    tell(f"{who}: {progress.message}: step {progress.step} of {progress.steps}, loss {progress.loss}{left}")


def tell(text: str) -> None:
    """Say how far it is, on standard error."""
    print(text, file=sys.stderr, flush=True)

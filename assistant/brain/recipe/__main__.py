"""``make brain``: make conversations, train the encoder on them, save what was trained, score it, write its card.

Two networks learn from different conversations, and their weights are averaged: the average is right more often on
strangers' messages than either (Wortsman et al. 2022, "Model soups"), at no cost when it is used.
"""

import argparse
import json
import math
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from assistant.brain.recipe.card import write_card
from assistant.brain.recipe.conversations import Example, census, conversations

SEED = 42
COUNT = 35_000  # conversations that one network learns from
RUNS = 2  # networks
APART = 100  # between the seeds of their conversations
KIN = 1_500  # further conversations of the generator, to stop in time and for the score on its own kind
EPOCHS = 2.0
RATE = 1e-3
BATCH = 32


def main() -> None:
    """Rebuild the weights, the scores and the card beside them."""
    parser = argparse.ArgumentParser(prog="python -m assistant.brain.recipe", description=__doc__)
    parser.add_argument("--count", type=int, default=COUNT, help="conversations that one network learns from")
    parser.add_argument("--runs", type=int, default=RUNS, help="networks that are trained and averaged")
    parser.add_argument(
        "--held", type=Path, nargs="*", default=[], help="held-out cases as JSON lines, for the scores"
    )
    parser.add_argument(
        "--out", type=Path, help="where the weights go; their place in the package where left out"
    )
    given = parser.parse_args()
    began = time.monotonic()
    kin = list(conversations(SEED + 1, KIN))
    examples = [list(conversations(SEED + APART * run, given.count)) for run in range(given.runs)]
    out = _train_all(examples, kin, given.out or weights_file())
    seconds = time.monotonic() - began
    _tell(f"Trained in {seconds:.0f} s; scoring")
    from assistant.brain.recipe.scores import score_cases, score_kin

    scores: dict[str, Any] = {"the generator's own kind": score_kin(kin, out)}
    scores |= {
        f"{path.parent.name}: {path.stem}".replace("_", " "): score_cases(path, out) for path in given.held
    }
    record = {
        "seed": SEED,
        "conversations": given.count,
        "epochs": EPOCHS,
        "learning_rate": RATE,
        "seconds": round(seconds),
        "networks": given.runs,
        "census": census([each for part in examples for each in part]),
        "scores": scores,
    }
    (out.parent / "scores.json").write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", "utf-8")
    write_card(out.parent / "CARD.md", record, out)
    print(json.dumps(scores, indent=1, ensure_ascii=False))


def weights_file() -> Path:
    """Where the package keeps its weights."""
    from assistant.brain import weights

    return weights.FILE


def _train_all(parts: list[list[Example]], kin: list[Example], out: Path) -> Path:
    """Train a network on each part, and save the average of their weights; where it is."""
    from assistant.brain.recipe import weights

    workdir = Path(tempfile.mkdtemp(prefix="brain-"))
    try:
        files = [_train(part, kin, workdir / f"{run}") for run, part in enumerate(parts)]
        weights.average(files, out)
    finally:
        shutil.rmtree(workdir, ignore_errors=True)
    return out


def _train(examples: list[Example], kin: list[Example], workdir: Path) -> Path:
    """Train one network; where its weights are. All begin alike, or their average would make no sense."""
    import torch

    from assistant.brain.recipe import train, weights
    from assistant.brain.recipe.features import feature
    from tools.finetune.progress import Reporter

    torch.manual_seed(SEED)
    meanings = train.glosses()
    network, eyes = train.build(list(meanings), list(meanings.values()))
    rows, held = [[feature(each, eyes) for each in part] for part in (examples, kin)]
    train.adapt(network, math.ceil(len(rows) / BATCH * EPOCHS))
    run = train.make_run(workdir, Reporter(_progress, interval=15), EPOCHS, RATE, BATCH, SEED)
    train.train(network, rows, held, run)
    weights.save(network, "".join(meanings), {"seed": SEED}, workdir / "brain.safetensors")
    return workdir / "brain.safetensors"


def _progress(progress: Any) -> None:
    left = f", {progress.eta_seconds / 60:.0f} min left" if progress.eta_seconds else ""
    _tell(f"{progress.message}: step {progress.step} of {progress.steps}, loss {progress.loss}{left}")


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()

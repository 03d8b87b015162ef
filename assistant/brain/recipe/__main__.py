"""``make brain``: make conversations, train the encoder on them, save what was trained, score it, write its card."""

import argparse
import json
import time
from pathlib import Path
from typing import Any

from assistant.brain.recipe import branches
from assistant.brain.recipe.card import write_card
from assistant.brain.recipe.conversations import census

FIRST = 28_800  # conversations that the network learns from before it is copied
EACH = 38_400  # further ones for each copy
BRANCHES = 2  # copies


def main() -> None:
    """Rebuild the weights, the scores and the card beside them."""
    parser = argparse.ArgumentParser(prog="python -m assistant.brain.recipe", description=__doc__)
    parser.add_argument("--first", type=int, default=FIRST, help="conversations before the network is copied")
    parser.add_argument("--each", type=int, default=EACH, help="further conversations for each copy")
    parser.add_argument("--branches", type=int, default=BRANCHES, help="copies that are trained and averaged")
    parser.add_argument(
        "--held", type=Path, nargs="*", default=[], help="held-out cases as JSON lines, for the scores"
    )
    parser.add_argument(
        "--out", type=Path, help="where the weights go; their place in the package where left out"
    )
    given = parser.parse_args()
    out = given.out or weights_file()
    began = time.monotonic()
    parts = branches.plan(given.first, given.each, given.branches)
    branches.train_all(parts, out)
    seconds = time.monotonic() - began
    branches.tell(f"Trained in {seconds:.0f} s; scoring")
    record = {
        "seed": branches.SEED,
        "first": given.first,
        "each": given.each,
        "networks": given.branches,
        "learning_rate": branches.RATE,
        "seconds": round(seconds),
        "census": census([each for part in parts for each in part.examples()]),
        "scores": _scores(given.held, out),
    }
    (out.parent / "scores.json").write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", "utf-8")
    write_card(out.parent / "CARD.md", record, out)
    print(json.dumps(record["scores"], indent=1, ensure_ascii=False))


def weights_file() -> Path:
    """Where the package keeps its weights."""
    from assistant.brain import weights

    return weights.FILE


def _scores(held: list[Path], out: Path) -> dict[str, Any]:
    from assistant.brain.recipe.scores import score_cases, score_kin

    named = {f"{path.parent.name}: {path.stem}".replace("_", " "): path for path in held}
    own = {"the generator's own kind": score_kin(branches.kin(), out)}
    return own | {name: score_cases(path, out) for name, path in named.items()}


if __name__ == "__main__":
    main()

"""``make verifier``: invent sections of documents with questions, and train the networks that read both together.

Afterwards ``python -m tests.benchmarks.knowledge_quality --fit`` fits the models that use its verdicts.
"""

import argparse
import sys
import time
from pathlib import Path

from knowledge.recipe.pairs import sections

SEED = 2
ROUNDS = 2  # companies that tell each topic
TIMES = 3  # how often an epoch can draw each question of the companies with whole documents
EPOCHS = 3
# What the quick network learns from; with the others it refuses short questions that it answers now.
FORTY = {
    "accounting", "adtech", "bikeshare", "brewery", "campsite", "cleaning", "climbing", "cowork", "dental",
    "driving", "elevator", "eyewear", "ferry", "fintech", "freight", "furniture", "gamestudio", "hospice",
    "hostingco", "insurtech", "labgear", "legaltech", "mealbox", "museum", "nursery", "orchard", "packaging",
    "podcast", "printer3d", "radio", "robots", "school", "security", "skirental", "solarcoop", "tailor",
    "telecare", "tutoring", "waterlab", "wedding",
}  # fmt: skip


def main() -> None:
    """Rebuild the weights of both networks."""
    parser = argparse.ArgumentParser(prog="python -m knowledge.recipe", description=__doc__)
    parser.add_argument("--encoder", type=Path, required=True, help="the folder of all-MiniLM-L6-v2")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="companies that tell each topic")
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument(
        "--bf16", action="store_true", help="for processors with bfloat16 instructions: twice as fast"
    )
    parser.add_argument(
        "--out", type=Path, help="where the weights go; their place in the package where left out"
    )
    given = parser.parse_args()
    from knowledge.embed import Encoder
    from knowledge.recipe.companies import company_sections
    from knowledge.recipe.joint import train_joint
    from knowledge.recipe.train import save_both, tokens, train
    from knowledge.verify import FILE

    began, encoder = time.monotonic(), Encoder(given.encoder)
    companies = list(company_sections(encoder))
    forty = list(company_sections(encoder, names=FORTY))
    invented = [*sections(SEED, given.rounds), *TIMES * forty]
    known = tokens([*invented, *companies], encoder)
    _tell(f"{len(invented)} sections, {len(known)} texts read in {time.monotonic() - began:.0f} s")
    network = train(invented, known, given.epochs, 0, _progress)
    joint = train_joint(companies, known, encoder, given.epochs, 0, given.bf16, _progress)
    save_both(network, joint, encoder, given.out or FILE)
    _tell(f"Trained in {time.monotonic() - began:.0f} s")


def _progress(step: int, steps: int, loss: float) -> None:
    _tell(f"step {step} of {steps}, loss {loss:.3f}")


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()

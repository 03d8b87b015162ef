"""How well it is told whether a passage bears a sentence out: ``python -m tests.benchmarks.support_quality``.

Prints, for each half of the pairs, how many supported (+), absent (-) and contradicting (!) sentences are judged right.
"""

from pathlib import Path

from knowledge.embed import encoder
from knowledge.remembering import Remembering
from knowledge.support import SURE, SURE_ZH, Support
from knowledge.words import has_cjk
from tools.models.embedded import minilm_folder

PAIRS = Path(__file__).parents[1] / "knowledge" / "data" / "support_pairs.txt"
HALVES = ("chosen on", "held out")
Pair = tuple[str, str, str, str]


def pairs(half: int) -> list[Pair]:
    """Sign, sentence, heading and text of each pair of a half: sections in turn go to the one and the other."""
    found = []
    for place, section in enumerate(PAIRS.read_text().split("\n# ")[1:]):
        heading, *lines = section.strip().splitlines()
        text = "\n".join(line for line in lines if line[:2] not in ("+ ", "- ", "! "))
        said = [(line[0], line[2:]) for line in lines if line[:2] in ("+ ", "- ", "! ")]
        found += [(sign, sentence, heading, text) for sign, sentence in said if place % 2 == half]
    return found


def right(support: Support, pair: Pair) -> bool:
    """Whether the check says of a pair what its sign says."""
    sign, sentence, heading, text = pair
    score, _ = support.score(sentence, heading, text)
    return (score >= (SURE_ZH if has_cjk(sentence) else SURE)) == (sign == "+")


def main() -> None:
    """Print the figures of both halves."""
    support = Support(Remembering(encoder(minilm_folder())))
    for half, name in enumerate(HALVES):
        cases = pairs(half)
        hits = [(pair[0], right(support, pair)) for pair in cases]
        signs = {sign: [hit for each, hit in hits if each == sign] for sign in "+-!"}
        counts = ", ".join(f"{sign} {sum(some)}/{len(some)}" for sign, some in signs.items())
        print(f"{name}: {sum(hit for _, hit in hits) / len(cases):.3f} ({counts})")


if __name__ == "__main__":
    main()

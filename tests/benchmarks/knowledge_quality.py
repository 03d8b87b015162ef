"""Retrieval and answers on questions as strangers put them: source in the top 5, answered right, unknown recognised.

Run ``python -m tests.benchmarks.knowledge_quality [--fit]``; ``--fit`` prints the weights of the abstention model,
fitted on the development questions (the sample help centre), to be copied to ``knowledge/answer.py``.
"""

import argparse
import json
import re
import tempfile
from pathlib import Path

from knowledge.answer import PASSAGES, choose, compose
from knowledge.base import KnowledgeBase
from knowledge.embed import Encoder
from tests.knowledge.corpus import write_corpus
from tools.models.embedded import minilm_folder

DATA = Path(__file__).parents[1] / "knowledge" / "data"
SAMPLES = Path(__file__).parents[2] / "assistant" / "samples" / "help-centre"


def questions(name: str) -> list[dict]:
    """The questions of one set."""
    return [json.loads(line) for line in (DATA / name).read_text(encoding="utf-8").splitlines()]


def right(case: dict, result: dict) -> bool:
    """True where the answer holds the facts, is short enough and cites the right source."""
    answer = result["answer"].lower()
    said = all(any(way.lower() in answer for way in each.split("|")) for each in case["says"])
    cited = any(re.search(case["source"], each["source"]) for each in result["citations"])
    return said and cited and len(result["answer"]) <= 700


def measure(base: KnowledgeBase, cases: list[dict], show: bool = True) -> dict[str, float]:
    """The three figures of one set, each as a share; misses are printed."""
    known = [case for case in cases if case["source"]]
    unknown = [case for case in cases if not case["source"]]
    top = sum(_in_top(base, case) for case in known)
    good = 0
    for case in known:
        result = base.ask(case["question"])
        good += right(case, result)
        if show and not right(case, result):
            print("  wrong:", case["question"], "->", result["answer"][:160].replace("\n", " / "))
    refused = [not base.ask(case["question"])["answered"] for case in unknown]
    for case, no in zip(unknown, refused, strict=True):
        if show and not no:
            print("  claimed:", case["question"], "->", base.ask(case["question"])["answer"][:120])
    return {
        "chosen right, never abstaining": sum(right(case, _bold(base, case)) for case in known) / len(known),
        "source in top 5": top / len(known),
        "answered right": good / len(known),
        "unknown recognised": sum(refused) / len(unknown),
    }


def _in_top(base: KnowledgeBase, case: dict) -> bool:
    results = base.search(case["question"], k=5)["results"]
    return any(re.search(case["source"], each["source"]) for each in results)


def _bold(base: KnowledgeBase, case: dict) -> dict:
    """What the answer would be without abstention."""
    units = base.answerer.weigh(case["question"], base.searcher.search(case["question"], PASSAGES))
    return compose(choose(units))


def fit(base: KnowledgeBase, cases: list[dict]) -> None:
    """Print the abstention model's weights, fitted on these questions."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import cross_val_predict

    rows, labels = [], []
    for case in cases:
        hits = base.searcher.search(case["question"], 8)
        units = base.answerer.weigh(case["question"], hits)
        features = base.answerer.features(case["question"], hits, units)
        rows.append(features)
        labels.append(bool(case["source"]))
    matrix = [list(row.values()) for row in rows]
    model = LogisticRegression(C=3.0, class_weight="balanced", max_iter=5000)
    guessed = cross_val_predict(model, matrix, labels, cv=10)
    hit = sum(a == b for a, b in zip(guessed, labels, strict=True)) / len(labels)
    model.fit(matrix, labels)
    print(f"BIAS = {model.intercept_[0]:.2f}  cross-validated accuracy {hit:.3f}")
    print("WEIGHTS =", {name: round(float(w), 2) for name, w in zip(rows[0], model.coef_[0], strict=True)})


def main() -> None:
    """Measure both sets."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--fit", action="store_true")
    arguments = parser.parse_args()
    encoder = Encoder(minilm_folder())
    with tempfile.TemporaryDirectory() as folder:
        base = KnowledgeBase(Path(folder) / "samples", encoder)
        base.add([SAMPLES])
        if arguments.fit:
            fit(base, questions("help_centre.jsonl"))
        print("help centre (development):", measure(base, questions("help_centre.jsonl")))
        mixed = KnowledgeBase(Path(folder) / "mixed", encoder)
        print(mixed.add([write_corpus(Path(folder) / "corpus")]))
        print("mixed documents (unseen):", measure(mixed, questions("mixed.jsonl")))


if __name__ == "__main__":
    main()

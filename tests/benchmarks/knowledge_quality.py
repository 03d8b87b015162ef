"""Retrieval and answers on questions as strangers put them: source in the top 5, answered right, unknown recognised.

Run ``python -m tests.benchmarks.knowledge_quality [--fit] [--show]``. ``--fit`` prints the weights of the abstention
model for ``knowledge/confidence.py``, fitted on the two development sets, and its cross-validated figures; without it
the three sets are measured with the weights as they are. The mixed set is for measuring only: nothing is fitted on it.
"""

import argparse
import json
import re
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from knowledge.answer import SURE, choose, compose
from knowledge.base import KnowledgeBase
from knowledge.confidence import WEIGHTS, confidence, features
from knowledge.embed import encoder
from tests.knowledge.corpus import write_corpus
from tools.models.embedded import minilm_folder

DATA = Path(__file__).parent / "data"
SAMPLES = Path(__file__).parents[2] / "assistant" / "samples" / "help-centre"


def questions(name: str) -> list[dict[str, Any]]:
    """The questions of one set; ``source`` is null where the documents hold no answer."""
    return [json.loads(line) for line in (DATA / name).read_text(encoding="utf-8").splitlines()]


def right(case: dict[str, Any], result: dict[str, Any]) -> bool:
    """True where the answer holds the facts, is short enough and cites the right source."""
    answer = result["answer"].lower()
    said = all(any(way.lower() in answer for way in each.split("|")) for each in case["says"])
    cited = any(re.search(case["source"], each["source"]) for each in result["citations"])
    return said and cited and len(result["answer"]) <= 700


def judged(base: KnowledgeBase, cases: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each question with its evidence, whether the bold answer is right, and whether its source is in the top 5."""
    rows = []
    for case in cases:
        asked, hits, units = base.answerer.read(case["question"])
        bold = compose(choose(units))
        sources = [each["source"] for each in base.search(case["question"], k=5)["results"]]
        rows.append(
            {
                "case": case,
                "known": bool(case["source"]),
                "features": features(asked, hits, units, base.searcher.encoder),
                "answer": bold["answer"],
                "right": bool(case["source"]) and right(case, bold),
                "found": bool(case["source"]) and any(re.search(case["source"], each) for each in sources),
            }
        )
    return rows


def figures(rows: list[dict[str, Any]], sure: Iterable[float]) -> dict[str, float]:
    """The shares of one set, given how sure the abstention model is of each question."""
    pairs = list(zip(rows, sure, strict=True))
    known = [(row, value) for row, value in pairs if row["known"]]
    unknown = [value for row, value in pairs if not row["known"]]
    shares = {
        "source in top 5": sum(row["found"] for row, _ in known) / len(known),
        "chosen right, never abstaining": sum(row["right"] for row, _ in known) / len(known),
        "answered right": sum(row["right"] and value >= SURE for row, value in known) / len(known),
        "known refused": sum(value < SURE for _, value in known) / len(known),
        "unknown recognised": sum(value < SURE for value in unknown) / len(unknown),
    }
    return {name: round(float(share), 3) for name, share in shares.items()}


def fit(sets: dict[str, list[dict[str, Any]]]) -> None:
    """Print the abstention model's weights, and its figures on questions it was not fitted on."""
    import numpy as np
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    rows = [row for each in sets.values() for row in each]
    matrix = np.array([[row["features"][name] for name in WEIGHTS] for row in rows])
    labels = np.array([row["known"] for row in rows])
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, class_weight="balanced"))
    folds = StratifiedKFold(10, shuffle=True, random_state=1)
    sure = cross_val_predict(model, matrix, labels, cv=folds, method="predict_proba")[:, 1]
    at = 0
    for name, part in sets.items():
        print(f"{name}, cross-validated:", figures(part, sure[at : at + len(part)]))
        at += len(part)
    scaler, logistic = (step for _, step in model.fit(matrix, labels).steps)
    weights = logistic.coef_[0] / scaler.scale_
    print(f"BIAS = {logistic.intercept_[0] - weights @ scaler.mean_:.2f}")
    print("WEIGHTS =", {name: round(float(weight), 2) for name, weight in zip(WEIGHTS, weights, strict=True)})


def main() -> None:
    """Fit, or measure all sets."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--fit", action="store_true")
    parser.add_argument("--show", action="store_true", help="print what was wrong on the development sets")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sets = {
            "help centre": _read(folder / "help", SAMPLES, "help_centre.jsonl"),
            "print shop": _read(folder / "print", DATA / "print-shop", "print_shop.jsonl"),
        }
        if arguments.fit:
            fit(sets)
            return
        sets["mixed"] = _read(folder / "mixed", write_corpus(folder / "corpus"), "mixed.jsonl")
    for name, rows in sets.items():
        sure = [confidence(row["features"]) for row in rows]
        print(f"{name}{' (not fitted on)' if name == 'mixed' else ''}:", figures(rows, sure))
        for row, value in zip(rows, sure, strict=True) if arguments.show and name != "mixed" else ():
            if row["known"] != (value >= SURE) or row["known"] > row["right"]:
                print(
                    f"  {value:.2f}", row["case"]["question"], "->", row["answer"][:120].replace("\n", " / ")
                )


def _read(folder: Path, documents: Path, name: str) -> list[dict[str, Any]]:
    base = KnowledgeBase(folder, encoder(minilm_folder()))
    base.add([documents])
    return judged(base, questions(name))


if __name__ == "__main__":
    main()

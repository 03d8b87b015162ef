"""Retrieval and answers on questions as strangers put them: source in the top 5, answered right, unknown recognised.

Run ``python -m tests.benchmarks.knowledge_quality [--fit] [--show]``. The documents and questions are those of invented
companies (:mod:`tests.benchmarks.companies`) and three older sets. ``--fit`` fits the models of
``knowledge/confidence.py`` on the development sets, prints their figures on each set when fitted on the others alone,
and writes ``knowledge/fitted.py``; without it all sets are measured with the weights as they are. Nothing is fitted on
a set that is held out, and ``--show`` prints no question of it.
"""

import argparse
import json
import re
import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from knowledge import fitted
from knowledge.ablation import ablation
from knowledge.answer import LONGEST, SURE, choose, compose
from knowledge.base import KnowledgeBase
from knowledge.confidence import confidence, features, summary
from knowledge.embed import encoder
from knowledge.verify import verdict
from tests.benchmarks import companies
from tests.knowledge.corpus import write_corpus
from tools.models.embedded import minilm_folder

DATA = Path(__file__).parent / "data"
SAMPLES = Path(__file__).parents[2] / "assistant" / "samples" / "help-centre"
OLDER = {"help centre": "help_centre.jsonl", "print shop": "print_shop.jsonl", "mixed": "mixed.jsonl"}


def questions(name: str) -> list[dict[str, Any]]:
    """The questions of one set; ``source`` is null where the documents hold no answer."""
    return [json.loads(line) for line in (DATA / name).read_text(encoding="utf-8").splitlines()]


def right(case: dict[str, Any], result: dict[str, Any]) -> bool:
    """True where the answer holds the facts, is short enough and cites the right source."""
    answer = result["answer"].lower()
    said = all(any(way.lower() in answer for way in each.split("|")) for each in case["says"])
    cited = any(re.search(case["source"], each["source"]) for each in result["citations"])
    return said and cited and len(result["answer"]) <= LONGEST


def judged(base: KnowledgeBase, cases: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each question with its evidence, whether the bold answer is right, and whether its source is in the top 5."""
    rows = []
    for case in cases:
        asked, hits, units = base.answerer.read(case["question"])
        bold = compose(choose(units))
        known = bool(case["source"])
        rows.append(
            {
                "case": case,
                "known": known,
                "evidence": [unit.evidence for unit in units],
                "answers": [known and _answers(case, unit.hit.passage.source, unit.text) for unit in units],
                "ablation": ablation(asked, units, base.searcher.encoder),
                "verdict": verdict(asked, units, base.searcher.encoder),
                "features": features(asked, hits, units, base.searcher.encoder),
                "answer": bold["answer"],
                "right": known and right(case, bold),
                "found": known and _found(case, base.search(case["question"], 5)["results"]),
            }
        )
    return rows


def _found(case: dict[str, Any], results: list[dict[str, Any]]) -> bool:
    return any(re.search(case["source"], each["source"]) for each in results)


def _answers(case: dict[str, Any], source: str, text: str) -> bool:
    said = any(way.lower() in text.lower() for each in case["says"] for way in each.split("|"))
    return bool(said and re.search(case["source"], source))


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
    """Fit the models on all sets but one, print the figures of that one, in turn; then on all, and write them."""
    for name, part in sets.items():
        others = [row for other, rows in sets.items() if other != name for row in rows]
        models = _models(others)
        print(f"{name}, not fitted on:", figures(part, [models(row) for row in part]))
    rows = [row for part in sets.values() for row in part]
    sentence = _sentences(rows)
    question, verified = (
        _logistic(*_questions(rows, sentence, with_verdict), 0.1) for with_verdict in (False, True)
    )
    text = (
        f"SENTENCE = {_rounded(sentence)}\nQUESTION = {_rounded(question)}\nVERIFIED = {_rounded(verified)}\n"
    )
    place = Path(fitted.__file__)
    head = place.read_text(encoding="utf-8").partition("\n\n")[0]
    place.write_text(f"{head}\n\n{text}", encoding="utf-8")


def _models(rows: Sequence[dict[str, Any]]) -> Callable[[dict[str, Any]], float]:
    sentence = _sentences(rows)
    question, verified = (
        _logistic(*_questions(rows, sentence, with_verdict), 0.1) for with_verdict in (False, True)
    )
    return lambda row: _apply(
        verified if row["verdict"] else question, _summed(row, sentence) | row["verdict"]
    )


def _sentences(rows: Sequence[dict[str, Any]]) -> dict[str, float]:
    """The model of single sentences: those that answer against all others, each question counting the same."""
    found: list[dict[str, float]] = []
    labels: list[bool] = []
    weights: list[float] = []
    for row in rows:
        if row["known"] and not any(row["answers"]):
            continue
        for each, answers in zip(row["evidence"], row["answers"], strict=True):
            found.append(each)
            labels.append(answers)
            weights.append(1 / sum(row["answers"]) if answers else 3 / len(row["answers"]))
    return _logistic(found, labels, weights, 0.3)


def _questions(
    rows: Sequence[dict[str, Any]], sentence: dict[str, float], verified: bool
) -> tuple[list[dict[str, float]], list[bool], list[float]]:
    """What the model of questions learns from; with the verifier's verdict, only those that have one."""
    kept = [row for row in rows if not row["known"] or any(row["answers"])]
    kept = [row for row in kept if row["verdict"]] if verified else kept
    labels = [row["known"] for row in kept]
    share = sum(labels) / len(labels)
    weights = [1 / share if label else 1 / (1 - share) for label in labels]
    return [_summed(row, sentence) | (row["verdict"] if verified else {}) for row in kept], labels, weights


def _summed(row: dict[str, Any], sentence: dict[str, float]) -> dict[str, float]:
    scores = [_apply(sentence, each) for each in row["evidence"]]
    return summary(row["evidence"], scores) | row["ablation"]


def _apply(weights: dict[str, float], values: dict[str, float]) -> float:
    import math

    total = weights["bias"] + sum(weight * values[name] for name, weight in weights.items() if name != "bias")
    return 1 / (1 + math.exp(-max(min(total, 30.0), -30.0)))


def _logistic(
    found: Sequence[dict[str, float]], labels: Sequence[bool], weights: Sequence[float], strength: float
) -> dict[str, float]:
    """A logistic model over named values, fitted on standardised ones."""
    import numpy as np
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    names = list(found[0])
    matrix = np.array([[each[name] for name in names] for each in found])
    scaler = StandardScaler().fit(matrix)
    model = LogisticRegression(C=strength, max_iter=1000)
    model.fit(scaler.transform(matrix), np.array(labels), sample_weight=np.array(weights))
    slopes = model.coef_[0] / scaler.scale_
    bias = float(model.intercept_[0] - slopes @ scaler.mean_)
    return {"bias": bias} | {name: float(slope) for name, slope in zip(names, slopes, strict=True)}


def _rounded(weights: dict[str, float]) -> str:
    lines = "".join(f'    "{name}": {weight:.4g},\n' for name, weight in weights.items())
    return f"{{\n{lines}}}"


def main() -> None:
    """Fit, or measure all sets."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--fit", action="store_true")
    parser.add_argument("--show", action="store_true", help="print what was wrong on the development sets")
    arguments = parser.parse_args()
    held_out = () if arguments.fit else companies.HELD_OUT
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sets = {
            company: _read(
                folder / company, companies.write(company, folder / "documents" / company), company
            )
            for company in (*companies.DEVELOPED_ON, *held_out)
        }
        places = {
            "help centre": SAMPLES,
            "print shop": DATA / "print-shop",
            "mixed": write_corpus(folder / "corpus"),
        }
        for older, documents in places.items():
            sets[older] = _read(folder / OLDER[older], documents, older)
    if arguments.fit:
        fit(sets)
        return
    for name, rows in sets.items():
        sure = [confidence(row["features"]) for row in rows]
        secret = name in companies.HELD_OUT
        print(f"{name}{' (held out)' if secret else ''}:", figures(rows, sure))
        for row, value in zip(rows, sure, strict=True) if arguments.show and not secret else ():
            if row["known"] != (value >= SURE) or row["known"] > row["right"]:
                said = row["answer"][:120].replace("\n", " / ")
                print(f"  {value:.2f}", row["case"]["question"], "->", said)


def _read(folder: Path, documents: Path, name: str) -> list[dict[str, Any]]:
    base = KnowledgeBase(folder, encoder(minilm_folder()))
    base.add([documents])
    return judged(base, questions(OLDER[name]) if name in OLDER else companies.questions(name))


if __name__ == "__main__":
    main()

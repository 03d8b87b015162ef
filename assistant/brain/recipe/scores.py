"""How well the trained encoder does: on the generator's own kind, and on cases written by people who never saw it."""

import json
from pathlib import Path
from typing import Any

from assistant.brain.decide import decide
from assistant.brain.labels import NONE
from assistant.brain.plans import score
from assistant.brain.reader import Reader
from assistant.brain.recipe.conversations import Example
from assistant.brain.recipe.features import situation_of, view_of
from assistant.brain.situation import Situation


def score_kin(examples: list[Example], weights: Path) -> dict[str, Any]:
    """Right tools on conversations of the generator that were not learned from.

    Args:
        examples: the conversations.
        weights: of the trained encoder.
    """
    reader = Reader(weights)
    spoken = [each for each in examples if each.role == "user"]
    readings = reader.read_views([(view_of(each), situation_of(each)) for each in spoken])
    right = [reading.tool == each.tool for reading, each in zip(readings, spoken, strict=True)]
    return {"cases": len(right), "tool_accuracy": round(sum(right) / len(right), 4)}


def score_cases(file: Path, weights: Path) -> dict[str, Any]:
    """Tools and arguments of held-out cases, as ``assistant plan --expect`` counts them.

    Args:
        file: JSON lines with ``expect``.
        weights: of the trained encoder.
    """
    reader = Reader(weights)
    cases = [json.loads(line) for line in file.read_text("utf-8").splitlines() if line.strip()]
    decided = [
        (at, case, decide(case["messages"], Situation.of(case), read=reader.read).as_dict())
        for at, case in enumerate(cases, start=1)
    ]
    found = {key: value for key, value in score(decided).items() if key != "misses"}
    several = [each for each in decided if len(each[1]["messages"]) > 1]
    talk = [each for each in decided if each[1]["expect"]["tool"] is None]
    return {
        **found,
        **(
            {"multi_turn_accuracy": score(several)["accuracy"], "multi_turn_cases": len(several)}
            if several
            else {}
        ),
        **({f"{NONE}_accuracy": score(talk)["tool_accuracy"]} if talk else {}),
    }

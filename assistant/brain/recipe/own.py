"""Replies in the assistant's own words, composed from results that are made up: what real conversations hold."""

import random
from collections.abc import Callable
from typing import Any

from assistant.brain.recipe import names
from assistant.brain.recipe.phrases import lines
from assistant.brain.recipe.scene import Scene
from assistant.brain.replies.compose import compose

Result = dict[str, Any]


def own_reply(rng: random.Random, tool: str, scene: Scene) -> str:
    """What the assistant says after a tool; empty for tools whose replies vary too little.

    Args:
        rng: where chance comes from.
        tool: the tool that ran.
        scene: whose names are used.
    """
    make = _RESULTS.get(tool)
    if make is None:
        return ""
    result = make(rng, scene)
    return compose(tool, {"text": "", **result}, result, scene.language).text


def _score(rng: random.Random) -> float:
    return round(rng.uniform(0.5, 0.99), 3)


def _metrics(rng: random.Random) -> dict[str, float]:
    return {name: _score(rng) for name in ("accuracy", "precision", "recall", "f1")}


def _labels(rng: random.Random, scene: Scene) -> list[str]:
    return rng.sample(names.pool("en", "topics"), 3)


def _inspected(rng: random.Random, scene: Scene) -> Result:
    rows, text = rng.randint(40, 9000), names.column(rng, scene.language, text=True)
    return {
        "dataset": scene.known(rng, "dataset"),
        "rows": rows,
        "columns": [{"name": text, "type": "text", "missing": 0, "unique": rows - 3}],
        "task": "text-classification",
        "text_column": text,
        "label_column": names.column(rng, scene.language),
        "labels": {label: rng.randint(5, 500) for label in _labels(rng, scene)},
        "duplicates": rng.choice((0, 0, 8)),
        "pii": rng.choice(({}, {"EMAIL_ADDRESS": 3}, {"PERSON": 12, "PHONE_NUMBER": 4})),
        "warnings": [],
    }


def _plan(rng: random.Random, scene: Scene) -> Result:
    return {"base": names.base(rng, "en"), "method": rng.choice(("head", "lora", "full", "few-shot", "dora"))}


def _started(rng: random.Random, scene: Scene) -> Result:
    known = {
        "job": scene.known(rng, "job"),
        "model": names.model_name(rng, "en"),
        "dataset": scene.known(rng, "dataset"),
    }
    return {
        **known,
        **_plan(rng, scene),
        "rows": rng.randint(40, 9000),
        "estimated_seconds": rng.randint(20, 2000),
    }


def _job(rng: random.Random, scene: Scene) -> Result:
    status = rng.choice(("running", "succeeded", "failed", "queued", "cancelled"))
    done = {
        "model": scene.known(rng, "model"),
        "metrics": _metrics(rng),
        "baseline": {"majority": {"accuracy": 0.2}},
    }
    return {
        "id": scene.known(rng, "job"),
        "kind": "finetune",
        "status": status,
        "progress": rng.random(),
        "step": 12,
        "steps": 40,
        "time_left": rng.randint(5, 900),
        "error": "The memory is not enough for this training." if status == "failed" else None,
        "result": done if status == "succeeded" else {},
    }


def _jobs(rng: random.Random, scene: Scene) -> Result:
    return {"jobs": [{**_job(rng, scene), "id": name, "error": None} for name in scene.jobs or ["job-1"]]}


def _model(rng: random.Random, scene: Scene) -> Result:
    name = scene.known(rng, "model")
    return {
        "model": name,
        "name": name,
        "task": "text-classification",
        "base": "minilm",
        "method": "head",
        "metrics": _metrics(rng),
    }


def _predicted(rng: random.Random, scene: Scene) -> Result:
    first, *others = _labels(rng, scene)
    share = _score(rng)
    scores = {first: share} | {label: round((1 - share) / 2, 3) for label in others}
    text = rng.choice(lines(scene.language, "texts"))
    return {
        "model": scene.known(rng, "model"),
        "text": text,
        "predictions": [{"label": first, "score": share, "scores": scores}],
    }


def _recommended(rng: random.Random, scene: Scene) -> Result:
    candidates = [
        {
            "model": base,
            "method": method,
            "why": "It suits short texts.",
            "estimated_seconds": rng.randint(20, 900),
            "fits": True,
        }
        for base, method in (("minilm", "head"), ("minilm", "lora"), ("distilbert-base-uncased", "full"))
    ]
    return {"task": "text-classification", "candidates": candidates, "dataset": scene.known(rng, "dataset")}


_RESULTS: dict[str, Callable[[random.Random, Scene], Result]] = {
    "inspect_dataset": _inspected,
    "recommend_model": _recommended,
    "finetune_model": _started,
    "list_jobs": _jobs,
    "show_job": _job,
    "cancel_job": _job,
    "evaluate_model": _model,
    "deploy_model": lambda rng, scene: {**_model(rng, scene), "status": "deployed"},
    "undeploy_model": lambda rng, scene: {**_model(rng, scene), "status": "ready"},
    "predict": _predicted,
}

"""Which engine computes a model: chosen by measuring them on this machine, and kept beside the model.

torch always can; OpenVINO is taken where it is quicker and says the same.
"""

import contextlib
import json
import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from knowledge.atomic import write_atomically
from tools.models.card import read_info
from tools.serving.bench import SAMPLES
from tools.serving.engines.kept import FILE, FOLDER, OPENVINO, TORCH, available, stamp
from tools.serving.predictor import Predictor, load

TASKS = ("text-classification", "embedding")
BATCH = 16
SECONDS = 0.5  # that each way of each engine is measured for
LIMIT = 0.02  # by which no probability (no number of a vector) may differ: bf16 keeps two to three digits
WORTH = 1.1  # how much quicker another engine must be


def calibrate(folder: Path) -> dict[str, Any] | None:
    """Measure the engines on a model, keep the choice, and return it; None where there is none to make.

    Args:
        folder: the model's.

    Returns:
        ``engine``, and ``measured``: for each engine ``engine``, ``milliseconds`` of one text alone,
        ``texts_per_second`` in batches, and for others than torch ``same`` (the share of texts with the same label, or
        about the same vector) and ``difference`` (the largest of a probability, or of a vector's number).
    """
    if read_info(folder)["task"] not in TASKS or not available():
        return None
    plain = load(folder, engine=TORCH)
    if plain.model.device != "cpu":
        return None
    texts = _texts(folder)
    measured: list[dict[str, Any]] = [{"engine": TORCH, **_speed(plain, texts)}]
    shutil.rmtree(folder / FOLDER, ignore_errors=True)  # it may be of other weights
    try:
        quick = load(folder, engine=OPENVINO)
    except Exception as error:  # whatever OpenVINO makes of a model it cannot follow
        measured.append({"engine": OPENVINO, "error": (str(error).splitlines() or ["?"])[0][:200]})
    else:
        measured.append({"engine": OPENVINO, **_speed(quick, texts), **_difference(plain, quick, texts)})
    choice = {"engine": _best(measured), "measured": measured, "made_from": stamp(folder)}
    with contextlib.suppress(OSError):
        (folder / FOLDER).mkdir(exist_ok=True)
        write_atomically(folder / FOLDER / FILE, json.dumps(choice, indent=2) + "\n")
    return choice


def _best(measured: list[dict[str, Any]]) -> str:
    """The quickest of those that say the same; torch where none is clearly quicker."""
    plain = measured[0]

    def gain(each: dict[str, Any]) -> float:
        alone = plain["milliseconds"] / each["milliseconds"]
        return float((alone * each["texts_per_second"] / plain["texts_per_second"]) ** 0.5)

    able = [each for each in measured[1:] if each.get("difference", 1.0) <= LIMIT]
    best = max(able, key=gain, default=plain)
    return str(best["engine"]) if gain(best) >= WORTH else TORCH


def _texts(folder: Path) -> list[str]:
    """Held-out texts that the model got wrong, which are the hard ones, and ordinary questions."""
    try:
        mistakes = json.loads((folder / "evaluation.json").read_text(encoding="utf-8"))["mistakes"]
        hard = [str(each["text"]) for each in mistakes]
    except (OSError, ValueError, KeyError, TypeError):
        hard = []
    texts = [text for text in (*hard, *SAMPLES) if text.strip()]
    return (texts * BATCH * 4)[: max(BATCH * 4, len(texts))]


def _speed(predictor: Predictor, texts: Sequence[str]) -> dict[str, float]:
    ask = predictor.model.embed if predictor.task == "embedding" else predictor.model.predict
    alone = [[text] for text in texts]
    together = [list(texts[at : at + BATCH]) for at in range(0, len(texts) - BATCH + 1, BATCH)]
    with predictor.lock:
        ask(list(texts))  # kernels are made for each shape when it first comes
        return {
            "milliseconds": round(1000 / _rate(ask, alone), 2),
            "texts_per_second": round(BATCH * _rate(ask, together), 1),
        }


def _rate(ask: Callable[[list[str]], Any], batches: list[list[str]]) -> float:
    """Calls a second."""
    for batch in batches[:3]:
        ask(batch)
    began, count = time.perf_counter(), 0
    while (spent := time.perf_counter() - began) < SECONDS or not count:
        ask(batches[count % len(batches)])
        count += 1
    return count / spent


def _difference(plain: Predictor, other: Predictor, texts: Sequence[str]) -> dict[str, float]:
    import numpy

    what = "embed" if plain.task == "embedding" else "predict_proba"
    wanted, found = (numpy.stack(each.ask(what, texts).result()) for each in (plain, other))
    worst = abs(wanted - found).max(-1)
    same = worst <= LIMIT if what == "embed" else wanted.argmax(-1) == found.argmax(-1)
    return {"same": round(float(same.mean()), 4), "difference": round(float(worst.max()), 5)}

"""Which engine computes a model: chosen by measuring them on this machine, and kept beside the model.

torch always can; OpenVINO is taken where it is quicker and says the same. Weights in 8 bits, on OpenVINO or on ONNX
Runtime, say a little else: where they are quicker still, they are offered, with what they cost in accuracy, and people
decide.
"""

import contextlib
import json
import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from knowledge.atomic import write_atomically
from tools.errors import Unsupported
from tools.models.card import read_info
from tools.serving.bench import SAMPLES
from tools.serving.engines.kept import (
    AUTO,
    FILE,
    FOLDER,
    INT8,
    ONNX,
    OPENVINO,
    TORCH,
    installed,
    read,
    stamp,
)
from tools.serving.predictor import Predictor, load

TASKS = ("text-classification", "embedding")
ROUNDED = (INT8, ONNX)  # their weights are
GRAPHS = {OPENVINO: ("model.xml", "model.bin"), INT8: ("int8.xml", "int8.bin"), ONNX: ("int8.onnx",)}
BATCH = 16
SECONDS = 0.5  # that each way of each engine is measured for
LIMIT = 0.02  # by which no probability (no number of a vector) may differ: bf16 keeps two to three digits
WORTH = 1.1  # how much quicker another engine must be
OFFERED = 1.2  # and how much for being offered although it says not quite the same
LOST = 0.02  # accuracy (or, where that is not known, answers) at most for that
ROWS = 300  # held-out ones that accuracy is measured on


def calibrate(folder: Path) -> dict[str, Any] | None:
    """Measure the engines on a model, keep the choice, and return it; None where there is none to make.

    Args:
        folder: the model's.

    Returns:
        ``engine``, and ``measured``: for each engine ``engine``, ``milliseconds`` of one text alone,
        ``texts_per_second`` in batches, and for others than torch ``same`` (the share of texts with the same label, or
        about the same vector) and ``difference`` (the largest of a probability, or of a vector's number); for
        classifiers whose held-out rows are there ``accuracy`` and the number of ``rows``. ``offer`` names an engine
        that is quicker than the chosen one and says not quite the same.
    """
    if read_info(folder)["task"] not in TASKS or not installed():
        return None
    plain = load(folder, engine=TORCH)
    if plain.model.device != "cpu":
        return None
    texts, rows = _texts(folder), _rows(plain)
    measured: list[dict[str, Any]] = [{"engine": TORCH, **_speed(plain, texts), **_accuracy(plain, rows)}]
    shutil.rmtree(folder / FOLDER, ignore_errors=True)  # it may be of other weights
    measured += [_measured(folder, name, plain, texts, rows) for name in installed()]
    choice = _chosen(measured)
    with contextlib.suppress(OSError):
        _keep(folder, choice)
    return choice


def _chosen(measured: list[dict[str, Any]]) -> dict[str, Any]:
    best = _best(measured)
    return {"engine": best["engine"], "offer": _offer(measured, best), "measured": measured}


def choose(folder: Path, engine: str) -> dict[str, Any] | None:
    """Let a person's wish decide, and return the choice; measured first where that was not done.

    Args:
        folder: the model's.
        engine: ``torch``, ``openvino``, ``int8``, ``onnx``, or ``auto`` for what was best when measured.

    Raises:
        Unsupported: that engine cannot compute this model here, or there is no choice for models of its kind.
    """
    task = read_info(folder)["task"]
    if task not in TASKS and engine != AUTO:
        raise Unsupported(
            f"The engine of a model for {task} cannot be chosen; those of text classifiers and embedding models can.",
            "Leave the engine out.",
            "engine",
        )
    choice = read(folder)
    known = {each["engine"] for each in choice["measured"]} if choice else set()
    if choice is None or engine in {*installed()} - known:  # it may have been installed since
        choice = calibrate(folder)
    if choice is None and engine == TORCH:  # there is no other here
        return None
    if engine == AUTO:
        if choice and choice.get("wished"):
            choice = _chosen(choice["measured"])
            _keep(folder, choice)
        return choice
    found = next((each for each in choice["measured"] if each["engine"] == engine), None) if choice else None
    if choice is None or found is None or "error" in found:
        why = f": {found['error']}" if found else ""
        raise Unsupported(
            f"{engine} cannot compute {folder.name} on this machine{why}.",
            "Leave the engine to be chosen.",
            "engine",
        )
    choice |= {"engine": engine, "offer": None, "wished": True}
    _keep(folder, choice)
    return choice


def _keep(folder: Path, choice: dict[str, Any]) -> None:
    """Keep a choice, and the graphs that it may need."""
    for engine, graph in GRAPHS.items():
        if engine not in (choice["engine"], choice["offer"]):
            for name in graph:
                (folder / FOLDER / name).unlink(missing_ok=True)
    (folder / FOLDER).mkdir(exist_ok=True)
    write_atomically(
        folder / FOLDER / FILE, json.dumps(choice | {"made_from": stamp(folder)}, indent=2) + "\n"
    )


def _measured(
    folder: Path, engine: str, plain: Predictor, texts: Sequence[str], rows: Sequence[tuple[str, str]]
) -> dict[str, Any]:
    """One engine's speed, and what it says beside torch."""
    try:
        quick = load(folder, engine=engine)
    except Exception as error:  # whatever an engine makes of a model it cannot follow
        return {"engine": engine, "error": (str(error).splitlines() or ["?"])[0][:200]}
    said = _difference(plain, quick, texts) | _accuracy(quick, rows)
    return {"engine": engine, **_speed(quick, texts), **said}


def _gain(each: dict[str, Any], other: dict[str, Any]) -> float:
    """How many times as fast an engine is as another, alone and in batches taken together."""
    alone = other["milliseconds"] / each["milliseconds"]
    return float((alone * each["texts_per_second"] / other["texts_per_second"]) ** 0.5)


def _best(measured: list[dict[str, Any]]) -> dict[str, Any]:
    """The quickest of those that say the same; torch where none is clearly quicker."""
    plain = measured[0]
    able = [
        each
        for each in measured[1:]
        if each["engine"] not in ROUNDED and each.get("difference", 1.0) <= LIMIT
    ]
    best = max(able, key=lambda each: _gain(each, plain), default=plain)
    return best if _gain(best, plain) >= WORTH else plain


def _offer(measured: list[dict[str, Any]], best: dict[str, Any]) -> str | None:
    """The name of an engine that is clearly quicker than the best, for little accuracy."""
    others = [each for each in measured[1:] if "error" not in each and _lost(each, measured[0]) <= LOST]
    other = max(others, key=lambda each: _gain(each, best), default=best)
    return str(other["engine"]) if _gain(other, best) >= OFFERED else None


def _lost(each: dict[str, Any], plain: dict[str, Any]) -> float:
    """The accuracy that an engine costs; where that is not known, the share of answers that it changes."""
    if "accuracy" in each and "accuracy" in plain:
        return float(plain["accuracy"] - each["accuracy"])
    return float(1 - each["same"])


def _rows(plain: Predictor) -> list[tuple[str, str]]:
    """Held-out rows of a classifier that gives one label a text."""
    if plain.task != "text-classification" or plain.info.get("threshold") is not None:
        return []
    from tools.finetune.continual import held_out

    rows = [row for row in held_out(plain.folder) if row[0].strip()]
    return rows[:: max(1, -(-len(rows) // ROWS))]


def _accuracy(predictor: Predictor, rows: Sequence[tuple[str, str]]) -> dict[str, float]:
    if not rows:
        return {}
    said = predictor.predict([text for text, _ in rows])
    right = sum(each["label"] == label for each, (_, label) in zip(said, rows, strict=True))
    return {"accuracy": round(right / len(rows), 4), "rows": len(rows)}


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

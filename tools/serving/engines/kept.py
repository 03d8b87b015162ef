"""The choice of an engine, as it is kept beside a model."""

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tools.errors import BadArgument

FOLDER, FILE = "engine", "engine.json"
ENGINES = AUTO, TORCH, OPENVINO, INT8, ONNX = "auto", "torch", "openvino", "int8", "onnx"


def check(engine: str | None) -> None:
    """See that a wish is one.

    Raises:
        BadArgument: there is no such engine.
    """
    if engine not in (None, *ENGINES):
        raise BadArgument(
            f"There is no engine named {engine}.", "Name auto, torch, openvino, int8 or onnx.", param="engine"
        )


def available() -> bool:
    """Whether OpenVINO is installed."""
    return find_spec("openvino") is not None


def installed() -> list[str]:
    """The engines beside torch that are installed."""
    onnx = all(find_spec(package) for package in ("onnx", "onnxruntime"))
    return ([OPENVINO, INT8] if available() else []) + ([ONNX] if onnx else [])


def chosen(folder: Path) -> str:
    """The engine that was chosen for a model as it is now; torch where none was, or it cannot be had."""
    found = read(folder)
    return str(found["engine"]) if found and found["engine"] in installed() else TORCH


def read(folder: Path) -> dict[str, Any] | None:
    """What was measured and chosen for a model as it is now: see :func:`tools.serving.engines.choice.calibrate`."""
    try:
        choice = json.loads((folder / FOLDER / FILE).read_text(encoding="utf-8"))
        fresh = choice.pop("made_from") == stamp(folder)
        return choice if fresh and choice["engine"] and choice["measured"] else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def told(choice: dict[str, Any] | None) -> dict[str, Any] | None:
    """The engine in force beside torch; None where torch stayed, or nothing was measured.

    Returns:
        ``engine``, how many times as fast it is ``alone`` and ``together`` (in batches), ``same`` (the share of texts
        with the same answer), and ``accuracy``: before and after, on held-out rows of the training, where those are
        there.
    """
    return _beside(choice, TORCH, choice["engine"]) if choice else None


def offered(choice: dict[str, Any] | None) -> dict[str, Any] | None:
    """An engine that is quicker than the one in force and says not quite the same, for people to decide about.

    Returns:
        As :func:`told`; None where there is no such engine.
    """
    return _beside(choice, choice["engine"], choice["offer"]) if choice and choice.get("offer") else None


def _beside(choice: dict[str, Any], one: str, other: str) -> dict[str, Any] | None:
    now, then = _of(choice, one), _of(choice, other)
    if one == other or not now or not then:
        return None
    known = "accuracy" in now and "accuracy" in then
    return {
        "engine": other,
        "alone": now["milliseconds"] / then["milliseconds"],
        "together": then["texts_per_second"] / now["texts_per_second"],
        "same": then["same"],
        "accuracy": (now["accuracy"], then["accuracy"]) if known else None,
    }


def _of(choice: dict[str, Any], name: str) -> dict[str, Any] | None:
    """What was measured of an engine."""
    return next((each for each in choice["measured"] if each["engine"] == name and "error" not in each), None)


def stamp(folder: Path) -> list[list[Any]]:
    """What tells weights from others that took their place: names, sizes and times."""
    files = sorted(folder.glob("*.safetensors"))
    return [[path.name, path.stat().st_size, path.stat().st_mtime_ns] for path in files]

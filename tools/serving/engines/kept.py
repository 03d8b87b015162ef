"""The choice of an engine, as it is kept beside a model."""

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

FOLDER, FILE = "engine", "engine.json"
TORCH, OPENVINO = "torch", "openvino"


def available() -> bool:
    """Whether another engine than torch is installed."""
    return find_spec("openvino") is not None


def chosen(folder: Path) -> str:
    """The engine that was chosen for a model as it is now; torch where none was, or it cannot be had."""
    found = read(folder)
    return str(found["engine"]) if found and available() else TORCH


def read(folder: Path) -> dict[str, Any] | None:
    """What was measured and chosen for a model as it is now: see :func:`tools.serving.engines.choice.calibrate`."""
    try:
        choice = json.loads((folder / FOLDER / FILE).read_text(encoding="utf-8"))
        return choice if choice["engine"] and choice["made_from"] == stamp(folder) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def stamp(folder: Path) -> list[list[Any]]:
    """What tells weights from others that took their place: names, sizes and times."""
    files = sorted(folder.glob("*.safetensors"))
    return [[path.name, path.stat().st_size, path.stat().st_mtime_ns] for path in files]

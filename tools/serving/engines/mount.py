"""Puts an engine under a loaded model. Imported only with torch."""

from pathlib import Path
from typing import Any

from tools.serving.engines.kept import FOLDER
from tools.serving.engines.openvino import OpenVinoModule

TEXTS = [
    "Where is my parcel?",
    "I was charged twice for the same order.",
]  # of two lengths, so that one is padded


def mount(model: Any, folder: Path) -> None:
    """Let OpenVINO compute a loaded text classifier or embedding model.

    Args:
        model: what the task's ``load`` returned.
        folder: the model's, where the compiled graph is kept.

    Raises:
        Exception: whatever OpenVINO makes of a model that it cannot follow.
    """
    from tools.finetune.onnx import Vectors

    if model.task == "embedding":
        encoder = model.encoder
        encoder.compute = OpenVinoModule(
            Vectors(encoder.model).eval(), encoder.encode(TEXTS), folder / FOLDER
        )
    else:
        model.compute = OpenVinoModule(model.module, model.encode(TEXTS), folder / FOLDER)

"""Puts an engine under a loaded model. Imported only with torch."""

from pathlib import Path
from typing import Any

from tools.serving.engines.kept import FOLDER, INT8, ONNX, OPENVINO
from tools.serving.engines.onnx_int8 import OnnxModule
from tools.serving.engines.openvino import BATCH_TOKENS, OpenVinoModule

TEXTS = [
    "Where is my parcel?",
    "I was charged twice for the same order.",
]  # of two lengths, so that one is padded


def mount(model: Any, folder: Path, engine: str = OPENVINO) -> None:
    """Let an engine compute a loaded text classifier or embedding model.

    Args:
        model: what the task's ``load`` returned.
        folder: the model's, where the graph is kept.
        engine: ``openvino``, ``int8`` (the same with weights in 8 bits), or ``onnx``: those on ONNX Runtime.

    Raises:
        Exception: whatever the engine makes of a model that it cannot follow.
    """
    from tools.finetune.onnx import Vectors

    embeds = model.task == "embedding"
    reader = model.encoder if embeds else model

    def module() -> Any:  # where the graph is kept, nobody needs it
        return Vectors(reader.model, reader.pooling).eval() if embeds else reader.module

    example, kept = reader.encode(TEXTS), folder / FOLDER
    if engine == ONNX:
        reader.compute = OnnxModule(module, example, kept)
    else:
        reader.compute = OpenVinoModule(module, example, kept, engine == INT8)
    reader.batch_tokens = BATCH_TOKENS

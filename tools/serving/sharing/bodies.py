"""The encoders in memory that several models share. Light: torch is imported when the first model is loaded."""

import logging
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from tools.serving.engines.kept import INT8, ONNX, OPENVINO, chosen

if TYPE_CHECKING:
    from tools.serving.sharing.body import Body
    from tools.serving.sharing.classifier import SharedClassifier
    from tools.serving.sharing.origin import Origin

log = logging.getLogger(__name__)
TASK = "text-classification"


class Bodies:
    """Gives models the encoder that others use already; each lives as long as its models. Safe to share.

    Args:
        kept: a folder of ours, where compiled graphs are kept.
    """

    def __init__(self, kept: Path):
        self._kept = kept
        self._bodies: WeakValueDictionary[tuple[str, int, str], Body] = WeakValueDictionary()
        self._loading = threading.Lock()

    def classifier(
        self, folder: Path, info: dict[str, Any], device: str | None = None, engine: str | None = None
    ) -> "SharedClassifier | None":
        """A model on a shared encoder; None where its encoder is its own, or cannot be read.

        Args:
            folder: the model's.
            info: its ``assistant.json``.
            device: see :func:`tools.serving.predictor.load`.
            engine: see there.
        """
        wanted = engine or chosen(folder)
        if info["task"] != TASK or wanted == ONNX:  # whose graph is of the whole model
            return None
        from tools.serving.sharing.classifier import read_classifier
        from tools.serving.sharing.origin import origin

        found = origin(folder, info)
        body = self._body(found, info["base"], wanted, device) if found else None
        return read_classifier(folder, info, body) if body else None

    def _body(self, origin: "Origin", name: str, engine: str, device: str | None) -> "Body | None":
        from tools.finetune.machine import best_device
        from tools.serving.sharing.body import Body
        from tools.serving.sharing.origin import body_key

        if origin.rank and engine == INT8:
            engine = OPENVINO  # weights in 8 bits beside adapters are not measured
        key = origin.key, origin.rank, engine
        with self._loading:  # one at a time: the others want the same one
            if (body := self._bodies.get(key)) is None:
                if body_key(origin.folder) != origin.key:
                    log.warning(
                        "The base %s is not what its adapters were trained on any more", origin.folder
                    )
                    return None
                kept = self._kept / f"{origin.key[:16]}-{origin.rank}"
                body = Body(origin, name, best_device(device), kept, engine)
                self._bodies[key] = body
            return body

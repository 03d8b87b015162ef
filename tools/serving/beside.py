"""What a model is measured beside: its base, on the same rows, as far as that is still there."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from tools.errors import ToolsError
from tools.finetune.continual import read_lineage, weights_sha256
from tools.finetune.progress import Reporter
from tools.models.card import INFO
from tools.serving.predictor import Predictor

log = logging.getLogger(__name__)
Found = TypeVar("Found")
Named = Callable[[str], Path | str]  # a base model's name to its folder, or to the id of one that is not here


class Beside:
    """The base of a model, and who is told how far the measuring is.

    Args:
        predictor: the model.
        named: finds base models by their names.
        report: told about progress.
    """

    def __init__(self, predictor: Predictor, named: Named | None, report: Reporter):
        self.name, self.report = str(predictor.info.get("base") or ""), report
        self._folder, self._named = predictor.folder, named

    def measured(self, measure: Callable[[Path], Found]) -> tuple[Found | None, list[str]]:
        """What a measure says of the base; None and a warning where it is gone, another by now, or cannot be read.

        Args:
            measure: is given the base's folder.
        """
        noted = next(iter(read_lineage(self._folder)), {})
        base = self._base(noted.get("base_path"))
        if base:
            if noted.get("base_sha256") not in (None, weights_sha256(base)):  # earlier programs noted none
                return None, [
                    f"The base model {self.name} was changed since the training, so nothing is measured beside it."
                ]
            try:
                return measure(base), []
            except ToolsError as error:
                return None, [f"The base model {self.name} is not measured: {error.message}"]
            except Exception as error:  # whatever transformers, safetensors or torch make of a damaged folder
                if _too_large(error):
                    return None, [
                        f"The memory does not hold the base model {self.name} too, which is not measured."
                    ]
                log.warning("the base model %s cannot be measured", self.name, exc_info=True)
        return None, [f"The base model {self.name} is gone or damaged, so nothing is measured beside it."]

    def _base(self, noted: str | None) -> Path | None:
        """The folder that the training went on from, or the one that has its name now.

        Args:
            noted: the former, if it was noted.
        """
        if noted and Path(noted).is_dir():
            return Path(noted)
        try:
            found = self._named(self.name) if self._named else self.name
        except ToolsError:
            return None
        # A model made here that has the name now may be another version of it, or the measured one itself.
        return found if isinstance(found, Path) and found.is_dir() and not (found / INFO).exists() else None


def _too_large(error: Exception) -> bool:
    from tools.finetune.fit import out_of_memory  # torch, which is loaded where something was measured

    return isinstance(error, MemoryError) or (isinstance(error, RuntimeError) and out_of_memory(error))

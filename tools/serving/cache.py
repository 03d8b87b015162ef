"""The loaded models of a process, within a limit of memory: the longest unused one leaves first."""

import contextlib
import ctypes
import gc
import sys
import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from tools.errors import NotFound
from tools.models.card import INFO
from tools.serving.predictor import Predictor, load


class PredictorCache:
    """Loaded models by folder, bounded in number and in memory. Safe to share between threads.

    Args:
        most: models kept at a time.
        most_bytes: bytes of weights kept at a time; a third of the free memory where left out.
        loader: loads a folder.
    """

    def __init__(
        self, most: int = 1_000, most_bytes: int | None = None, loader: Callable[[Path], Predictor] = load
    ):
        self._most, self._most_bytes, self._loader = most, most_bytes, loader
        self._held: OrderedDict[Path, tuple[int, Predictor]] = OrderedDict()
        self._lock = threading.Lock()
        self._loading: dict[Path, threading.Lock] = {}

    def get(self, folder: Path) -> Predictor:
        """The model of a folder, loaded if need be; one that was written anew is loaded anew.

        While one thread loads a model, others are served from those that are loaded already.

        Raises:
            NotFound: the folder has been deleted.
            ToolsError: as :func:`tools.serving.predictor.load`.
        """
        version = self._version(folder)
        if found := self._find(folder, version):
            return found
        with self._lock:
            turn = self._loading.setdefault(folder, threading.Lock())
        with turn:
            return self._find(folder, version) or self._keep(folder, version, self._loader(folder))

    def find(self, folder: Path) -> Predictor | None:
        """The model of a folder where it is loaded already.

        Raises:
            NotFound: the folder has been deleted.
        """
        return self._find(folder, self._version(folder))

    def drop(self, folder: Path) -> None:
        """Forget a model; callers that hold it may finish."""
        with self._lock:
            gone = self._taken(folder)
        _free(gone)

    def loaded(self) -> list[Path]:
        """Folders of the loaded models, the longest unused first."""
        with self._lock:
            return list(self._held)

    def batchers(self) -> list[tuple[str, Any]]:
        """What counts the texts of the loaded models in ``queued``, ``batches`` and ``texts``, with the models' names.

        Models that share an encoder count their own, and the encoder counts them all.
        """
        with self._lock:
            held = [predictor for _, predictor in self._held.values()]
        own: list[tuple[str, Any]] = [
            (each.name, batcher) for each in held for batcher in list(each.batchers.values())
        ]
        own += [(each.name, each.model) for each in held if hasattr(each.model, "body")]
        shared = {id(body): (f"{body.name} (shared)", body.batcher) for body in _bodies(held)}
        return own + list(shared.values())

    def writers(self) -> list[tuple[str, Any]]:
        """What counts the tokens of the loaded models that write texts, with the models' names."""
        with self._lock:
            held = [(predictor.name, predictor.model) for _, predictor in self._held.values()]
        found = [(name, getattr(model, "engine", model)) for name, model in held]
        return [(name, each) for name, each in found if hasattr(each, "written")]

    def _version(self, folder: Path) -> int:
        try:
            return (folder / INFO).stat().st_mtime_ns
        except OSError as error:
            self.drop(folder)
            raise NotFound(
                f"The files of model {folder.name} are gone.",
                "Fine-tune it again, or delete it from the registry.",
                param="model",
            ) from error

    def _find(self, folder: Path, version: int) -> Predictor | None:
        with self._lock:
            held, predictor = self._held.get(folder, (0, None))
            if predictor is None or held != version:
                return None
            self._held.move_to_end(folder)
            return predictor

    def _keep(self, folder: Path, version: int, predictor: Predictor) -> Predictor:
        with self._lock:
            gone = self._taken(folder)
            self._held[folder] = (version, predictor)
            gone += self._unload()
        _free(gone)
        return predictor

    def _taken(self, folder: Path) -> list[Predictor]:
        """Take out one, if it is there."""
        return [self._held.pop(folder)[1]] if folder in self._held else []

    def _unload(self) -> list[Predictor]:
        """Take out the longest unused ones while there are too many, but for those that compute, and the last one."""
        gone = []
        for folder, (_, predictor) in list(self._held.items())[:-1]:
            if not self._too_much():
                break
            if not predictor.busy:
                gone += self._taken(folder)
        return gone

    def _too_much(self) -> bool:
        if len(self._held) > self._most:
            return True
        if self._most_bytes is None:
            from tools.models.hardware import hardware

            self._most_bytes = hardware().memory // 3
        return self._bytes() > self._most_bytes

    def _bytes(self) -> int:
        held = [predictor for _, predictor in self._held.values()]
        shared = {id(body): body.size for body in _bodies(held)}
        return sum(predictor.size for predictor in held) + sum(shared.values())


def _bodies(predictors: Iterable[Predictor]) -> list[Any]:
    """What they share with others, each as often as it is shared."""
    return [each.model.body for each in predictors if hasattr(each.model, "body")]


def _free(gone: list[Predictor]) -> None:
    """Give the memory of unloaded models back to the machine.

    Args:
        gone: emptied, so that nothing holds them.
    """
    bodies = _bodies(gone)
    large, left = len(bodies) < len(gone), [weakref.ref(body) for body in bodies]
    gone.clear()
    while bodies:
        bodies.pop().tidy()
    if large or not all(body() for body in left):  # adapters and heads are small, and go without
        gc.collect()
        if sys.platform == "linux":
            with contextlib.suppress(OSError, AttributeError):  # other C libraries have no such function
                ctypes.CDLL(None).malloc_trim(0)

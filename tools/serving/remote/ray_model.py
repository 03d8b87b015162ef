"""A model whose replicas run on a Ray cluster, as it is asked in this process."""

import asyncio
import logging
import threading
import time
from collections.abc import Generator, Sequence
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from knowledge.errors import TeachingError
from tools.errors import Busy, Unavailable
from tools.serving.engines.kept import TORCH
from tools.serving.predictor import Predictor, load
from tools.serving.remote.ray_files import sent

if TYPE_CHECKING:
    from tools.finetune.tasks.text_generation import Ending
    from tools.serving.remote.ray_fleet import Fleet

log = logging.getLogger(__name__)

IMAGES = "image-classification"
PICTURES = 16  # of a request that are in memory at once
TRIES = 4  # of a request whose replica died under it
ABLE = {  # what models of a task can do besides predicting
    "text-classification": "predict_proba",
    IMAGES: "predict_proba",
    "embedding": "embed",
    "text-generation": "generate",
}


class DistantModel:
    """A model on the cluster, in the place of a loaded one; see :class:`tools.serving.predictor.Predictor`.

    Args:
        fleet: which it belongs to.
        folder: its folder.
        task: its task.
    """

    device, together, size = "ray", True, 0

    def __init__(self, fleet: "Fleet", folder: Path, task: str):
        self.task = task
        self._fleet, self._folder, self._handle = fleet, folder, fleet.handle(folder)
        self._here: Predictor | None = None
        self._count, self._running, self._used = threading.Lock(), 0, time.monotonic()
        if able := ABLE.get(task):
            setattr(self, able, self._write if able == "generate" else lambda texts: self.asked(able, texts))

    @property
    def busy(self) -> bool:
        """Whether requests are under way."""
        return self._running > 0

    @property
    def idle(self) -> bool:
        """Whether no request is under way, nor was for a while."""
        return not self.busy and time.monotonic() - self._used > self._fleet.idle_seconds

    def here(self) -> Predictor:
        """The model in this process, loaded when it is first wanted."""
        if self._here is None:
            self._here = load(self._folder, engine=TORCH)
        return self._here

    def predict(self, texts: list[str]) -> list[Any]:
        """One entry a text."""
        return self.asked("predict", texts)

    def asked(self, what: str, texts: list[str]) -> list[Any]:
        """What a method of the model gives for texts."""
        return self.ask(what, texts, "").result()

    def ask(self, what: str, texts: list[str], caller: str) -> "Future[list[Any]]":
        """Have texts read; see :meth:`tools.serving.predictor.Predictor.ask`."""
        self._counted(1)
        future = asyncio.run_coroutine_threadsafe(self._ask(what, texts, caller), self._fleet.loop)
        future.add_done_callback(lambda _: self._counted(-1))
        return future

    async def _ask(self, what: str, texts: list[str], caller: str) -> list[Any]:
        if self.task != IMAGES:
            return await self._sent(what, texts, caller)
        found: list[Any] = []
        for at in range(0, len(texts), PICTURES):
            pictures = await asyncio.to_thread(sent, texts[at : at + PICTURES])
            found += await self._sent(what, pictures, caller)
        return found

    async def _sent(self, what: str, asked: Sequence[Any], caller: str) -> list[Any]:
        for left in reversed(range(TRIES)):
            response = self._handle.ask.remote(what, asked, caller)
            try:
                found = await response
            except asyncio.CancelledError:
                response.cancel()
                raise
            except Exception as error:
                await asyncio.to_thread(self._recover, error, left)
                continue
            if isinstance(found, TeachingError):
                raise found
            return list(found)
        raise AssertionError("the last try returns or raises")

    def _write(self, *args: Any) -> "Generator[str, None, Ending | None]":
        self._counted(1)
        try:
            for left in reversed(range(TRIES)):
                response = self._handle.options(stream=True).generate.remote(*args)
                said = False
                try:
                    for piece in response:
                        if isinstance(piece, TeachingError):
                            raise piece
                        if not isinstance(piece, str):
                            return piece
                        said = True
                        yield piece
                    return None
                except (GeneratorExit, TeachingError):
                    raise
                except Exception as error:
                    self._recover(error, 0 if said else left)
                finally:
                    with suppress(Exception):
                        response.cancel()
            return None
        finally:
            self._counted(-1)

    def _recover(self, error: Exception, left: int) -> None:
        """After an error of Ray's: what is to be raised, or a handle to try again with.

        Raises:
            Busy: too many requests wait.
            Unavailable: it has failed too often.
        """
        from ray import exceptions
        from ray.serve.exceptions import BackPressureError, DeploymentUnavailableError

        if isinstance(error, BackPressureError):
            raise Busy("The model has more to do than it can.", "Try again in a moment.") from error
        if isinstance(error, exceptions.RayTaskError) or not isinstance(
            error, exceptions.RayError | DeploymentUnavailableError
        ):
            raise error
        if not left:
            raise Unavailable(f"A replica of {self._folder.name} died.", "Try again in a moment.") from error
        log.warning("a replica of %s died under a request: %s", self._folder.name, type(error).__name__)
        if isinstance(error, DeploymentUnavailableError):
            self._handle = self._fleet.handle(self._folder)

    def _counted(self, change: int) -> None:
        with self._count:
            self._running, self._used = self._running + change, time.monotonic()

"""One replica of a model, as it runs on a machine of the Ray cluster. Texts of all callers go through it in batches."""

import asyncio
from collections.abc import AsyncIterator, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from knowledge.errors import TeachingError
from tools.serving.generation.engine import WAITING
from tools.serving.predictor import load
from tools.serving.remote.ray_files import Picture, at_hand, received

STREAMS = 64  # texts that are written or wait in a replica, besides those whose callers have left


class Replica:
    """A model in memory; see :class:`tools.serving.predictor.Predictor`.

    Args:
        folder: the model's.
        made: its identity; see :func:`tools.serving.remote.ray_files.at_hand`.
        root: below which the folders of models lie.
        files: the name of the actor that gives their files.
        engine: see :func:`tools.serving.predictor.load`.
    """

    def __init__(
        self, folder: str, made: list[list[Any]], root: str, files: tuple[str, str], engine: str | None
    ):
        import ray

        def ask(method: str, *args: Any) -> Any:
            name, namespace = files
            return ray.get(getattr(ray.get_actor(name, namespace), method).remote(*args))

        self._predictor = load(at_hand(Path(folder), made, Path(root), ask), engine=engine)
        # As many as can wait for a place to write: with fewer, those who wait would keep the others from going on.
        self._threads = ThreadPoolExecutor(WAITING, "writer")

    async def ask(self, what: str, texts: list[str | Picture], caller: str) -> list[Any] | TeachingError:
        """See :meth:`Predictor.ask`; an error is returned, because Ray wraps what is raised."""
        try:
            with received(texts) as given:
                return await asyncio.wrap_future(self._predictor.ask(what, given, caller))
        except TeachingError as error:
            return error

    async def generate(self, *args: Any) -> AsyncIterator[Any]:
        """See :meth:`Predictor.generate`: pieces of text, and at the end how it ended, or the error."""
        try:
            pieces = self._predictor.generate(*args)
        except TeachingError as error:
            yield error
            return
        step: Future[Any] | None = None
        try:
            while step is None or isinstance(step.result(), str):
                step = self._threads.submit(_next, pieces)
                yield await asyncio.wrap_future(step)
        finally:  # perhaps the caller has left, while a thread is in the generator
            if step:
                step.add_done_callback(lambda _: self._threads.submit(pieces.close))


def _next(pieces: Generator[str, None, Any]) -> Any:
    """The next piece, or at the end what the generator returned or raised."""
    try:
        return next(pieces)
    except StopIteration as end:
        return end.value
    except TeachingError as error:
        return error

"""Where a model runs: in this process, in vLLM, or as replicas on a Ray cluster."""

from collections.abc import Collection
from pathlib import Path
from typing import Protocol

from tools.models.card import read_info
from tools.serving.predictor import Predictor, load
from tools.serving.sharing.bodies import Bodies


class Place(Protocol):
    """Somewhere else than in this process."""

    def predictor(self, folder: Path) -> Predictor:
        """A model, ready to answer there."""
        ...

    def keep(self, folders: Collection[Path]) -> list[Path]:
        """Let go of unused models that are none of these; returns which."""
        ...

    def close(self) -> None:
        """Let go of all."""
        ...


class Places:
    """Loads each model where it belongs. Safe to share between threads.

    Args:
        engine: of models in this process; see :func:`tools.serving.predictor.load`.
        writer: where models that write run, if elsewhere.
        fleet: where all others run, if elsewhere; those that write too where there is no ``writer``.
        bodies: the encoders in this process, for models that share one.
    """

    def __init__(
        self,
        engine: str | None = None,
        writer: Place | None = None,
        fleet: Place | None = None,
        bodies: Bodies | None = None,
    ):
        self._engine, self._writer, self._fleet, self._bodies = engine, writer, fleet, bodies
        self._others = [place for place in (writer, fleet) if place]

    @property
    def elsewhere(self) -> bool:
        """Whether any model runs elsewhere."""
        return bool(self._others)

    def load(self, folder: Path) -> Predictor:
        """A model, ready to answer.

        Raises:
            ToolsError: as :func:`tools.serving.predictor.load`; Unavailable where its place does not answer.
        """
        if self._writer and read_info(folder)["task"] == "text-generation":
            return self._writer.predictor(folder)
        if self._fleet:
            return self._fleet.predictor(folder)
        return load(folder, engine=self._engine, bodies=self._bodies)

    def keep(self, folders: Collection[Path]) -> list[Path]:
        """Let go of what runs elsewhere, is unused and not one of these folders; returns which."""
        return [folder for place in self._others for folder in place.keep(folders)]

    def close(self) -> None:
        """Let go of all that runs elsewhere."""
        for place in self._others:
            place.close()

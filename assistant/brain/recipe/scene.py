"""A workspace made up for one training conversation, and what its talk is about."""

import random
from collections.abc import Collection
from dataclasses import dataclass, field

from assistant.brain.recipe import names


@dataclass
class Scene:
    """What there is (names), and which of it the conversation has named so far (``bound``: slot → name)."""

    language: str
    files: list[str] = field(default_factory=list)
    datasets: list[str] = field(default_factory=list)
    models: list[str] = field(default_factory=list)
    jobs: list[str] = field(default_factory=list)
    bound: dict[str, str] = field(default_factory=dict)

    def known(self, rng: random.Random, slot: str, used: Collection[str] = ()) -> str:
        """A name for a slot: mostly the one spoken of, mostly one that exists, now and then one nobody knows.

        Args:
            rng: where chance comes from.
            slot: ``dataset``, ``model`` or ``job``.
            used: names that the same sentence holds already.
        """
        if slot in self.bound and self.bound[slot] not in used and rng.random() < 0.75:
            return self.bound[slot]
        everything = {"dataset": self.files + self.datasets, "model": self.models, "job": self.jobs}[slot]
        pool = [name for name in everything if name not in used]
        chosen = rng.choice(pool) if pool and rng.random() < 0.93 else self._unknown(rng, slot)
        self.bound[slot] = chosen
        return chosen

    def _unknown(self, rng: random.Random, slot: str) -> str:
        makers = {"dataset": names.file_name, "model": names.model_name, "job": names.job_name}
        return makers[slot](rng, self.language)


def make_scene(rng: random.Random, language: str) -> Scene:
    """A workspace with up to a handful of each thing; often there is only one, or none."""

    def several(maker, most: tuple[int, ...]) -> list[str]:
        return list(dict.fromkeys(maker(rng, language) for _ in range(rng.choice(most))))

    scene = Scene(language)
    scene.datasets = several(names.file_name, (0, 1, 1, 2, 3, 4))
    scene.models = several(names.model_name, (0, 1, 1, 2, 2, 3, 4))
    scene.jobs = several(names.job_name, (0, 1, 1, 2, 3))
    return scene


def attach(rng: random.Random, scene: Scene, document: bool = False) -> None:
    """Attach a file to the conversation."""
    maker = names.document_name if document else names.file_name
    scene.files = [maker(rng, scene.language), *scene.files]

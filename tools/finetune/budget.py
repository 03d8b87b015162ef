"""How long a training may take: the passes that fit, and what is told where it takes long."""

from collections.abc import Callable
from dataclasses import dataclass

from tools.finetune import recipe
from tools.finetune.spec import FinetuneSpec
from tools.finetune.task import Task

HOUR = 3600
LEAST_PASSES = 0.05


@dataclass(frozen=True)
class Budget:
    """What a training may take.

    Attributes:
        seconds: at most; None for as long as it takes.
        least: passes over the data below which it is not brought; below 1 only a part of the rows is learned from.
    """

    seconds: float | None
    least: float = 1.0

    def passes(self, usual: float, lasts: Callable[[float], float]) -> float:
        """As many passes as fit, at most the usual ones: whole ones, or a part of one.

        Args:
            usual: passes where time does not matter.
            lasts: seconds that so many passes take.
        """
        if self.seconds is None or lasts(usual) <= self.seconds:
            return usual
        start = lasts(0)
        most = (self.seconds - start) / (lasts(1) - start)
        return float(int(most)) if most >= 1 else max(self.least, round(most, 2))


def budget_of(spec: FinetuneSpec, task: Task) -> Budget:
    """What the user gave; else a quarter of an hour where ``auto`` has a quick method to take instead.

    Args:
        spec: the wish.
        task: its task.
    """
    quick = spec.method == "auto" and "head" in task.methods
    if spec.minutes is not None:
        share = 3 if spec.unlabeled else 1  # it is trained twice, and labels all of the texts between
        return Budget(60 * spec.minutes / share, 1.0 if quick else LEAST_PASSES)
    return Budget(recipe.PATIENT_SECONDS) if quick else Budget(None)


def lasting(spec: FinetuneSpec, seconds: float) -> float:
    """How long the whole takes: with unlabelled texts it is trained twice, a search has its time.

    Args:
        spec: the wish.
        seconds: that one training takes.
    """
    once = seconds * (3 if spec.unlabeled else 1)
    return max(once, 60 * spec.search) if spec.search else once


def told(spec: FinetuneSpec, seconds: float, passes: float, rows: int) -> list[str]:
    """Warnings where a training takes long, longer than it may, or does not see all rows.

    Args:
        spec: the wish.
        seconds: that the whole takes.
        passes: over the data.
        rows: of the data.
    """
    if spec.minutes is None:
        hint = "With a time budget (minutes) fewer passes are made over the data."
        return [f"It takes about {_long(seconds)} here. {hint}"] if seconds >= HOUR else []
    said = []
    if passes < 1:
        said.append(f"In that time about {round(passes * rows):,} of {rows:,} rows are learned from.")
    if seconds > 66 * spec.minutes:  # it is an estimate: a tenth more is no other time
        said.append(f"It takes about {_long(seconds)}, longer than the {spec.minutes:g} min it may take.")
    return said


def _long(seconds: float) -> str:
    return f"{seconds / HOUR:.1f} h" if seconds >= HOUR else f"{max(1, round(seconds / 60))} min"

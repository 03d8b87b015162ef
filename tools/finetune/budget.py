"""How long a training may take: the passes that fit, and what is told where it takes long."""

from collections.abc import Callable
from dataclasses import dataclass

from tools.errors import BadArgument
from tools.finetune import recipe
from tools.finetune.spec import FinetuneSpec
from tools.finetune.task import Task

HOUR = 3600
MOST_MINUTES = 24 * 60  # of a search, and of a training with a time budget
LEAST_PASSES = 0.05
AUTO_PASSES = 2.0  # below which `auto` takes the quick method: what a single pass brings was not measured


@dataclass(frozen=True)
class Budget:
    """What a training may take.

    Attributes:
        seconds: at most; None for as long as it takes.
        least: passes over the data below which it is not brought; below 1 only a part of the rows is learned from.
    """

    seconds: float | None
    least: float = AUTO_PASSES

    def passes(self, usual: float, lasts: Callable[[float], float]) -> float:
        """As many passes as fit, at most the usual ones: whole ones, or a part of one.

        Args:
            usual: passes where time does not matter.
            lasts: seconds that so many passes take.
        """
        if self.seconds is None or lasts(usual) <= self.seconds:
            return usual
        start = lasts(0)
        each = lasts(1) - start
        if each <= 0:  # a head reads the data once, however long that takes
            return usual
        most = (self.seconds - start) / each
        return min(usual, max(self.least, float(int(most)) if most >= 1 else round(most, 2)))


def check_minutes(spec: FinetuneSpec) -> None:
    """Refuse times that are none.

    Raises:
        BadArgument: no time at all, or more than a day.
    """
    if spec.search is not None and not 0 < spec.search <= MOST_MINUTES:
        raise BadArgument(
            f"A search takes more than 0 and at most {MOST_MINUTES:,} minutes.", "Try 30.", param="search"
        )
    if spec.minutes is not None and not 0 < spec.minutes <= MOST_MINUTES:
        raise BadArgument(
            f"A training may take more than 0 and at most {MOST_MINUTES:,} minutes.",
            "Try 30.",
            param="minutes",
        )


def budget_of(spec: FinetuneSpec, task: Task) -> Budget:
    """What the user gave; else a quarter of an hour where ``auto`` has a quick method to take instead.

    Args:
        spec: the wish.
        task: its task.
    """
    quick = spec.method == "auto" and "head" in task.methods
    if spec.minutes is not None:
        share = 3 if spec.unlabeled else 1  # it is trained twice, and labels all of the texts between
        return Budget(60 * spec.minutes / share, AUTO_PASSES if quick else LEAST_PASSES)
    return Budget(recipe.PATIENT_SECONDS) if quick else Budget(None)


def lasting(spec: FinetuneSpec, seconds: float) -> float:
    """How long the whole takes: with unlabelled texts it is trained twice, a search has its time.

    Args:
        spec: the wish.
        seconds: that one training takes.
    """
    once = seconds * (3 if spec.unlabeled else 1)
    return max(once, 60 * spec.search) if spec.search else once


def cut(passes: float, usual: float) -> str:
    """A sentence about fewer passes than the usual ones, to stand behind another; nothing where there are as many."""
    if passes >= usual:
        return ""
    return f" To keep to the time, {passes:g} of the usual {usual:g} passes over the data are made."


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

"""How a training run tells the world how far it is."""

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Progress:
    """One report of a run.

    Attributes:
        step: optimizer steps (or batches) done.
        steps: how many there will be; 0 while that is unknown.
        message: what is going on, for people.
        loss: the training loss of the last step.
        validation_loss: the last loss on the validation rows.
        eta_seconds: time left, as far as it can be told.
    """

    step: int
    steps: int
    message: str
    loss: float | None = None
    validation_loss: float | None = None
    eta_seconds: float | None = None


Callback = Callable[[Progress], None]


@dataclass
class Reporter:
    """Sends progress to a callback, a few times a second at most, and guesses the time left.

    The callback may raise ``tools.errors.Cancelled``: it passes through whatever called :meth:`tell`.
    """

    callback: Callback
    interval: float = 0.25
    steps: int = 0
    step: int = 0
    loss: float | None = None
    validation_loss: float | None = None
    _told: float = field(default=-1e9, repr=False)
    _phase: tuple[str, int, float] | None = field(default=None, repr=False)

    def tell(self, message: str) -> None:
        """Report now, whatever was said before."""
        self._told = time.monotonic()
        eta = self._time_left()
        self.callback(Progress(self.step, self.steps, message, self.loss, self.validation_loss, eta))

    def phase(self, message: str, steps: int, step: int = 0) -> None:
        """Begin counted work.

        Args:
            message: what is beginning.
            steps: how many steps it has.
            step: where it begins (after a resume not at 0).
        """
        self.steps, self.step = steps, step
        self._phase = (message, step, time.monotonic())
        self.tell(message)

    def advance(self, step: int, message: str = "") -> None:
        """So many steps are done. Reports if the last report is old enough, and always at the end."""
        self.step = step
        if step >= self.steps or time.monotonic() - self._told >= self.interval:
            self.tell(message or (self._phase[0] if self._phase else ""))

    def beat(self, message: str) -> None:
        """A sign of life in uncounted work (encoding, evaluating), if the last report is old enough."""
        if time.monotonic() - self._told >= self.interval:
            self.tell(message)

    def _time_left(self) -> float | None:
        """Seconds, from the mean speed since the phase began."""
        if self._phase is None or self.step <= self._phase[1]:
            return None
        _, first, began = self._phase
        return max(0.0, (time.monotonic() - began) / (self.step - first) * (self.steps - self.step))


NOTED_EVERY = 2.0  # seconds


class Stopwatch:
    """How long a run has been worked on, in all its attempts: the time before a death is not lost.

    Args:
        file: keeps the seconds.
    """

    def __init__(self, file: Path):
        self._file, self._began, self._noted = file, time.monotonic(), -1e9
        self._before = 0.0
        with contextlib.suppress(OSError, ValueError):
            self._before = float(file.read_text())

    def look(self) -> float:
        """Seconds so far; kept now and then."""
        now = time.monotonic()
        seconds = self._before + now - self._began
        if now - self._noted >= NOTED_EVERY:
            self._noted = now
            partial = self._file.with_suffix(".partial")
            with contextlib.suppress(OSError):  # a full disk is told by what has to be written
                partial.write_text(f"{seconds:.1f}")
                partial.replace(self._file)
        return seconds

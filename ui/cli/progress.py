"""How a job gets on: a bar on a terminal, plain lines where stderr goes to a file."""

import sys
import time
from typing import Any

from ui.cli.output import duration, note

PAUSE = 5.0  # seconds between two plain lines


class JobProgress:
    """Shows one job on stderr.

    Args:
        job_id: the job.
    """

    def __init__(self, job_id: str):
        self._id = job_id
        self._bar: Any = None
        self._said, self._told = "", 0.0

    def __enter__(self) -> "JobProgress":
        if sys.stderr.isatty():
            self._bar = _bar()
            self._task = self._bar.add_task(self._id, total=1.0, loss="", left="", message="Waiting")
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar:
            self._bar.stop()

    def show(self, job: dict[str, Any]) -> None:
        """How it stands now."""
        done, message = job["progress"] or 0.0, _message(job)
        loss, left = _loss(job), duration(job.get("time_left"))
        if self._bar:
            left = f"{left} left" if left else ""
            self._bar.update(self._task, completed=done, loss=loss, left=left, message=message)
        elif message != self._said or time.monotonic() - self._told > PAUSE:
            parts = [f"{self._id} {round(100 * done):3d} %", message, loss, f"{left} left" if left else ""]
            note("  ".join(part for part in parts if part))
            self._said, self._told = message, time.monotonic()


def _bar() -> Any:
    """The bar's columns."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[message]}", style="dim"),
        TextColumn("{task.fields[loss]}"),
        TextColumn("{task.fields[left]}"),
        console=Console(stderr=True),
        redirect_stdout=False,
        redirect_stderr=False,
    )


def _message(job: dict[str, Any]) -> str:
    return str(
        job.get("message") or {"queued": "Waiting", "succeeded": "Done"}.get(job["status"], job["status"])
    )


def _loss(job: dict[str, Any]) -> str:
    """The newest loss of the curve, whose points are ``[step, loss, validation loss]``."""
    known = [point[1] for point in job.get("curve") or [] if point[1] is not None]
    return f"loss {known[-1]:.3f}" if known else ""

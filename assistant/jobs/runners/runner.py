"""Where jobs run: the interface, and the choice."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from assistant.jobs.queue import LEASE
from assistant.jobs.work import KINDS


@dataclass(frozen=True)
class Order:
    """What a runner must know to start one job's process."""

    job_id: str
    owner: str
    folder: Path
    kinds: str = KINDS
    lease: float = LEASE

    @property
    def arguments(self) -> list[str]:
        """The command line behind the interpreter."""
        about = {
            "--job": self.job_id,
            "--owner": self.owner,
            "--kinds": self.kinds,
            "--lease": str(self.lease),
        }
        return ["-m", "assistant.jobs.child", *(word for pair in about.items() for word in pair)]


class Handle(Protocol):
    """A started process."""

    def ended(self) -> int | None:
        """Its exit code (minus the signal that killed it), or None while it runs."""
        ...


class Runner(Protocol):
    """Starts jobs somewhere."""

    at_once: int

    def start(self, order: Order) -> Handle:
        """Start one job's process and return without waiting."""
        ...


def choose_runner(settings: Any) -> Runner:
    """Ray where ``ASSISTANT_RAY_ADDRESS`` is set, else processes of this machine.

    Raises:
        BadSettings: Ray is wanted but cannot be used.
    """
    if settings.ray_address:
        from assistant.jobs.runners.ray_cluster import RayRunner

        return RayRunner(settings)
    from assistant.jobs.runners.local import LocalRunner

    return LocalRunner(settings)

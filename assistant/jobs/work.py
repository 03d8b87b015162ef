"""What a job's code is given, and where the kinds of jobs are found."""

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.home import Home
from assistant.jobs.queue import LEASE
from assistant.store.database import Database
from tools.errors import NotFound, did_you_mean
from tools.finetune.progress import Progress

KINDS = "assistant.jobs.kinds"
SHORT_OF_MEMORY = (
    "killed"  # a file in a job's folder: its last process was killed, so the next needs less memory
)


@dataclass(frozen=True)
class Work:
    """One job on its way.

    ``folder`` is the job's own, kept between attempts, so checkpoints belong there. ``progress`` is to be called with
    a :class:`Progress` often (each step); it raises ``tools.errors.Cancelled`` once someone has cancelled the job.
    ``owner`` and ``lease`` are how the job's row is held, for processes on other machines that report for this one.
    ``user_id`` is who has asked for it.
    """

    id: str
    spec: dict[str, Any]
    folder: Path
    home: Home
    database: Database
    progress: Callable[[Progress], None]
    owner: str = ""
    lease: float = LEASE
    user_id: str | None = None


def find_kind(name: str, package: str = KINDS) -> Callable[[Work], dict[str, Any]]:
    """The ``run`` function of a kind of job: one module a kind, found by walking the package.

    Args:
        name: the module's name.
        package: where the modules are.

    Raises:
        NotFound: no such kind.
    """
    names = [each.name for each in pkgutil.iter_modules(importlib.import_module(package).__path__)]
    if name not in names:
        raise NotFound(f"There is no kind of job named {name}.", did_you_mean(name, names))
    return importlib.import_module(f"{package}.{name}").run


def job_folder(home: Home, job_id: str) -> Path:
    """A job's own folder, made if need be."""
    return home.folder(f"jobs/{job_id}")


def read_log(home: Home, job_id: str, most: int = 200_000) -> str:
    """The end of a job's log; empty where it has not started.

    Args:
        home: the home folder.
        job_id: as the queue writes it, for example ``job-3``.
        most: how many bytes to read, from the end.
    """
    path = home.jobs / job_id / "log.txt"
    if not path.is_file():
        return ""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - most))
        return file.read().decode("utf-8", "replace")

"""Jobs as processes of this machine, one at a time."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from assistant.jobs.runners.runner import Handle, Order
from assistant.settings import Settings

SECRETS = ("vector_store_key",)  # that jobs need
SERVERS = (
    "handoff_",
    "oidc_",
    "otel_",
    "vllm",
)  # beginnings of settings that may hold secrets, and that no job needs


class LocalRunner:
    """Starts each job as a process of its own, its output going to the job's log.

    Args:
        settings: the program's settings, handed down through the environment.
    """

    at_once = 1  # a second training would only slow the first

    def __init__(self, settings: Any):
        self._environment = child_environment(settings)

    def start(self, order: Order) -> Handle:
        """Start the process in a session of its own, so that it outlives this one."""
        with (order.folder / "log.txt").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, *order.arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=os.environ | self._environment,
                cwd=order.folder,
                start_new_session=True,
            )
        return LocalProcess(process)


class LocalProcess:
    """A process of this machine."""

    def __init__(self, process: subprocess.Popen):
        self._process = process

    def ended(self) -> int | None:
        """Its exit code, or None while it runs."""
        return self._process.poll()


def importable() -> dict[str, str]:
    """The part of an environment that lets another Python find this program, wherever it was started."""
    root = str(Path(__file__).parents[3])
    return {"PYTHONPATH": os.pathsep.join([root, *filter(None, [os.environ.get("PYTHONPATH")])])}


def child_environment(settings: Settings, secrets: Sequence[str] = SECRETS) -> dict[str, str]:
    """What a job's process must find in its environment: the settings of this one, and threads that sleep.

    The settings may come from a ``.env`` file, which is not seen from a job's folder or another machine. What is for
    the server alone stays there.

    Args:
        settings: of this process.
        secrets: of the secret ones, those that are handed down.
    """
    names = sorted(name for name in settings.model_fields_set if not name.startswith(SERVERS))
    given = {name: getattr(settings, name) for name in names}
    given |= {name: secret.get_secret_value() for name in secrets if (secret := given.get(name))}
    given |= {"home": settings.where.root, "database_url": settings.database}
    usable = {name: value for name, value in given.items() if not isinstance(value, SecretStr | None)}
    wanted = {f"ASSISTANT_{name.upper()}": str(value) for name, value in usable.items()}
    return wanted | {"OMP_WAIT_POLICY": "PASSIVE", "PYTHONUNBUFFERED": "1"} | importable()

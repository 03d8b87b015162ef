"""Jobs on a Ray cluster (``ASSISTANT_RAY_ADDRESS``), each as a process on one of its machines.

With ``ASSISTANT_RAY_WORKERS`` that process only leads: workers on several machines train, see ``ray_train``.
The machines must have this program installed and see the same home folder (a shared disk) and the same database.
"""

import contextlib
import os
import signal
import threading
from collections.abc import Iterator
from typing import Any

from assistant.errors import BadSettings
from assistant.jobs.runners.local import child_environment
from assistant.jobs.runners.runner import Handle, Order

LOST = 70  # exit code that stands for a machine of the cluster that went away


class RayRunner:
    """Hands each job to the cluster.

    Args:
        settings: the program's settings.
        at_once: how many jobs may wait or run on the cluster together; Ray places them.

    Raises:
        BadSettings: Ray is not installed, or no cluster answers.
    """

    def __init__(self, settings: Any, at_once: int = 8):
        together = settings.ray_workers > 1  # such a job takes the whole cluster
        self.at_once = 1 if together else at_once
        self._ray = connected(settings.ray_address)
        self._environment = child_environment(settings) | {
            "ASSISTANT_RAY_ADDRESS": self._ray.get_runtime_context().gcs_address,  # as its machines know it
            "ASSISTANT_RAY_WORKERS": str(settings.ray_workers),
        }
        gpus = 1 if self._ray.cluster_resources().get("GPU") else 0
        room = {"num_cpus": 0, "num_gpus": 0} if together else {"num_cpus": 1, "num_gpus": gpus}
        # The queue counts the attempts, so Ray is to make none of its own.
        self._run = self._ray.remote(**room, max_retries=0)(run_child)

    def start(self, order: Order) -> Handle:
        """Submit the job's process to the cluster."""
        log = str(order.folder / "log.txt")
        return RayTask(
            self._ray, self._run.remote(order.arguments, self._environment, str(order.folder), log)
        )


class RayTask:
    """A process somewhere on the cluster."""

    def __init__(self, ray: Any, reference: Any):
        self._ray, self._reference = ray, reference

    def ended(self) -> int | None:
        """Its exit code, or None while it waits or runs."""
        ready, _ = self._ray.wait([self._reference], timeout=0)
        if not ready:
            return None
        try:
            return self._ray.get(self._reference)
        except self._ray.exceptions.RayError:
            return LOST


def run_child(arguments: list[str], environment: dict[str, str], folder: str, log: str) -> int:
    """What runs on the cluster's machine: the same process the local runner starts. Returns its exit code."""
    import os
    import subprocess
    import sys

    with open(log, "ab") as output:  # noqa: PTH123 - shipped to the cluster by value, so it imports what it needs
        return subprocess.run(
            [sys.executable, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=os.environ | environment,
            cwd=folder,
            check=False,
        ).returncode


def connected(address: str, **options: Any) -> Any:
    """Ray, as part of a cluster.

    Args:
        address: of the cluster.
        options: further ones of ``ray.init``.

    Raises:
        BadSettings: Ray is not installed, or no cluster answers.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # a cluster that is started here tells nobody
    # Threads of Ray Serve would connect anew, or start a cluster, when this process has left.
    os.environ.setdefault("RAY_ENABLE_AUTO_CONNECT", "0")
    try:
        import ray
    except ImportError as error:
        raise BadSettings(
            "ASSISTANT_RAY_ADDRESS is set, but Ray is not installed.", "pip install 'startup-assistant[ray]'."
        ) from error
    try:
        usual: dict[str, Any] = {
            "ignore_reinit_error": True,
            "log_to_driver": False,
            "logging_level": "ERROR",
        }
        with _own_handler():
            ray.init(address=address, **(usual | options))
    except (ConnectionError, ValueError, RuntimeError, ray.exceptions.AuthenticationError) as error:
        hint = "Check ASSISTANT_RAY_ADDRESS, and set RAY_AUTH_MODE=token if the cluster asks for its token."
        raise BadSettings(f"No Ray cluster answers at {address}.", hint) from error
    return ray


@contextlib.contextmanager
def _own_handler() -> Iterator[None]:
    """Ray sets a handler of SIGTERM that exits at once; a server's own one, which lets requests end, stays."""
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        if callable(before) and threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, before)

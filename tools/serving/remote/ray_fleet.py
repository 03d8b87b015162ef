"""Models as replicas on a Ray cluster (Ray Serve): the cluster computes, this process asks.

Each model is an application of Ray Serve, whose name tells the home and the weights: processes of one home share it,
and new weights are a new one. Ray adds and takes replicas by the requests under way, and starts anew those that die.
"""

import asyncio
import hashlib
import logging
import threading
import time
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import Any

from tools.errors import WorkFailed
from tools.models.card import read_info
from tools.serving.predictor import Predictor
from tools.serving.remote.ray_files import Files, identity
from tools.serving.remote.ray_model import DistantModel
from tools.serving.remote.ray_replica import STREAMS, Replica

TARGET = 16  # requests under way that a replica shall have; more make another one
WAITING = 4_096  # requests that may wait for a model
START_SECONDS = 900.0  # a large model is read, perhaps copied before
IDLE_SECONDS = 30.0
CORES = 0.1  # that a replica is booked for: most wait most of the time, and a whole core each would keep the others out
NAMESPACE = "assistant"
PROTOCOL = 3  # how replicas are asked; those of programs that ask in another way are left alone


class Fleet:
    """The models of one home on one cluster. Safe to share between threads. Ray is connected already.

    Args:
        root: the folder below which the models' folders lie.
        replicas: of each model, the fewest and the most.
        environment: variables of the replicas.
        engine: see :func:`tools.serving.predictor.load`.

    Attributes:
        idle_seconds: after which a model that is not in service is let go.
    """

    def __init__(
        self,
        root: Path,
        replicas: tuple[int, int] = (1, 4),
        environment: dict[str, str] | None = None,
        engine: str | None = None,
    ):
        from ray import serve

        logging.getLogger("ray.serve").setLevel(logging.ERROR)
        serve.start(proxy_location="Disabled", logging_config={"log_level": "ERROR"})  # we are the door
        self._root, self._replicas, self._engine = root, replicas, engine
        self._environment = environment or {}
        self._prefix, self.idle_seconds = prefix(root), IDLE_SECONDS
        self._files = self._give_files()
        self._held: dict[Path, DistantModel] = {}
        self._lock = threading.Lock()
        self._starting: dict[str, threading.Lock] = {}
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self.loop.run_forever, name="ray", daemon=True).start()

    def predictor(self, folder: Path) -> Predictor:
        """A model, ready to answer on the cluster.

        Raises:
            NotFound, BadData: the folder is gone, or damaged.
            WorkFailed: no replica starts.
        """
        info = read_info(folder)
        self.handle(folder)
        model = DistantModel(self, folder, info["task"])
        with self._lock:
            self._held[folder] = model
        return Predictor(folder, info, model)

    def handle(self, folder: Path) -> Any:
        """What sends requests to a model's replicas, which are started where there are none.

        Raises:
            WorkFailed: no replica starts.
        """
        from ray import serve

        name = self._name(folder)
        with self._lock:
            turn = self._starting.setdefault(name, threading.Lock())
        with turn:
            if self._status(name) not in ("RUNNING", "DEPLOYING"):
                self._start(name, folder)
            self._wait(name, folder)
        return serve.get_deployment_handle("model", name)

    def keep(self, folders: Collection[Path]) -> list[Path]:
        """End the replicas of unused models that are none of these, those of earlier servers too.

        Args:
            folders: of the models in service.

        Returns:
            Folders of the models that were let go.
        """
        from ray import serve

        with self._lock:
            gone = [each for each, model in self._held.items() if each not in folders and model.idle]
            for folder in gone:
                del self._held[folder]
            needed = {self._name(folder) for folder in [*self._held, *folders] if folder.is_dir()}
        for name, found in serve.status().applications.items():
            old = time.time() - found.last_deployed_time_s > self.idle_seconds
            if name.startswith(self._prefix) and name not in needed and old:
                serve.delete(name, _blocking=False)
        return gone

    def close(self) -> None:
        """Stop asking. The replicas stay, for other processes of this home; see :func:`end`."""
        self.loop.call_soon_threadsafe(self.loop.stop)

    def _name(self, folder: Path) -> str:
        made = hashlib.sha256(repr((PROTOCOL, str(folder), identity(folder))).encode()).hexdigest()[:8]
        return f"{self._prefix}{folder.name}-{made}"

    def _status(self, name: str) -> str:
        from ray import serve

        found = serve.status().applications.get(name)
        return str(found.status.value) if found else ""

    def _start(self, name: str, folder: Path) -> None:
        from ray.serve.api import RunTarget, deployment, run_many

        fewest, most = self._replicas
        described: Any = deployment(
            Replica,
            name="model",
            max_ongoing_requests=STREAMS,
            max_queued_requests=WAITING,
            ray_actor_options=self._room(folder) | {"runtime_env": {"env_vars": self._environment}},
            autoscaling_config={
                "min_replicas": fewest,
                "max_replicas": most,
                "target_ongoing_requests": TARGET,
            },
            health_check_period_s=2,
            graceful_shutdown_timeout_s=10,
            max_constructor_retry_count=2,
        )
        app = described.bind(str(folder), identity(folder), str(self._root), self._files, self._engine)
        run_many([RunTarget(app, name, route_prefix=None)], wait_for_applications_running=False)

    def _room(self, folder: Path) -> dict[str, float]:
        """What a replica books of its machine: little of a core, and of a GPU all to write, a quarter to read."""
        import ray

        if not ray.cluster_resources().get("GPU"):
            return {"num_cpus": CORES}
        return {"num_cpus": CORES, "num_gpus": 1 if read_info(folder)["task"] == "text-generation" else 0.25}

    def _wait(self, name: str, folder: Path) -> None:
        from ray import serve

        deadline = time.monotonic() + START_SECONDS
        while (status := self._status(name)) != "RUNNING":
            if status == "DEPLOY_FAILED" or time.monotonic() > deadline:
                found = serve.status().applications[name]
                why = next((each.message for each in found.deployments.values() if each.message), status)
                serve.delete(name, _blocking=False)
                raise WorkFailed(
                    f"{folder.name} does not start on the Ray cluster: {_told(why)}.",
                    "See whether the cluster has room (ray status), and the program is installed on its machines.",
                )
            time.sleep(0.1)

    def _give_files(self) -> tuple[str, str]:
        """Have an actor on this machine give the models' files."""
        import ray
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
        options: dict[str, Any] = {
            "name": f"{self._prefix}files",
            "namespace": NAMESPACE,
            "lifetime": "detached",
            "get_if_exists": True,
            "num_cpus": 0,
            "max_restarts": -1,
            "scheduling_strategy": here,
            "runtime_env": {"env_vars": self._environment},
        }
        ray.remote(Files).options(**options).remote(str(self._root))
        return options["name"], NAMESPACE


def prefix(root: Path) -> str:
    """How the names of a home's applications begin."""
    return f"assistant-{hashlib.sha256(str(root).encode()).hexdigest()[:8]}-"


def end(root: Path) -> None:
    """End all replicas of a home, and what gives its files.

    Args:
        root: the folder below which its models' folders lie.
    """
    import ray
    from ray import serve

    for name in serve.status().applications:
        if name.startswith(prefix(root)):
            serve.delete(name, _blocking=False)
    with suppress(ValueError):
        ray.kill(ray.get_actor(f"{prefix(root)}files", NAMESPACE))


def _told(why: str) -> str:
    """The line of a traceback that says most."""
    lines = [line.strip() for line in why.strip().splitlines() if line.strip()]
    return (lines[-1] if lines else "nobody says why")[:300].rstrip(".")

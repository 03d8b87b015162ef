"""One training on several machines, by Ray Train (``ASSISTANT_RAY_WORKERS``). Imported only where it is wanted.

The job's own process stays in charge: it asks for the workers, waits, and enters the model in the registry. Each worker
runs the same ``tools.finetune.run.train``; the first of them also keeps the job's row up to date, and hears of a
cancellation. Where a worker dies, Ray Train starts a new group, which goes on from the last checkpoint in the job's
folder, on the disk that the machines share.
"""

import contextlib
import os
import shutil
import socket
from functools import partial
from pathlib import Path
from typing import Any

from ray.train import ControllerError, FailureConfig, RunConfig, ScalingConfig, UserCallback
from ray.train.torch import TorchConfig, TorchTrainer

from assistant.home import exclusive
from assistant.jobs.child import be_modest, say
from assistant.jobs.heartbeat import Heartbeat
from assistant.jobs.queue import JobQueue
from assistant.jobs.runners.local import child_environment
from assistant.jobs.runners.ray_cluster import connected
from assistant.jobs.work import Work
from assistant.settings import settings
from assistant.store.database import Database
from knowledge.errors import TeachingError
from tools.errors import WorkFailed
from tools.finetune import ranks
from tools.finetune.progress import Progress
from tools.finetune.spec import FinetuneSpec

LOSSES = 3  # groups that may break before the job fails


def train_together(work: Work, spec: FinetuneSpec, output: Path, workdir: Path) -> dict[str, Any]:
    """Train with several workers of the cluster.

    Args:
        work: the job.
        spec: the wish.
        output: see :func:`tools.finetune.run.train`.
        workdir: the same.

    Returns:
        As :func:`tools.finetune.run.train`.

    Raises:
        WorkFailed: the cluster is too small; further as :func:`tools.finetune.run.train`.
        TrainingFailedError: Ray's own, where groups broke too often.
    """
    chosen = settings()
    assert chosen.ray_address is not None
    ray = connected(
        chosen.ray_address, runtime_env={"env_vars": child_environment(chosen, ())}
    )  # Ray shows it
    work.progress(Progress(0, 0, f"Waiting for {chosen.ray_workers} workers"))
    storage = work.folder / "ray"
    order = {"job": (work.id, work.owner, work.lease), "spec": spec.as_dict()}
    # Ray's annotations are those of its older trainer.
    callbacks: list[Any] = [_Final(work.folder)]
    losses = FailureConfig(max_failures=LOSSES)
    trainer: Any = TorchTrainer(
        work_along,  # type: ignore[arg-type]
        train_loop_config=order | {"places": (str(output), str(workdir))},
        torch_config=TorchConfig(timeout_s=int(ranks.PATIENCE.total_seconds())),
        scaling_config=_scaling(ray.nodes(), chosen.ray_workers),
        run_config=RunConfig(
            name=work.id, storage_path=str(storage), failure_config=losses, callbacks=callbacks
        ),
    )
    try:
        return trainer.fit().return_value
    except ControllerError as error:
        raise error.controller_failure from error  # what _Final raised
    finally:
        shutil.rmtree(storage, ignore_errors=True)


class _Final(UserCallback):
    """Ends the run at an error that a new group would meet again; after any other, Ray Train starts one.

    Args:
        folder: the job's, for its log.
    """

    def __init__(self, folder: Path):
        self.folder = folder

    def after_exception(self, run_context: Any, worker_exceptions: dict[int, Exception]) -> None:
        """Raise the first such error of any worker."""
        for rank, error in worker_exceptions.items():
            if isinstance(error, TeachingError):
                raise error
            _note(self.folder, f"Worker {rank + 1} failed: {type(error).__name__}: {error}")


def work_along(order: dict[str, Any]) -> dict[str, Any]:
    """What each worker of the group does; only the first has a result."""
    be_modest()
    job, owner, lease = order["job"]
    output, workdir = map(Path, order["places"])
    spec = FinetuneSpec.from_dict(order["spec"])
    where = f"worker {ranks.rank() + 1} of {ranks.world()} on {socket.gethostname()}, process {os.getpid()}"
    _note(workdir.parent, f"{job}: {where}")
    from tools.finetune.run import train

    if ranks.rank():
        return train(spec, output, workdir, lambda _: None)
    queue = JobQueue(Database(settings().database), lease)
    with (
        Heartbeat(queue, job, owner, partial(_note, workdir.parent)) as heart,
        exclusive(workdir.parent / "first.lock", where, wait=True),  # the group before must be gone
    ):
        return train(spec, output, workdir, heart.progress)


def _note(folder: Path, line: str) -> None:
    """Add a line to the job's log; what else workers print is in Ray's own logs."""
    with contextlib.suppress(OSError), (folder / "log.txt").open("a") as log, contextlib.redirect_stdout(log):
        say(line)


def _scaling(nodes: list[dict[str, Any]], workers: int) -> ScalingConfig:
    """A GPU for each worker where the cluster has so many, and as many cores as fit.

    Args:
        nodes: as ``ray.nodes()`` lists them.
        workers: how many there shall be.

    Raises:
        WorkFailed: there is not even one core for each.
    """
    sizes = [node["Resources"] for node in nodes if node["Alive"]]
    machines = [(int(size.get("CPU", 0)), int(size.get("GPU", 0))) for size in sizes]
    gpus = sum(gpu for _, gpu in machines) >= workers

    def room(cores: int) -> int:
        return sum(min(cpu // cores, gpu) if gpus else cpu // cores for cpu, gpu in machines)

    fitting = [cores for cores in range(1, max(cpu for cpu, _ in machines) + 1) if room(cores) >= workers]
    if not fitting:
        raise WorkFailed(
            f"The cluster has no room for {workers} workers: it has {sum(cpu for cpu, _ in machines)} cores.",
            "Set ASSISTANT_RAY_WORKERS lower, or add machines.",
        )
    return ScalingConfig(
        num_workers=workers, use_gpu=gpus, resources_per_worker={"CPU": fitting[-1], "GPU": int(gpus)}
    )

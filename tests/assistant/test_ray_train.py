"""One training by two workers of a local Ray cluster, over gloo: over a worker's death to its end, and cancelled."""

import contextlib
import os
import re
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from assistant.jobs.queue import JobQueue
from assistant.jobs.runners.runner import choose_runner
from assistant.jobs.work import read_log
from assistant.jobs.worker import Worker
from assistant.settings import Settings
from assistant.store.database import Database
from assistant.workspace.models import Registry
from tests.tools.tiny_models import sentences, tiny_bert, write_csv
from tools.finetune.plan import make_plan
from tools.finetune.spec import FinetuneSpec
from tools.finetune.task import find_task

ray = pytest.importorskip("ray", reason="the optional extra ray is not installed")
pytest.importorskip("ray.train.torch", reason="the optional extra ray is not installed")

pytestmark = pytest.mark.timeout(900)  # two workers that wait for each other get little of a busy machine
ROOT = Path(__file__).parents[2]
BATCH = 16


@pytest.fixture(scope="module")
def cluster():
    """Two cores of this machine."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(ROOT))
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patch.setenv("RAY_TRAIN_HEALTH_CHECK_INTERVAL_S", "0.5")
        ray.init("local", num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
        yield
        ray.shutdown()


@pytest.fixture
def worker(home: Path, cluster: None):
    """A worker of the home, whose jobs train with two workers of the cluster."""
    settings = Settings(home=home, ray_address="local", ray_workers=2)
    queue = JobQueue(Database(settings.database), lease=10)
    return Worker(queue, settings.where, choose_runner(settings), patience=0.5)


@pytest.fixture
def wish(home: Path, tmp_path: Path) -> Callable[..., FinetuneSpec]:
    def make(**more) -> FinetuneSpec:
        data, base = write_csv(tmp_path / "data.csv", sentences(90)), tiny_bert(tmp_path / "tiny")
        return FinetuneSpec(data, "router", "tiny", base, method="full", batch_size=BATCH, **more)

    return make


def processes(log: str) -> list[int]:
    """Of the workers, as they came."""
    return [int(pid) for pid in re.findall(r"worker [12] of 2 on \S+, process (\d+)", log)]


def alive(pid: int) -> bool:
    with contextlib.suppress(OSError, IndexError):
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    return False


def wait(condition: Callable[[], object], seconds: float = 400) -> float:
    """Wait until something is so, and return how long that took."""
    begin = time.monotonic()
    while not condition():
        assert time.monotonic() - begin < seconds, "waited too long"
        time.sleep(0.05)
    return time.monotonic() - begin


def checkpoint(folder: Path) -> int:
    """The step of the first whole checkpoint, once there is one."""
    wait(lambda: list(folder.glob("work/checkpoints/checkpoint-*/trainer_state.json")))
    return max(int(path.name.split("-")[1]) for path in folder.glob("work/checkpoints/checkpoint-*"))


@contextlib.contextmanager
def beside(work: Callable[[], None]):
    """Run something in a thread of its own meanwhile."""
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    yield
    thread.join(10)


def test_a_killed_worker_costs_only_what_the_last_checkpoint_lacks(worker: Worker, wish):
    queue, folder, spec = worker.queue, worker.home.jobs / "job-1", wish(epochs=60, learning_rate=1e-3)
    queue.submit("finetune", spec.as_dict())
    saved, seen = [], []

    def kill_one() -> None:
        saved.append(checkpoint(folder))
        os.kill(processes(read_log(worker.home, "job-1"))[-1], signal.SIGKILL)
        wait(lambda: len(processes(read_log(worker.home, "job-1"))) == 4)
        wait(
            lambda: queue.row("job-1")["message"] != "Training"
        )  # until then the row tells of the first group
        while (row := queue.row("job-1"))["status"] == "running":
            if row["message"] == "Training":
                seen.append(row["step"])
            time.sleep(0.05)

    with beside(kill_one):
        worker.run()
    job, log = queue.get("job-1"), read_log(worker.home, "job-1")
    assert (job["status"], job["attempts"]) == ("succeeded", 1), log
    assert len(set(processes(log))) == 4
    assert re.search("Worker [12] failed: WorkerHealthCheckFailedError", log)
    assert seen
    assert min(seen) >= saved[0] > 0
    steps = make_plan(spec)["epochs"] * -(-(81 + 3) // BATCH)  # with the labels' names; whole batches
    assert (job["step"], job["steps"]) == (steps, steps)
    assert job["curve"] and all(0 < loss < 2 for _, loss, _ in job["curve"])
    assert job["result"]["metrics"]["accuracy"] > job["result"]["baseline"]["majority"]["accuracy"]
    router = Registry(Database(Settings(home=worker.home.root).database), worker.home).get("router").path
    trained = find_task("text-classification").load(router, "cpu")
    assert trained.predict(["stolen card pin"])[0]["label"] == "cards"
    left = {path.name for path in folder.iterdir()}
    assert left <= {"log.txt", "lock", "result.json", "first.lock"}


def test_a_cancelled_group_leaves_the_cluster(worker: Worker, wish):
    queue, folder = worker.queue, worker.home.jobs / "job-1"
    queue.submit("finetune", wish(epochs=1000, learning_rate=1e-6).as_dict())
    took = []

    def cancel() -> None:
        checkpoint(folder)
        queue.cancel("job-1")
        took.append(wait(lambda: queue.get("job-1")["status"] == "cancelled"))

    with beside(cancel):
        worker.run()
    log = read_log(worker.home, "job-1")
    assert queue.get("job-1")["status"] == "cancelled", log
    assert took[0] < 5
    *_, first, second = processes(log)  # others came before, where a machine was too busy to answer for them
    wait(lambda: not alive(first) and not alive(second))
    assert not list(worker.home.models.glob("router*"))

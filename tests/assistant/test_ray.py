"""Jobs on a Ray cluster: a local one, where the optional extra ``ray`` is installed."""

import os
import signal
import sys
import threading
import time
from pathlib import Path

import pytest

from assistant.errors import BadSettings
from assistant.jobs.queue import JobQueue
from assistant.jobs.runners.runner import choose_runner
from assistant.jobs.worker import Worker
from assistant.settings import Settings
from assistant.store.database import Database

ROOT = Path(__file__).parents[2]
KINDS = "tests.assistant.job_kinds"


def test_without_ray_the_setting_is_explained(home: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(BadSettings, match="Ray is not installed. pip install"):
        choose_runner(Settings(home=home, ray_address="ray.example:6379"))


@pytest.fixture
def cluster(home: Path, monkeypatch: pytest.MonkeyPatch):
    ray = pytest.importorskip("ray")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    settings = Settings(home=home, ray_address="local")
    yield settings
    ray.shutdown()


def test_a_job_runs_on_the_cluster_and_survives_a_kill(cluster: Settings):
    queue = JobQueue(Database(cluster.database), lease=5)
    queue.submit("counting", {"to": 100})
    worker = Worker(queue, cluster.where, choose_runner(cluster), KINDS, patience=0.5)
    folder = cluster.where.jobs / "job-1"

    def kill_half_way() -> None:
        while not (folder / "counted").exists() or int((folder / "counted").read_text() or 0) < 20:
            time.sleep(0.05)
        os.kill(int((folder / "begun").read_text().split()[1]), signal.SIGKILL)

    killer = threading.Thread(target=kill_half_way, daemon=True)
    killer.start()
    worker.run()
    job = queue.get("job-1")
    assert (job["status"], job["attempts"]) == ("succeeded", 2), job
    assert int((folder / "begun").read_text().splitlines()[1].split()[0]) >= 20

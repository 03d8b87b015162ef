"""Jobs in real processes: they finish, stop, die and go on."""

import contextlib
import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from assistant.errors import Conflict, Occupied
from assistant.home import Home, exclusive
from assistant.jobs.heartbeat import CURVE, thin
from assistant.jobs.queue import ATTEMPTS, JobQueue
from assistant.jobs.work import KINDS, find_kind, read_log
from assistant.jobs.worker import ensure_worker
from assistant.settings import Settings
from assistant.store.database import Database
from tools.errors import NotFound

ROOT = Path(__file__).parents[2]
LEASE = 2.0


@pytest.fixture
def queue(home: Path):
    database = Database(Settings(home=home).database)
    yield JobQueue(database, LEASE)
    database.close()


@pytest.fixture
def worker(home: Path, queue: JobQueue):
    """Starts workers that know the test's kind of job; none of them, nor their jobs, outlives the test."""
    started = []

    def start(patience: float = 0.5) -> subprocess.Popen:
        words = ["--kinds", "tests.assistant.job_kinds", "--lease", str(LEASE), "--patience", str(patience)]
        process = subprocess.Popen(
            [sys.executable, "-m", "assistant.jobs.worker", *words],
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            start_new_session=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
    for begun in home.glob("jobs/*/begun"):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid_of(begun), signal.SIGKILL)


def pid_of(begun: Path) -> int:
    return int(begun.read_text().split("\n")[-2].split()[1])


def wait(condition: Callable[[], object], seconds: float = 20) -> float:
    """Wait until something is so, and return how long that took."""
    begin = time.monotonic()
    while not condition():
        assert time.monotonic() - begin < seconds, "waited too long"
        time.sleep(0.02)
    return time.monotonic() - begin


def counted(home: Path, job_id: str = "job-1") -> int:
    path = home / "jobs" / job_id / "counted"
    with contextlib.suppress(ValueError, FileNotFoundError):
        return int(path.read_text())
    return 0


def attempts_of(home: Path, job_id: str = "job-1") -> list[list[str]]:
    return [line.split() for line in (home / "jobs" / job_id / "begun").read_text().splitlines()]


def test_a_job_runs_to_its_end_politely(home: Path, queue: JobQueue, worker):
    job = queue.submit("counting", {"to": 40})
    assert job["status"] == "queued"
    process = worker()
    wait(lambda: queue.get("job-1")["status"] == "succeeded")
    done = queue.get("job-1")
    assert (done["progress"], done["step"], done["steps"]) == (1.0, 40, 40)
    assert done["result"]["counted"] == 40
    assert done["metrics"] == {"accuracy": 1.0}
    assert done["curve"][-1][:2] == [40, 1 / 40]
    assert done["created_at"] <= done["started_at"] <= done["finished_at"]
    _, _, nice, policy = attempts_of(home)[0]
    assert int(nice) >= 5
    assert policy == "PASSIVE"
    assert "Succeeded" in read_log(Home(home), "job-1")
    assert process.wait(10) == 0, "an idle worker ends"


def test_work_on_the_documents_waits_for_no_training_but_for_its_own_kind(
    home: Path, queue: JobQueue, worker
):
    for kind, pause in (("counting", 0.1), ("counting", 0.1), ("reindex", 0.05), ("reindex", 0.05)):
        queue.submit(kind, {"to": 60, "pause": pause})
    worker()
    wait(lambda: queue.get("job-1")["status"] == queue.get("job-3")["status"] == "running")
    assert queue.get("job-2")["status"] == queue.get("job-4")["status"] == "queued"
    wait(lambda: queue.get("job-4")["status"] == "running")
    assert queue.get("job-3")["status"] == "succeeded"
    assert queue.get("job-2")["status"] == "queued"


def test_a_killed_process_goes_on_from_its_checkpoint(home: Path, queue: JobQueue, worker):
    queue.submit("counting", {"to": 120})
    worker()
    wait(lambda: counted(home) > 20)
    os.kill(pid_of(home / "jobs/job-1/begun"), signal.SIGKILL)
    wait(lambda: queue.get("job-1")["status"] == "succeeded")
    first, second = attempts_of(home)
    assert int(first[0]) == 0
    assert int(second[0]) > 20
    assert queue.get("job-1")["attempts"] == 2


def test_a_process_killed_each_time_fails_with_the_reason(home: Path, queue: JobQueue, worker):
    queue.submit("counting", {"to": 10, "at": 5, "fault": "kill"})
    worker()
    wait(lambda: queue.get("job-1")["status"] == "failed", 30)
    assert "killed, probably because the memory ran out" in queue.get("job-1")["error"]
    assert len(attempts_of(home)) == ATTEMPTS


def test_an_orphan_keeps_its_lease_and_finishes(home: Path, queue: JobQueue, worker):
    queue.submit("counting", {"to": int(LEASE * 2 / 0.02)})
    first = worker()
    wait(lambda: counted(home) > 5)
    first.kill()
    first.wait()
    worker()  # must leave the orphan alone
    wait(lambda: queue.get("job-1")["status"] != "running")
    assert queue.get("job-1")["status"] == "succeeded"
    assert len(attempts_of(home)) == 1


def test_worker_and_process_both_killed_and_another_worker_goes_on(home: Path, queue: JobQueue, worker):
    queue.submit("counting", {"to": 120})
    first = worker()
    wait(lambda: counted(home) > 20)
    first.kill()
    os.kill(pid_of(home / "jobs/job-1/begun"), signal.SIGKILL)
    wait(lambda: queue.get("job-1")["status"] == "queued", LEASE + 2)
    worker()
    wait(lambda: queue.get("job-1")["status"] == "succeeded")
    assert int(attempts_of(home)[1][0]) > 20


@pytest.mark.parametrize("seed", [1, 2])
def test_killing_at_random_moments_loses_nothing(home: Path, queue: JobQueue, worker, seed: int):
    """Worker and job process are killed at random, before, while and after they do anything."""
    chance = random.Random(seed)
    queue.submit("counting", {"to": 150})
    for _ in range(4):
        process = worker()
        time.sleep(chance.uniform(0, 1.6))
        victims = chance.choice((["worker"], ["child"], ["worker", "child"]))
        begun = home / "jobs/job-1/begun"
        if "worker" in victims:
            process.kill()
            process.wait()
        if "child" in victims and begun.exists() and alive(pid_of(begun)):
            os.kill(pid_of(begun), signal.SIGKILL)
        if queue.get("job-1")["status"] == "failed":  # killed three times; a person may still go on
            queue.resume("job-1")
    worker()
    wait(lambda: queue.get("job-1")["status"] in ("succeeded", "failed"), 60)
    if queue.get("job-1")["status"] == "failed":
        queue.resume("job-1")
        worker()
    wait(lambda: queue.get("job-1")["status"] == "succeeded", 60)
    starts = [int(line[0]) for line in attempts_of(home)]
    assert starts == sorted(starts), "every attempt goes on where the last one was, none starts over"
    assert counted(home) == 150


def test_one_worker_a_home_is_started_and_ends(home: Path, queue: JobQueue):
    queue.submit("no-such-kind", {})
    for _ in range(3):
        ensure_worker(Home(home))
    wait(lambda: queue.get("job-1")["status"] == "failed")
    assert "no kind of job named no-such-kind" in queue.get("job-1")["error"]
    lock = home / "jobs" / "worker.lock"
    wait(lambda: free(lock), 20)
    assert (home / "logs" / "worker.txt").read_text() == ""


def free(lock: Path) -> bool:
    with contextlib.suppress(Occupied), exclusive(lock, "test"):
        return True
    return False


@pytest.mark.parametrize(
    "spec", [{"to": 5000}, {"to": 50, "at": 20, "fault": "long"}], ids=["steps", "one long step"]
)
def test_cancelling_takes_less_than_two_seconds(home: Path, queue: JobQueue, worker, spec: dict):
    queue.submit("counting", spec)
    worker()
    wait(lambda: counted(home) >= 19)
    queue.cancel("job-1")
    assert wait(lambda: queue.get("job-1")["status"] == "cancelled") < 2
    wait(lambda: not alive(pid_of(home / "jobs/job-1/begun")), 2)
    assert queue.get("job-1")["error"] is None


def alive(pid: int) -> bool:
    status = Path(f"/proc/{pid}/status")
    return status.exists() and "zombie" not in status.read_text()


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ("full", "disk is full.*resume job-1"),
        ("memory", "memory ran out"),
        ("bug", "RuntimeError.*logs job-1"),
    ],
)
def test_faults_end_a_job_with_one_clear_sentence(home: Path, queue: JobQueue, worker, fault: str, says: str):
    queue.submit("counting", {"to": 10, "at": 3, "fault": fault})
    worker()
    wait(lambda: queue.get("job-1")["status"] == "failed")
    job = queue.get("job-1")
    assert re.search(says, job["error"])
    assert "\n" not in job["error"]
    assert job["attempts"] == 1
    log = read_log(Home(home), "job-1")
    assert "Failed" in log
    assert "ann@example.com" not in log


def test_two_workers_never_run_one_job(home: Path, queue: JobQueue, worker):
    for _ in range(4):
        queue.submit("counting", {"to": 5})
    worker()
    worker()
    wait(lambda: all(job["status"] == "succeeded" for job in queue.list()))
    assert [len(attempts_of(home, job["id"])) for job in queue.list()] == [1, 1, 1, 1]


def test_one_job_is_claimed_once_by_many_threads(queue: JobQueue):
    for _ in range(5):
        queue.submit("counting", {"to": 1})
    claimed, start = [], threading.Barrier(8)

    def claim(name: str) -> None:
        start.wait()
        while row := queue.claim(name):
            claimed.append(row["number"])

    threads = [threading.Thread(target=claim, args=(f"w{n}",)) for n in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(claimed) == [1, 2, 3, 4, 5]


def test_a_lease_that_ran_out_queues_again_and_then_fails(home: Path):
    queue = JobQueue(Database(Settings(home=home).database), lease=0.05)
    queue.submit("counting", {"to": 1})
    for attempt in range(1, ATTEMPTS + 1):
        assert queue.claim(f"worker {attempt}")["attempts"] == attempt
        assert queue.get("job-1")["status"] == "running"
        time.sleep(0.06)
        assert queue.get("job-1")["status"] == ("queued" if attempt < ATTEMPTS else "failed")
        assert not queue.finish("job-1", f"worker {attempt}", {}), "a lost lease changes nothing"
    assert "without a word" in queue.get("job-1")["error"]
    resumed = queue.resume("job-1")
    assert (resumed["status"], resumed["error"], resumed["attempts"]) == ("queued", None, 0)


def test_cancel_and_resume_refuse_what_makes_no_sense(queue: JobQueue):
    queue.submit("counting", {"to": 1})
    with pytest.raises(Conflict, match="queued"):
        queue.resume("job-1")
    assert queue.cancel("1")["status"] == "cancelled"
    assert queue.cancel("job-1")["status"] == "cancelled"
    queue.resume("job-1")
    queue.claim("me")
    queue.finish("job-1", "me", {})
    with pytest.raises(Conflict, match="succeeded already"):
        queue.cancel("job-1")
    for unknown in ("job-9", "9", "x", "", "job-99999999999999999999", "1; drop"):
        with pytest.raises(NotFound, match="no job"):
            queue.get(unknown)


def test_a_cancelled_job_that_dies_is_cancelled_not_repeated(queue: JobQueue):
    queue.submit("counting", {"to": 1})
    queue.claim("me")
    queue.cancel("job-1")
    assert queue.lost("job-1", "me", "gone")
    assert queue.get("job-1")["status"] == "cancelled"


def test_a_conversation_is_told_once(queue: JobQueue):
    queue.submit("counting", {"to": 1}, user_id="owner", thread_id="thr-1")
    assert queue.unannounced("thr-1") == []
    queue.claim("me")
    queue.finish("job-1", "me", {"metrics": {}})
    assert [job["id"] for job in queue.unannounced("thr-1")] == ["job-1"]
    assert (queue.announce("job-1"), queue.announce("job-1")) == (True, False)
    assert queue.unannounced("thr-1") == []


def test_the_log_tells_each_message_once(queue: JobQueue):
    from assistant.jobs.heartbeat import Heartbeat
    from tools.finetune.progress import Progress

    queue.submit("counting", {"to": 1})
    queue.claim("me")
    said: list[str] = []
    with Heartbeat(queue, "job-1", "me", said.append) as heart:
        for step, message in enumerate(("Reading", "A first result: accuracy 91 %", "Training", "Training")):
            heart.progress(Progress(step, 4, message))
    assert said == ["Reading", "A first result: accuracy 91 %", "Training"]


def test_a_long_curve_stays_small_and_keeps_its_ends():
    curve = [[n, 1.0, None if n % 50 else 2.0] for n in range(CURVE + 1)]
    short = thin(curve)
    assert len(short) < len(curve) * 0.6
    assert (short[0], short[-1]) == (curve[0], curve[-1])
    assert [p for p in curve if p[2]] == [p for p in short if p[2]]


def test_the_shipped_kinds_are_found_and_others_refused():
    assert find_kind("finetune", KINDS)
    with pytest.raises(NotFound, match="fine-tune.*Did you mean finetune"):
        find_kind("fine-tune", KINDS)

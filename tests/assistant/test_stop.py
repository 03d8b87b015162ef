"""Stopping an answer: the work ends soon, what was said stays, the conversation goes on."""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from assistant.access.principal import Principal
from assistant.agent import events, running
from assistant.agent.running import Turn
from assistant.application import Application
from assistant.settings import Settings
from tests.assistant.slow_model import WORDS, SlowModel, slow

OWNER = Principal.owner()
SOON = 1.5  # seconds


@pytest.fixture
def app(home: Path) -> Iterator[Application]:
    application = Application(Settings(home=home), local=True)
    yield application
    application.close()


@pytest.fixture
def model(app: Application) -> SlowModel:
    return slow(app)


@pytest.fixture
def stuck(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Tools that hang until the event is set, and what became of them: ``stuck.returned``."""
    release = threading.Event()
    release.returned = []  # type: ignore[attr-defined]

    def run_tool(_context, name: str, _args: dict) -> dict:
        release.wait(30)
        release.returned.append(name)  # type: ignore[attr-defined]
        return {"models": []}

    monkeypatch.setattr("assistant.agent.gate.run_tool", run_tool)
    yield release
    release.set()


def until(kind: type, turn: Turn) -> list[events.Event]:
    """The events up to the first of a kind."""
    seen = []
    for event in turn:
        seen.append(event)
        if isinstance(event, kind):
            return seen
    raise AssertionError(f"no {kind.__name__} in {seen}")


def said(app: Application, words: str, thread: str | None = None) -> tuple[str, str]:
    """A whole turn: what was replied, and the thread."""
    done = [each for each in app.agent.turn(OWNER, words, thread) if isinstance(each, events.Done)][0]
    return done.reply, done.thread


def roles(app: Application, thread: str) -> list[str]:
    return [each.role for each in app.agent.history(OWNER, thread)]


@pytest.mark.parametrize("how", ["close", "drop", "stop"])
def test_a_stream_that_is_stopped_ends_soon_and_what_was_said_stays(
    app: Application, model: SlowModel, how: str
) -> None:
    _, thread = said(app, "hello")
    turn = app.agent.turn(OWNER, "count, please", thread)
    seen = until(events.Token, turn)
    began = time.monotonic()
    if how == "close":
        turn.close()
    elif how == "drop":
        del turn
    else:
        turn.stop()
        seen += list(turn)
        assert [type(each) for each in seen[-2:]] == [events.Stopped, events.Done]
    assert time.monotonic() - began < SOON and not model.going.is_set()
    shown = "".join(each.text for each in seen if isinstance(each, events.Token)).strip()
    last = app.agent.history(OWNER, thread)[-1]
    assert last.stopped and last.text == shown and f"word{WORDS - 1}" not in shown
    assert said(app, "and now?", thread)[0] == "I have seen 3 questions."
    assert roles(app, thread) == ["user", "assistant"] * 3


def test_a_slow_tool_holds_nobody_up_and_its_result_comes_to_nothing(
    app: Application, model: SlowModel, stuck: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "PATIENCE", 0.2)
    _, thread = said(app, "hello")
    turn = app.agent.turn(OWNER, "list the models", thread)
    until(events.ToolStarted, turn)
    began = time.monotonic()
    turn.close()
    assert time.monotonic() - began < SOON
    assert said(app, "and now?", thread)[0] == "I have seen 3 questions."
    stuck.set()
    _wait(lambda: stuck.returned)  # type: ignore[attr-defined]
    time.sleep(0.3)
    lines = app.agent.history(OWNER, thread)
    assert [each.role for each in lines] == [
        "user",
        "assistant",
        "user",
        "tool",
        "assistant",
        "user",
        "assistant",
    ]
    assert lines[3].status == "stopped" and lines[4].stopped
    assert said(app, "still here?", thread)[0] == "I have seen 4 questions."


def test_another_thread_stops_a_turn_that_waits(
    app: Application, model: SlowModel, stuck: threading.Event
) -> None:
    turn, seen = app.agent.turn(OWNER, "list the models"), []
    reader = threading.Thread(target=lambda: seen.extend(turn))
    reader.start()
    _wait(lambda: any(isinstance(each, events.ToolStarted) for each in seen))
    turn.close()
    reader.join(running.PATIENCE + SOON)
    assert not reader.is_alive()
    assert isinstance(seen[-1], events.Done) and isinstance(seen[-2], events.Stopped)


def test_stopped_before_anything_was_said(app: Application, model: SlowModel) -> None:
    turn = app.agent.turn(OWNER, "count, please")
    heard = until(events.Heard, turn)[0]
    turn.stop()
    done = list(turn)[-1]
    lines = app.agent.history(OWNER, done.thread)
    assert [each.text for each in lines] == ["count, please", "(Stopped.)"] and lines[0].id == heard.id


def test_a_client_that_leaves_at_once_leaves_its_message(app: Application, model: SlowModel) -> None:
    _, thread = said(app, "hello")
    turn = app.agent.turn(OWNER, "count, please", thread)
    next(turn)
    turn.close()
    again = app.agent.retry(OWNER, thread)
    next(again)
    again.close()
    assert [each.text for each in app.agent.history(OWNER, thread)][2:] == ["count, please", "(Stopped.)"]


def test_stopping_at_the_question_leaves_the_approval_open(app: Application) -> None:
    from assistant.workspace.samples import load_samples

    app.users.owner()
    load_samples(app.shared, OWNER.user_id)
    turn = app.agent.turn(OWNER, "fine-tune a classifier with head", files=["tickets.csv"])
    asked = until(events.ApprovalAsked, turn)[-1]
    turn.close()
    thread = app.agent.threads.list(OWNER.user_id)[0]["id"]
    assert app.agent.approvals.open(thread)["id"] == asked.id
    object.__setattr__(app.shared, "start_worker", lambda: None)
    again = list(app.agent.turn(OWNER, "yes", thread))
    assert [each.name for each in again if isinstance(each, events.ToolFinished)] == ["finetune_model"]


def test_a_turn_that_was_never_begun_leaves_nothing(app: Application, model: SlowModel) -> None:
    app.agent.turn(OWNER, "hello").close()
    assert app.agent.threads.list(OWNER.user_id) == []


def test_a_conversation_keeps_one_checkpoint(app: Application, model: SlowModel) -> None:
    _, thread = said(app, "hello")
    for _ in range(3):
        said(app, "list the models", thread)
    count = sqlite3.connect(app.home.checkpoints).execute("SELECT count(*) FROM checkpoints").fetchone()
    assert count == (1,)


def _wait(until: Callable[[], object], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < deadline
        time.sleep(0.01)

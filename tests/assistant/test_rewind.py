"""An answer asked for once more, a message put in other words: the conversation is cut back and goes on from there."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.access.principal import Principal
from assistant.agent import events
from assistant.application import Application
from assistant.settings import Settings
from assistant.workspace.samples import load_samples
from tests.assistant.slow_model import slow

OWNER, STRANGER = Principal.owner(), Principal("usr-other", "other", "member")
ASK = "fine-tune a classifier with head"
MAIL = "nadia.quill@example.org"


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Application]:
    """One application for the module, with the sample workspace and no worker."""
    application = Application(Settings(home=tmp_path_factory.mktemp("rewind") / "home"), local=True)
    application.users.owner()
    load_samples(application.shared, OWNER.user_id)
    object.__setattr__(application.shared, "start_worker", lambda: None)  # jobs stay queued here
    yield application
    application.close()


class Chat:
    """A conversation; each method returns the events of its turn."""

    def __init__(self, app: Application):
        self.app, self.thread = app, ""

    def say(self, words: str, **more) -> list[events.Event]:
        happened = list(self.app.agent.turn(OWNER, words, self.thread or None, **more))
        self.thread = happened[-1].thread
        return happened

    def retry(self) -> list[events.Event]:
        return list(self.app.agent.retry(OWNER, self.thread))

    def edit(self, number: int, words: str) -> list[events.Event]:
        """Put the user's message with this number (from 0) in other words."""
        mine = [each.id for each in self.lines if each.role == "user"]
        return list(self.app.agent.edit(OWNER, self.thread, mine[number], words))

    @property
    def lines(self) -> list:
        return self.app.agent.history(OWNER, self.thread)

    @property
    def said(self) -> list[str]:
        return [each.text for each in self.lines if each.role == "user"]

    @property
    def open(self) -> dict | None:
        return self.app.agent.approvals.open(self.thread)


@pytest.fixture
def chat(app: Application) -> Chat:
    return Chat(app)


def of(kind: type, happened: list[events.Event]) -> list:
    return [each for each in happened if isinstance(each, kind)]


def test_retry_takes_the_last_answer_back_and_answers_anew(chat: Chat) -> None:
    chat.say("hello")
    first = of(events.Heard, chat.say("what is your refund policy?"))[0]
    before = [(each.role, each.text) for each in chat.lines]
    happened = chat.retry()
    again = of(events.Heard, happened)[0]
    assert again.text == first.text and again.id != first.id
    assert of(events.Citation, happened) and "30 days" in happened[-1].reply
    assert [(each.role, each.text) for each in chat.lines] == before
    assert [each.id for each in chat.lines if each.role == "user"][-1] == again.id


def test_retry_keeps_the_files_of_the_message(chat: Chat) -> None:
    chat.say("", files=["tickets.csv"])
    happened = chat.retry()
    assert [each.name for each in of(events.ToolFinished, happened)] == ["inspect_dataset"]
    assert chat.lines[0].files == ["tickets.csv"]


def test_an_edit_goes_on_from_the_message(chat: Chat) -> None:
    for words in ("hello", "thanks", "what is your refund policy?"):
        chat.say(words)
    assert chat.edit(1, "when does support answer?")[-1].reply
    assert chat.said == ["hello", "when does support answer?"]
    assert chat.say("what is your refund policy?")[-1].reply
    assert len(chat.said) == 3


def test_an_edited_first_message_renames_the_conversation(chat: Chat) -> None:
    chat.say("hello, I am in a hurry")
    chat.edit(0, "what is your refund policy?")
    assert chat.app.agent.threads.get(chat.thread, OWNER.user_id)["title"] == "what is your refund policy?"


def test_an_edited_text_passes_the_gate_and_what_was_taken_back_is_gone(chat: Chat) -> None:
    chat.say("hello xylophone")
    happened = chat.edit(0, f"my mail is {MAIL}")
    assert [each.entity_type for each in of(events.Redacted, happened)] == ["EMAIL_ADDRESS"]
    assert MAIL not in str(happened) and "<EMAIL_ADDRESS>" in chat.said[0]
    stored = [sqlite3.connect(path).iterdump() for path in chat.app.home.root.glob("*.db")]
    dump = "".join(line.lower() for lines in stored for line in lines)
    assert b"my mail is".hex() in dump  # checkpoints are bytes, which a dump writes in hexadecimal
    for gone in (MAIL, "xylophone"):
        assert gone not in dump and gone.encode().hex() not in dump


def test_a_question_that_was_taken_back_cannot_be_answered(chat: Chat) -> None:
    chat.say("hello")
    asked = of(events.ApprovalAsked, chat.say(ASK, files=["tickets.csv"]))[0]
    chat.edit(0, "hi there")
    assert chat.open is None
    late = chat.app.agent.turn(OWNER, "", chat.thread, decision={"approval": asked.id, "answer": "yes"})
    assert of(events.Failed, list(late))[0].code == "conflict"


def test_retry_of_a_request_asks_anew(chat: Chat) -> None:
    first = of(events.ApprovalAsked, chat.say(ASK, files=["tickets.csv"]))[0]
    again = of(events.ApprovalAsked, chat.retry())[0]
    assert again.id != first.id and again.args == first.args and chat.open["id"] == again.id


def test_retry_of_a_yes_that_was_done_asks_before_it_is_done_again(chat: Chat) -> None:
    chat.say(ASK, files=["tickets.csv"])
    chat.say("yes")
    job, count = chat.app.jobs.list()[0]["id"], len(chat.app.jobs.list())
    happened = chat.retry()
    assert of(events.Stands, happened) == [
        events.Stands("finetune_model", {"dataset": "tickets.csv", "method": "head"}, job)
    ]
    assert of(events.ApprovalAsked, happened) and not of(events.ToolStarted, happened)
    assert len(chat.app.jobs.list()) == count
    told = [each for each in chat.lines if each.text == "yes"][-1]
    assert told.stands[0].job == job  # after a reload too
    chat.say("yes")
    assert len(chat.app.jobs.list()) == count + 1


def test_a_yes_becomes_a_no_and_what_was_done_is_told(chat: Chat) -> None:
    chat.say(ASK, files=["tickets.csv"])
    chat.say("yes")
    count = len(chat.app.jobs.list())
    happened = chat.edit(1, "no, not now")
    assert of(events.Stands, happened) and not of(events.ToolStarted, happened)
    assert happened[-1].reply == "All right, I won't." and chat.said == [ASK, "no, not now"]
    assert chat.open is None and len(chat.app.jobs.list()) == count


def test_a_no_becomes_a_yes(chat: Chat) -> None:
    chat.say(ASK, files=["tickets.csv"])
    chat.say("no")
    count = len(chat.app.jobs.list())
    happened = chat.edit(1, "yes please")
    assert not of(events.Stands, happened)
    assert [(each.name, each.status) for each in of(events.ToolFinished, happened)] == [
        ("finetune_model", "succeeded")
    ]
    assert len(chat.app.jobs.list()) == count + 1


def test_another_change_of_the_same_plan(chat: Chat) -> None:
    chat.say(ASK, files=["tickets.csv"])
    chat.say("make it 5 epochs instead")
    asked = of(events.ApprovalAsked, chat.edit(1, "make it 3 epochs instead"))[0]
    assert asked.args["epochs"] == 3 and chat.open["id"] == asked.id


def test_a_question_instead_of_an_answer_leaves_the_approval_open(chat: Chat) -> None:
    asked = of(events.ApprovalAsked, chat.say(ASK, files=["tickets.csv"]))[0]
    chat.say("no")
    assert "30 days" in chat.edit(1, "what is your refund policy?")[-1].reply
    assert chat.open["id"] == asked.id
    assert of(events.ToolFinished, chat.say("yes"))[0].status == "succeeded"


def test_clicks_can_be_taken_back_too(chat: Chat) -> None:
    asked = of(events.ApprovalAsked, chat.say(ASK, files=["tickets.csv"]))[0]
    chat.say("", decision={"approval": asked.id, "answer": "no"})
    assert chat.retry()[-1].reply == "All right, I won't." and chat.said == [ASK, "No"]


@pytest.mark.parametrize("message", ["msg-none", "", "an answer", "a step"])
def test_only_messages_of_the_user_can_be_edited(chat: Chat, message: str) -> None:
    chat.say("what is your refund policy?")
    ids = {"an answer": chat.lines[-1].id, "a step": chat.lines[1].id}
    before = chat.lines
    failed = list(chat.app.agent.edit(OWNER, chat.thread, ids.get(message, message), "hello"))
    assert [each.code for each in of(events.Failed, failed)] == ["not_found"] and chat.lines == before


def test_what_is_refused_changes_nothing(chat: Chat) -> None:
    chat.say("hello")
    before = chat.lines
    assert of(events.Failed, chat.edit(0, "a " * 20_000))[0].code == "invalid_request"
    for turn in (
        chat.app.agent.retry(STRANGER, chat.thread),
        chat.app.agent.edit(STRANGER, chat.thread, before[0].id, "hi"),
        chat.app.agent.retry(OWNER, "thr-none"),
        chat.app.agent.retry(OWNER, chat.app.agent.threads.create(OWNER.user_id)["id"]),
    ):
        assert [each.code for each in of(events.Failed, list(turn))] == ["not_found"]
    assert chat.lines == before


def test_a_stopped_answer_can_be_asked_for_again(home: Path) -> None:
    app = Application(Settings(home=home), local=True)
    slow(app)
    turn = app.agent.turn(OWNER, "count, please")
    next(each for each in turn if isinstance(each, events.Token))
    turn.close()
    thread = app.agent.threads.list(OWNER.user_id)[0]["id"]
    message = app.agent.history(OWNER, thread)[0].id
    done = list(app.agent.edit(OWNER, thread, message, "how many?"))[-1]
    assert done.reply == "I have seen 1 questions."
    app.close()

"""Turns of a conversation through the real graph: the embedded model, approvals, redaction, history."""

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage

from assistant.access.principal import Principal
from assistant.agent import events, gate
from assistant.agent.answering import HOW_LONG, asked_last
from assistant.agent.crowd import Crowd
from assistant.agent.summaries import in_chinese
from assistant.application import Application
from assistant.settings import Settings
from assistant.workspace.samples import load_samples
from tools.catalog.registry import catalog
from tools.data.read import read_table
from tools.finetune.progress import Progress
from tools.listening import tell

OWNER = Principal.owner()
MAIL, CARD = "nadia.quill@example.org", "5555 5555 5555 4444"


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Application]:
    """One application for the module, with the sample workspace and no worker."""
    application = Application(Settings(home=tmp_path_factory.mktemp("turns") / "home"), local=True)
    application.users.owner()
    load_samples(application.shared, OWNER.user_id)
    object.__setattr__(application.shared, "start_worker", lambda: None)  # jobs stay queued here
    yield application
    application.close()


class Conversation:
    """A thread of one user; ``say`` returns the events of a turn."""

    def __init__(self, app: Application, who: Principal = OWNER):
        self.app, self.who, self.thread = app, who, None

    def say(self, words: str, **more) -> list[events.Event]:
        happened = list(self.app.agent.turn(self.who, words, self.thread, **more))
        ends = [each for each in happened if isinstance(each, events.Done)]
        self.thread = ends[0].thread if ends else self.thread
        return happened


def of(kind: type, happened: list[events.Event]) -> list:
    """The events of one kind."""
    return [each for each in happened if isinstance(each, kind)]


def reply(happened: list[events.Event]) -> str:
    """What was said, which the last event repeats."""
    said = "".join(each.text for each in of(events.Token, happened))
    assert of(events.Done, happened)[-1].reply == said.strip()
    return said


def test_a_file_without_words_is_looked_into(app: Application) -> None:
    happened = Conversation(app).say("", files=["tickets.csv"])
    finished = of(events.ToolFinished, happened)
    assert [(each.name, each.status) for each in finished] == [("inspect_dataset", "succeeded")]
    assert finished[0].result["rows"] == 365 and "365" in reply(happened)


def test_a_question_is_answered_with_citations(app: Application) -> None:
    happened = Conversation(app).say("what is your refund policy?")
    citations = of(events.Citation, happened)
    assert citations and citations[0].number == 1 and "refund" in citations[0].source
    assert "30 days" in reply(happened) and "[1]" in reply(happened)


def test_on_which_passage_an_answer_rests_is_told_when_it_is_doubted(app: Application) -> None:
    chat, question = Conversation(app), "what is your refund policy?"
    chat.say(question)
    doubted = chat.say("Why did you say that?")
    [finished] = of(events.ToolFinished, doubted)
    assert finished.result["why"]["passages"][0]["cited"] and of(events.Citation, doubted)
    assert of(events.ToolStarted, doubted)[0].args == {"query": question, "why": True}
    told, rests = reply(doubted), finished.result["why"]["rests_on"]
    assert ("rests on" in told and "without this passage" in told) if rests else "say the same" in told


def test_nothing_runs_before_the_yes_and_once_after_it(app: Application) -> None:
    chat = Conversation(app)
    asked = of(events.ApprovalAsked, chat.say("fine-tune a classifier with head", files=["tickets.csv"]))
    assert asked[0].tool == "finetune_model" and "tickets.csv" in asked[0].summary
    assert asked[0].details["estimated_seconds"] > 0
    jobs = len(app.jobs.list())
    happened = chat.say("yes")
    assert of(events.ToolFinished, happened)[0].status == "succeeded"
    assert len(app.jobs.list()) == jobs + 1
    assert app.jobs.list()[0]["thread_id"] == chat.thread
    assert not of(events.ToolStarted, chat.say("yes"))  # the approval is used up
    assert len(app.jobs.list()) == jobs + 1


def test_how_far_a_tool_is_is_told_while_it_runs(app: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    run = gate.run_tool

    def slow(*given: Any) -> dict[str, Any]:
        tell(Progress(3, 8, "Measuring the model"))
        return run(*given)

    monkeypatch.setattr(gate, "run_tool", slow)
    happened = Conversation(app).say("which models do we have?")
    [started], [now] = of(events.ToolStarted, happened), of(events.ToolProgress, happened)
    assert now == events.ToolProgress(started.id, "Measuring the model", 3, 8)
    order = [type(each) for each in happened]
    assert (
        order.index(events.ToolStarted) < order.index(events.ToolProgress) < order.index(events.ToolFinished)
    )
    tell(Progress(1, 1, "nobody listens any more"))


def test_no_means_no(app: Application) -> None:
    chat, jobs = Conversation(app), len(app.jobs.list())
    chat.say("fine-tune a classifier", files=["tickets.csv"])
    happened = chat.say("no, not now")
    assert not of(events.ToolStarted, happened) and reply(happened)
    assert len(app.jobs.list()) == jobs and app.agent.approvals.open(chat.thread) is None


def test_a_change_is_asked_again_with_the_new_argument(app: Application) -> None:
    chat = Conversation(app)
    chat.say("fine-tune a classifier", files=["tickets.csv"])
    asked = of(events.ApprovalAsked, chat.say("make it 5 epochs instead"))
    assert asked[0].args["epochs"] == 5 and asked[0].details["epochs"] == 5
    again = chat.say("", decision={"approval": asked[0].id, "answer": "change", "args": {"method": "lora"}})
    assert of(events.ApprovalAsked, again)[0].args == {**asked[0].args, "method": "lora"}


def test_a_question_in_between_leaves_the_approval_open(app: Application) -> None:
    chat = Conversation(app)
    first = of(events.ApprovalAsked, chat.say("fine-tune a classifier with head", files=["tickets.csv"]))[0]
    assert "30 days" in reply(chat.say("what is your refund policy?"))
    assert app.agent.approvals.open(chat.thread)["id"] == first.id
    happened = chat.say("", decision={"approval": first.id, "answer": "yes"})
    assert of(events.ToolFinished, happened)[0].name == "finetune_model"


def test_words_answer_what_was_asked_last_only(app: Application) -> None:
    chat = Conversation(app)
    first = of(events.ApprovalAsked, chat.say("fine-tune a classifier with head", files=["tickets.csv"]))[0]
    jobs = len(app.jobs.list())
    assert reply(chat.say("what is in tickets.csv?")).rstrip().endswith("?")
    chat.say("yes")  # to what was offered last; it asks anew
    assert len(app.jobs.list()) == jobs and app.agent.approvals.get(first.id, chat.thread)["status"] == "open"


PROPOSAL = AIMessage("", tool_calls=[{"name": "deploy_model", "args": {"model": "spam-1"}, "id": "call-1"}])


@pytest.mark.parametrize(
    ("since", "place"),
    [
        ("", "last"),
        ("Shall I fine-tune a model on leads.csv? 😊", "no"),
        ("Would you like me to remove old.pdf? Just say yes.", "no"),
        ("要不要删除 old.pdf？请回复。", "no"),
        ("Shall I add it? [1]", "no"),
        ("leads.csv has 300 rows.", "earlier"),
    ],
)
def test_what_was_asked_last(since: str, place: str) -> None:
    messages = [PROPOSAL, HumanMessage("and leads.csv"), AIMessage(since)]
    assert asked_last(messages, "call-1") == place
    told = AIMessage("It starts when you say yes.", additional_kwargs={"asks_again": "call-1"})
    assert asked_last([*messages, told], "call-1") == "last"


@pytest.mark.parametrize(
    ("text", "about_it"),
    [
        ("how long will it take?", True),
        ("how long?", True),
        ("大概需要多久？", True),
        ("训练要多久", True),
        ("how long do we keep customer tickets?", False),
        ("how long are the texts in leads.csv?", False),
        ("how many hours does support work on Sunday?", False),
        ("退款要多久？", False),
        ("yes, and how long does delivery take?", False),
    ],
)
def test_which_time_is_asked_for(text: str, about_it: bool) -> None:
    assert bool(HOW_LONG.search(text)) is about_it


def test_how_long_a_training_will_take_is_told_from_its_plan(app: Application) -> None:
    chat = Conversation(app)
    first = of(events.ApprovalAsked, chat.say("fine-tune a classifier with head", files=["tickets.csv"]))[0]
    happened = chat.say("hmm, not sure. how long will it take?")
    assert not of(events.ToolStarted, happened) and "about" in reply(happened) and "yes" in reply(happened)
    assert app.agent.approvals.open(chat.thread)["id"] == first.id
    assert of(events.ToolFinished, chat.say("yes"))[0].status == "succeeded"


def test_a_no_with_another_wish_declines_and_goes_on(app: Application) -> None:
    chat = Conversation(app)
    first = of(events.ApprovalAsked, chat.say("fine-tune a classifier with head", files=["tickets.csv"]))[0]
    happened = chat.say("no, which models do we have?")
    assert of(events.ToolFinished, happened)[0].name == "list_models"
    assert app.agent.approvals.get(first.id, chat.thread)["status"] == "declined"


def test_a_click_on_an_answered_approval_is_refused(app: Application) -> None:
    chat = Conversation(app)
    asked = of(events.ApprovalAsked, chat.say("fine-tune a classifier", files=["tickets.csv"]))[0]
    chat.say("no")
    failed = of(events.Failed, chat.say("", decision={"approval": asked.id, "answer": "yes"}))
    assert failed[0].code == "conflict"


def test_a_bad_plan_is_refused_before_it_is_asked(app: Application, tmp_path: Path) -> None:
    bad = tmp_path / "one.csv"
    bad.write_text("text,label\n" + "\n".join(f"text {n},same" for n in range(40)) + "\n")
    with bad.open("rb") as content:
        app.files.save("one.csv", content, OWNER.user_id)
    happened = Conversation(app).say("fine-tune a classifier on it", files=["one.csv"])
    assert not of(events.ApprovalAsked, happened)
    assert of(events.ToolFinished, happened)[0].status == "failed" and "label" in reply(happened)


def test_personal_data_is_nowhere_in_the_home(app: Application) -> None:
    chat = Conversation(app)
    happened = chat.say(f"Refund policy please. My mail is {MAIL}, card {CARD}.")
    assert {each.entity_type for each in of(events.Redacted, happened)} >= {"EMAIL_ADDRESS", "CREDIT_CARD"}
    for secret in (MAIL, CARD, CARD.replace(" ", "")):
        assert secret not in "".join(str(each) for each in happened)
        assert not _files_with(app.home.root, secret)
    assert "<EMAIL_ADDRESS>" in app.agent.history(OWNER, chat.thread)[0].text


def _files_with(home: Path, secret: str) -> list[str]:
    for database in home.glob("*.db"):
        sqlite3.connect(database).execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return [str(p) for p in home.rglob("*") if p.is_file() and secret.encode() in p.read_bytes()]


def test_history_shows_what_was_said_done_and_cited(app: Application) -> None:
    chat = Conversation(app)
    chat.say("hello")
    said = reply(chat.say("what is your refund policy?"))
    lines = app.agent.history(OWNER, chat.thread)
    assert [each.role for each in lines] == ["user", "assistant", "user", "tool", "assistant"]
    assert lines[-1].text == said and lines[3].shown[0].number == 1


def test_threads_belong_to_their_user(app: Application) -> None:
    chat = Conversation(app)
    chat.say("hello")
    stranger = Principal("usr-other", "other", "member")
    failed = list(app.agent.turn(stranger, "hello", chat.thread))
    assert [each.code for each in of(events.Failed, failed)] == ["not_found"]
    assert app.agent.threads.list("usr-other") == []


def test_a_viewer_may_look_and_not_act(app: Application) -> None:
    viewer = Principal("usr-viewer", "viewer", "viewer")
    happened = Conversation(app, viewer).say("fine-tune a classifier on tickets.csv")
    assert not of(events.ApprovalAsked, happened)
    assert of(events.ToolFinished, happened)[0].result["code"] == "forbidden"


def test_visitors_wait_for_each_other_and_nobody_else_does(app: Application, monkeypatch) -> None:
    monkeypatch.setattr(app.agent, "_crowd", Crowd(1))
    first, second = (Principal(f"crowd-{number}", "visitor", "visitor") for number in range(2))
    slow, done = app.agent.turn(first, "How long do refunds take?"), threading.Event()
    next(slow)  # begun, and not read to its end

    def ask() -> None:
        list(app.agent.turn(second, "How long do refunds take?"))
        done.set()

    waiting = threading.Thread(target=ask, daemon=True)
    waiting.start()
    assert Conversation(app).say("hello")
    assert not done.wait(0.5)
    list(slow)
    assert done.wait(30)


def test_who_is_one_too_many_is_told_so_and_nothing_is_stored(app: Application, monkeypatch) -> None:
    monkeypatch.setattr(app.agent, "_crowd", Crowd(1, room=1))
    slow, threads = app.agent.turn(OWNER, "hello"), len(app.agent.threads.list(OWNER.user_id))
    next(slow)
    other = Conversation(app, Principal("usr-other", "other", "member"))
    [failed] = other.say("你好")
    assert failed.code == "overloaded" and "一时回答不过来" in failed.message
    assert failed.retry_after >= 1 and len(app.agent.threads.list(OWNER.user_id)) == threads + 1
    assert app.agent.threads.list("usr-other") == []
    slow.close()
    assert reply(other.say("hello"))


def test_a_visitor_gets_answers_and_nothing_else(app: Application) -> None:
    visitor = Principal("visitor-1", "visitor", "visitor")
    chat = Conversation(app, visitor)
    assert "30 days" in reply(chat.say("what is your refund policy?"))
    for wish in ("list the models", "what is in tickets.csv?", "fine-tune a classifier on tickets.csv"):
        assert {each.name for each in of(events.ToolFinished, chat.say(wish))} <= {"search_knowledge"}


def test_too_long_a_message_is_refused_and_nothing_is_stored(app: Application) -> None:
    threads = len(app.agent.threads.list(OWNER.user_id))
    failed = of(events.Failed, Conversation(app).say("a " * 20_000))
    assert failed and "Attach" in failed[0].message
    assert len(app.agent.threads.list(OWNER.user_id)) == threads


def test_a_forgotten_conversation_is_gone(app: Application) -> None:
    chat = Conversation(app)
    chat.say("hello, remember the word xylophone")
    app.agent.forget(OWNER, chat.thread)
    assert of(events.Failed, list(app.agent.turn(OWNER, "hello", chat.thread)))[0].code == "not_found"
    rows = sqlite3.connect(app.home.checkpoints).execute(
        "SELECT count(*) FROM checkpoints WHERE thread_id = ?", (chat.thread,)
    )
    assert rows.fetchone() == (0,)


def test_who_writes_chinese_is_asked_in_chinese(app: Application) -> None:
    chat = Conversation(app)
    [asked] = of(events.ApprovalAsked, chat.say("用 tickets.csv 微调一个分类器"))
    assert asked.tool == "finetune_model" and "行数据" in asked.summary and "tickets.csv" in asked.summary
    assert reply(chat.say("no")) == "好的,先不做。"
    [asked] = of(events.ApprovalAsked, Conversation(app).say("fine-tune a classifier on tickets.csv"))
    assert asked.summary.startswith("Fine-tune minilm")


@pytest.mark.parametrize("tool", [name for name, each in catalog().items() if each.preview])
def test_each_question_before_an_action_is_there_in_chinese(tool: str) -> None:
    plan = {
        "dataset": "a.csv",
        "method": "head",
        "base": "minilm",
        "task": "t",
        "rows": 3,
        "estimated_seconds": 75,
        "id": "job-1",
        "visibility": "published",
    }
    said = in_chinese(tool, {"summary": "English", "model": "m", "source": "s", **plan})
    assert "English" not in said and any("\u4e00" <= each <= "\u9fff" for each in said)


def test_a_stopped_training_goes_on_by_the_chat(app: Application) -> None:
    spec = {"data": "tickets.csv", "name": "going-on"}
    stopped, runs = (app.jobs.submit("finetune", spec)["id"] for _ in range(2))
    app.jobs.cancel(stopped)
    chat = Conversation(app)
    [asked] = of(events.ApprovalAsked, chat.say(f"resume {stopped}"))
    assert (asked.tool, asked.args) == ("resume_job", {"job": stopped})
    assert stopped in asked.summary and stopped in in_chinese("resume_job", asked.details)
    assert app.jobs.get(stopped)["status"] == "cancelled"  # nothing before the yes
    assert "goes on" in reply(chat.say("yes")) and app.jobs.get(stopped)["status"] == "queued"
    refused = reply(Conversation(app).say(f"let {runs} continue"))
    assert f"{runs} is queued" in refused and app.jobs.get(runs)["status"] == "queued"
    for each in (stopped, runs):
        app.jobs.cancel(each)


def test_what_a_training_will_do_is_told_before_it_is_approved(app: Application) -> None:
    talk = "fine-tune a classifier on tickets.csv with method full, 2 epochs, batch size 8 and seed 7"
    [asked] = of(events.ApprovalAsked, Conversation(app).say(talk))
    assert asked.args == {"dataset": "tickets.csv", "method": "full", "epochs": 2, "batch_size": 8, "seed": 7}
    plan = asked.details
    for words in (
        f"Text: {plan['text_column']}",
        f"label: {plan['label_column']}",
        "2 epochs",
        "batches of 8",
        "seed 7",
    ):
        assert words in asked.summary
    chinese = in_chinese("finetune_model", plan)
    assert "2 轮" in chinese and "每批 8 行" in chinese and "随机种子 7" in chinese


def test_a_training_by_the_chat_takes_a_test_file(app: Application, tmp_path: Path) -> None:
    held, workspace, tool = tmp_path / "held.csv", app.workspace(OWNER), catalog()["finetune_model"]
    plan = tool.preview(workspace, "tickets.csv")
    named = read_table(workspace.dataset("tickets.csv"))[plan["label_column"]].unique()
    rows = "".join(f"words of a strange ticket {at},{name}\n" for at, name in enumerate(named))
    held.write_text(f"{plan['text_column']},{plan['label_column']}\n{rows}")
    args = {"method": "head", "test_data": str(held), "search": None}
    assert f"tested on {held}" in tool.preview(workspace, "tickets.csv", **args)["summary"]
    job = tool.function(workspace, "tickets.csv", **args)["job"]
    assert app.jobs.row(job)["spec"]["test_data"] == str(held.resolve())
    app.jobs.cancel(job)

"""Turns of a conversation with a model on a server that answers, well or badly."""

import io
import json
from dataclasses import replace

import pytest
from pydantic import create_model

from assistant.access.principal import Principal
from assistant.agent import events
from assistant.agent.calls import fitted
from assistant.application import Application
from assistant.brain.notices import NOTICES
from assistant.brain.situation import Situation, shortened
from tests.assistant.chat_server import ChatServer, call, say
from tests.assistant.test_turn import OWNER, Conversation, of, reply

MAIL = "nadia.quill@example.org"
QUESTION = "what is your refund policy?"
ASK = ("finetune_model", {"dataset": "tickets.csv", "method": "head"})


def finished(happened: list[events.Event]) -> list[tuple[str, str]]:
    """The tools of a turn, and how they ended."""
    return [(each.name, each.status) for each in of(events.ToolFinished, happened)]


def test_words_and_tools_over_a_stream(hosted: Application, server: ChatServer) -> None:
    server.answers(
        call(("inspect_dataset", {"dataset": "tickets.csv"}), text="Let me look."), say("It has 365 rows.")
    )
    chat = Conversation(hosted)
    happened = chat.say("what is in tickets.csv?")
    assert finished(happened) == [("inspect_dataset", "succeeded")]
    assert reply(happened) == "Let me look.\n\nIt has 365 rows."
    first, second = server.seen
    assert (first["path"], first["key"], first["model"]) == (
        "/v1/chat/completions",
        "Bearer sk-test-key",
        "test",
    )
    assert first["stream"] and {tool["function"]["name"] for tool in first["tools"]} >= {
        "inspect_dataset",
        "predict",
    }
    assert json.loads(second["messages"][-1]["content"])["rows"] == 365
    server.answers(say("You are welcome."))
    chat.say("thanks")
    assert [each.text for each in hosted.agent.history(OWNER, chat.thread) if each.role == "assistant"] == [
        "Let me look.", "It has 365 rows.", "You are welcome."
    ]  # fmt: skip


def test_thoughts_are_not_shown(hosted: Application, server: ChatServer) -> None:
    server.answers(say("<think>The user greets me. I greet back.</think>\n\nHello there."))
    assert reply(Conversation(hosted).say("hello")) == "Hello there."


def test_parallel_calls(hosted: Application, server: ChatServer) -> None:
    both = call(("list_models", {}), ("inspect_dataset", {"dataset": "tickets.csv"}), repeats_name=True)
    server.answers(both, say("Both done."))
    happened = Conversation(hosted).say("what is there?")
    assert sorted(finished(happened)) == [("inspect_dataset", "succeeded"), ("list_models", "succeeded")]
    assert [message["role"] for message in server.seen[1]["messages"][-3:]] == ["assistant", "tool", "tool"]
    assert reply(happened) == "Both done."


def test_parallel_calls_of_which_one_needs_a_yes(hosted: Application, server: ChatServer) -> None:
    server.answers(
        call(("inspect_dataset", {"dataset": "tickets.csv"}), ASK, text="I will train."), say("Training.")
    )
    chat, jobs = Conversation(hosted), len(hosted.jobs.list())
    happened = chat.say("look at tickets.csv and fine-tune on it")
    asked = of(events.ApprovalAsked, happened)
    assert [each.tool for each in asked] == ["finetune_model"] and len(hosted.jobs.list()) == jobs
    assert finished(happened) == [("inspect_dataset", "succeeded")]
    assert reply(happened).startswith("I will train.\n\n")
    happened = chat.say("yes")
    assert finished(happened) == [("finetune_model", "succeeded")] and len(hosted.jobs.list()) == jobs + 1
    assert reply(happened) == "Training."
    results = [each for each in server.seen[-1]["messages"] if each["role"] == "tool"]
    assert json.loads(results[0]["content"])["rows"] == 365  # what was done before the yes is not forgotten


def test_one_yes_answers_one_question(hosted: Application, server: ChatServer) -> None:
    removal = ("remove_knowledge", {"source": "shipping.md"})
    server.answers(call(ASK, removal), call(removal), say("Kept."))
    chat = Conversation(hosted)
    happened = chat.say("fine-tune on tickets.csv, and remove shipping.md")
    assert [each.tool for each in of(events.ApprovalAsked, happened)] == ["finetune_model"]
    assert finished(happened) == [("remove_knowledge", "waiting")]
    happened = chat.say("yes")
    assert finished(happened) == [("finetune_model", "succeeded")]
    assert [each.tool for each in of(events.ApprovalAsked, happened)] == ["remove_knowledge"]
    assert not of(events.ToolStarted, chat.say("no"))
    assert hosted.knowledge.search("shipping")  # nothing was removed


def test_a_document_is_added_for_the_team_alone(hosted: Application, server: ChatServer) -> None:
    hosted.files.save("pay.md", io.BytesIO(b"Ann earns 10 euros."), "owner", "assistants")
    for given, asked in (({"visibility": "internal"}, "for the team alone"), ({}, "for the team alone")):
        server.answers(call(("add_knowledge", {"source": "pay.md", "tags": ["hr"], **given})), say("Added."))
        chat = Conversation(hosted)
        assert asked in of(events.ApprovalAsked, chat.say("add pay.md"))[0].summary
        assert finished(chat.say("yes")) == [("add_knowledge", "succeeded")]
        [item] = [each for each in hosted.knowledge.list()["items"] if each["source"] == "pay.md"]
        assert (item["visibility"], item["tags"]) == ("internal", ["hr"])
    hosted.knowledge.remove("pay.md")


def test_what_was_agreed_to_is_what_is_removed(hosted: Application, server: ChatServer) -> None:
    for name in ("tyres.md", "old-tyres.md"):
        hosted.knowledge.add_text(name, f"This is the list {name}.")
    removal = call(("remove_knowledge", {"source": "Tyres.MD"}))
    server.answers(removal, say("Done."))
    chat = Conversation(hosted)
    assert "Remove tyres.md from" in of(events.ApprovalAsked, chat.say("remove the tyres list"))[0].summary
    hosted.knowledge.remove("tyres.md")  # by a colleague, meanwhile
    assert finished(chat.say("yes")) == [("remove_knowledge", "failed")]
    assert "old-tyres.md" in {each["source"] for each in hosted.knowledge.list()["items"]}
    server.answers(call(("remove_knowledge", {"source": "tyres"})), say("Done."))
    chat.say("remove the other one")
    assert finished(chat.say("yes")) == [("remove_knowledge", "succeeded")]
    assert not [each for each in hosted.knowledge.list()["items"] if "tyres" in each["source"]]


def test_a_source_with_a_persons_name_is_removed_and_told_without_it(
    hosted: Application, server: ChatServer
) -> None:
    name = "Maria Schmidt contract.pdf.md"
    for said in ("contract.pdf", name):
        hosted.knowledge.add_text(name, "The terms of 2024.")
        server.answers(call(("remove_knowledge", {"source": said})), say("Done."))
        chat = Conversation(hosted)
        [asked] = of(events.ApprovalAsked, chat.say("remove the contract"))
        assert "Schmidt" not in json.dumps([asked.summary, asked.details, asked.args])
        assert finished(chat.say("yes")) == [("remove_knowledge", "succeeded")]
        assert name not in {each["source"] for each in hosted.knowledge.list()["items"]}


def test_calls_of_one_id_are_approved_one_by_one(hosted: Application, server: ChatServer) -> None:
    """Some servers number their calls anew in every message; a yes to one is none to the next."""
    server.answers(call(ASK), say("Begun."), call(ASK), say("Begun again."))
    chat, jobs = Conversation(hosted), len(hosted.jobs.list())
    assert of(events.ApprovalAsked, chat.say("fine-tune on tickets.csv"))
    chat.say("yes")
    assert len(hosted.jobs.list()) == jobs + 1
    assert of(events.ApprovalAsked, chat.say("and once more, please"))
    assert len(hosted.jobs.list()) == jobs + 1


@pytest.mark.parametrize(
    "arguments",
    [
        '```json\n{"dataset": "tickets.csv"}\n```',
        '"{\\"dataset\\": \\"tickets.csv\\"}"',
        "{'dataset': 'tickets.csv'}",
    ],
    ids=["fences", "twice", "python"],
)
def test_clear_arguments_are_mended(hosted: Application, server: ChatServer, arguments: str) -> None:
    server.answers(call(("functions.inspect_dataset", arguments)), say("Done."))
    assert finished(Conversation(hosted).say("look")) == [("inspect_dataset", "succeeded")]


def test_types_are_mended_where_that_is_safe(hosted: Application, server: ChatServer) -> None:
    server.answers(call((ASK[0], ASK[1] | {"epochs": "2"})), say("Done."))
    asked = of(events.ApprovalAsked, Conversation(hosted).say("fine-tune"))
    assert asked[0].args["epochs"] == 2


@pytest.mark.parametrize(
    ("name", "arguments", "told"),
    [
        ("finetune_model", '{"dataset": "tickets.csv", "method', "no JSON object"),
        ("finetune_model", "tickets.csv, please", "no JSON object"),
        ("finetune_model", '["tickets.csv"]', "no JSON object"),
        ("finetune_model", {"dataset": "tickets.csv", "epochs": "many"}, "do not fit"),
        ("finetune_model", {"dataset": "tickets.csv", "colour": "red"}, "do not fit"),
        ("train model!", {"dataset": "tickets.csv"}, "no tool named"),
    ],
    ids=["cut", "words", "list", "type", "extra", "name"],
)  # fmt: skip
def test_malformed_calls_are_told_to_the_model(
    hosted: Application, server: ChatServer, name: str, arguments: object, told: str
) -> None:
    server.answers(
        call((name, arguments)), call(("inspect_dataset", {"dataset": "tickets.csv"})), say("Mended.")
    )
    jobs = len(hosted.jobs.list())
    happened = Conversation(hosted).say("fine-tune on tickets.csv")
    assert not of(events.ApprovalAsked, happened) and len(hosted.jobs.list()) == jobs
    assert [status for _, status in finished(happened)] == ["failed", "succeeded"]
    assert reply(happened) == "Mended."
    answered = server.seen[1]["messages"]
    assert told in answered[-1]["content"]
    assert isinstance(
        json.loads(answered[-2]["tool_calls"][0]["function"]["arguments"]), dict
    )  # servers parse it


@pytest.mark.parametrize(("words", "language"), [("look at it", 0), ("看看这个文件", 1)])
def test_an_endless_loop_ends_in_plain_words(
    hosted: Application, server: ChatServer, words: str, language: int
) -> None:
    server.answers(call(("list_models", {})))
    happened = Conversation(hosted).say(words)
    assert reply(happened).endswith(NOTICES["too_many_steps"][language])
    assert len(server.seen) == 8


def test_a_flood_of_calls_is_cut(hosted: Application, server: ChatServer) -> None:
    server.answers(call(*[("list_models", {})] * 40), say("Enough."))
    happened = Conversation(hosted).say("what models are there?")
    assert len(finished(happened)) == 12 and reply(happened) == "Enough."


def test_personal_data_reaches_neither_the_server_nor_the_user(
    hosted: Application, server: ChatServer
) -> None:
    told = call(("search_knowledge", {"question": f"refund for {MAIL}"}), text=f"I look for {MAIL}.")
    server.answers(told, say(f"Write to {MAIL}, or call +1 415 555 2671 today. Goodbye and thank you."))
    chat = Conversation(hosted)
    happened = chat.say(f"my mail is {MAIL}, {QUESTION}")
    shown = "".join(str(each.as_dict()) for each in happened)
    for secret in (MAIL, "nadia.quill", "555 2671"):
        assert secret not in json.dumps(server.seen) and secret not in shown
    assert "<EMAIL_ADDRESS>" in reply(happened)
    assert {each.where for each in of(events.Redacted, happened)} >= {"message", "reply"}


def test_personal_data_in_unreadable_arguments_is_kept_nowhere(
    hosted: Application, server: ChatServer
) -> None:
    server.answers(call(("search_knowledge", f'{{"question": "refund for {MAIL}')), say("Sorry."))
    happened = Conversation(hosted).say("hello")
    assert MAIL not in "".join(str(each.as_dict()) for each in happened) and MAIL not in json.dumps(
        server.seen
    )


def test_a_visitor_is_offered_one_tool_and_told_of_no_other(hosted: Application, server: ChatServer) -> None:
    server.answers(call(("list_models", {})), call(("nothing", {})), say("I cannot."))
    happened = Conversation(hosted, Principal("visitor-1", "visitor", "visitor")).say("list the models")
    assert [status for _, status in finished(happened)] == ["failed", "failed"]
    assert [tool["function"]["name"] for tool in server.seen[0]["tools"]] == ["search_knowledge"]
    assert "finetune_model" not in json.dumps(server.seen)


def test_arguments_are_fitted_where_nothing_is_guessed() -> None:
    model = create_model("tool", names=(list[str], ...), epochs=(int, 3))
    args = fitted(model, {"names": '["a", "b"]', "epochs": None})
    assert args.model_dump(exclude_unset=True) == {"names": ["a", "b"]}
    with pytest.raises(ValueError):
        fitted(model, {"names": "a, b"})


def test_a_call_put_again_under_its_old_id_asks_anew(hosted: Application, server: ChatServer) -> None:
    server.answers(call(ASK, ids="call_0"), say("All right."))
    chat = Conversation(hosted)
    chat.say("fine-tune on tickets.csv")
    server.answers(call(ASK, ids="call_0"))
    first = [each.id for each in hosted.agent.history(OWNER, chat.thread) if each.role == "user"][0]
    chat.say("no")
    happened = list(hosted.agent.edit(OWNER, chat.thread, first, "please fine-tune on tickets.csv"))
    assert of(events.ApprovalAsked, happened) and not finished(happened)


def test_of_hundreds_of_models_the_newest_are_told() -> None:
    here = Situation(models=[f"m-{number}" for number in range(300)], datasets=["a.csv"])
    prompt = shortened(f"Be kind.\n\n{here.to_prompt()}")
    told = Situation.from_prompt(prompt)
    assert (len(told.models), told.models[0]["name"], told.datasets) == (40, "m-0", ["a.csv"])
    assert prompt.startswith("Be kind.") and "260 older models" in prompt
    few = replace(here, models=here.models[:40]).to_prompt()
    assert shortened(few) == few

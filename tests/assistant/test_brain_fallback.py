"""Turns of a conversation with a model on a server that answers late, in part, or not at all."""

import json
import time
from pathlib import Path

import pytest
from langchain_core.language_models import FakeListChatModel
from langchain_core.messages import BaseMessage, HumanMessage, SystemMessage

from assistant.agent import events
from assistant.application import Application
from assistant.brain.fallback import FallbackChatModel
from assistant.brain.models import chat_model
from assistant.brain.notices import NOTICES
from assistant.brain.situation import Situation
from assistant.settings import Settings
from tests.assistant.chat_server import (
    ChatServer,
    breaks,
    call,
    fail,
    nonsense,
    ollama,
    pings,
    say,
    silence,
    vanish,
)
from tests.assistant.test_brain_hosted import ASK, QUESTION, finished
from tests.assistant.test_turn import OWNER, Conversation, of, reply

AWAY, BROKE_OFF = NOTICES["away"], NOTICES["broke_off"]
LOOK = call(("inspect_dataset", {"dataset": "tickets.csv"}))


def test_a_server_that_cannot_stream(hosted: Application, server: ChatServer) -> None:
    server.answers(say("Whole.", streams=False))
    assert reply(Conversation(hosted).say("hello")) == "Whole."


def test_a_slow_stream_is_waited_for(hosted: Application, server: ChatServer) -> None:
    server.answers(say("slow, but alive", pause=0.3))
    assert reply(Conversation(hosted).say("hello")) == "slow, but alive"


def test_an_answer_without_words(hosted: Application, server: ChatServer) -> None:
    server.answers(say(""))
    assert reply(Conversation(hosted).say("hello")) == NOTICES["nothing_said"][0]


@pytest.mark.parametrize("fault", [fail(429), fail(500), vanish], ids=["429", "500", "lost"])
def test_what_passes_is_tried_again(hosted: Application, server: ChatServer, fault: object) -> None:
    server.answers(fault, fault, say("At last."))
    assert reply(Conversation(hosted).say("hello")) == "At last."
    assert len(server.seen) == 3


@pytest.mark.parametrize(
    "fault", [fail(429), fail(503), vanish, silence], ids=["429", "503", "lost", "silent"]
)
def test_a_server_that_is_away_is_stood_in_for(
    hosted: Application, server: ChatServer, fault: object
) -> None:
    server.answers(fault)
    chat = Conversation(hosted)
    said = reply(chat.say(QUESTION))
    assert said.startswith(f"{AWAY[0]}\n\n") and "30 days" in said and said.count(AWAY[0]) == 1
    asked = len(server.seen)
    assert asked == 3
    assert (
        reply(chat.say(QUESTION)).startswith(AWAY[0]) and len(server.seen) == asked
    )  # left alone for a while
    hosted._chat_model._rests_until = 0.0
    server.answers(say("I am back."))
    back = chat.say("and now?")
    assert reply(back) == "I am back."
    # Which model answered is kept with the answers.
    told = [each.model for each in hosted.agent.history(OWNER, chat.thread) if each.role == "assistant"]
    assert set(told[:-1]) == {"embedded"} and told[-1] == hosted.settings.model
    assert of(events.Done, back)[0].model == hosted.settings.model != "embedded"
    assert AWAY[0] not in json.dumps(server.seen)


def test_the_notice_is_in_the_users_language(hosted: Application, server: ChatServer) -> None:
    server.answers(fail(500))
    assert reply(Conversation(hosted).say("你好")).startswith(AWAY[1])


def test_a_server_that_goes_away_between_a_tool_and_the_answer(
    hosted: Application, server: ChatServer
) -> None:
    server.answers(LOOK, fail(500))
    happened = Conversation(hosted).say("what is in tickets.csv?")
    assert finished(happened) == [("inspect_dataset", "succeeded")]
    assert reply(happened).startswith(AWAY[0]) and "365" in reply(happened)


@pytest.mark.parametrize("how", ["reset", "close", "stall", "error"])
def test_an_answer_that_breaks_off_stays_as_far_as_it_came(
    hosted: Application, server: ChatServer, how: str
) -> None:
    server.answers(breaks("Refunds take up to thirty", how))
    chat = Conversation(hosted)
    assert reply(chat.say(QUESTION)) == f"Refunds take up to thirty\n\n{BROKE_OFF[0]}"
    server.answers(say("days."))
    assert reply(chat.say("go on")) == "days."
    assert server.seen[-1]["messages"][-2]["content"].startswith("Refunds take up to thirty")


@pytest.mark.parametrize("how", ["reset", "close", "stall", "error"])
def test_half_a_tool_call_is_never_run(hosted: Application, server: ChatServer, how: str) -> None:
    half = '{"dataset": "tickets.csv"'
    server.answers(breaks("I will train. ", how, half))
    happened = Conversation(hosted).say(QUESTION)
    assert not of(events.ToolStarted, happened) and not of(events.ApprovalAsked, happened)
    assert reply(happened) == f"I will train. \n\n{BROKE_OFF[0]}"
    server.answers(breaks("", how, half))
    happened = Conversation(hosted).say(QUESTION)
    assert not of(events.ApprovalAsked, happened) and AWAY[0] in reply(happened)


def test_a_stream_that_is_cut_before_its_first_word_is_asked_for_again(
    hosted: Application, server: ChatServer
) -> None:
    server.answers(breaks("", "reset"), say("Here I am."))
    assert reply(Conversation(hosted).say("hello")) == "Here I am."


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_wrong_key_or_name_is_told_and_not_stood_in_for(
    hosted: Application, server: ChatServer, status: int
) -> None:
    server.answers(fail(status))
    happened = Conversation(hosted).say("hello")
    assert isinstance(happened[-1], events.Failed) and happened[-1].code == "model_unavailable"
    assert "key" in happened[-1].message and "sk-test-key" not in happened[-1].message
    assert not of(events.Token, happened) and len(server.seen) == 1


def test_a_server_of_another_kind_is_told(hosted: Application, server: ChatServer) -> None:
    server.answers(nonsense)
    happened = Conversation(hosted).say("hello")
    assert isinstance(happened[-1], events.Failed) and "/v1" in happened[-1].message


def test_a_conversation_too_long_for_the_model_loses_its_beginning(
    hosted: Application, server: ChatServer
) -> None:
    chat = Conversation(hosted)
    server.answers(say("Yes?"))
    for word in ("one", "two", "three"):
        chat.say(f"remember the word {word}")
    server.answers(fail(400, message="the request exceeds the available context size"), say("Three."))
    assert reply(chat.say("which word was the last?")) == "Three."
    said = [each["content"] for each in server.seen[-1]["messages"] if each["role"] == "user"]
    assert said == ["remember the word three", "which word was the last?"]


def test_not_every_context_is_a_length(hosted: Application, server: ChatServer) -> None:
    chat = Conversation(hosted)
    server.answers(say("Yes?"))
    chat.say("hello")
    server.answers(fail(400, message="tools are not supported in this context"))
    assert isinstance(chat.say("hello")[-1], events.Failed) and len(server.seen) == 1


def test_a_message_too_long_for_the_model_is_answered_by_the_embedded_one(
    hosted: Application, server: ChatServer
) -> None:
    server.answers(fail(400, message="maximum context length is 2048 tokens"))
    said = reply(Conversation(hosted).say(QUESTION))
    assert said.startswith(NOTICES["too_long"][0]) and "30 days" in said
    server.answers(say("Read."))
    assert reply(Conversation(hosted).say("hello")) == "Read."  # the server is not taken for being away


def test_a_stream_that_trickles_for_ever_is_left(
    hosted: Application, server: ChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hosted._chat_model, "longest", 0.5)
    server.answers(say("Words, " * 50, pause=0.1))
    said = reply(Conversation(hosted).say("hello"))
    assert said.startswith("Words, ") and said.endswith(BROKE_OFF[0]) and len(said) < 250


def test_a_stream_that_is_only_kept_alive_is_left(
    hosted: Application, server: ChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hosted._chat_model, "longest", 0.5)
    server.answers(pings)
    begun = time.monotonic()
    assert reply(Conversation(hosted).say(QUESTION)).startswith(AWAY[0]) and len(server.seen) == 1
    assert time.monotonic() - begun < 4  # the stream goes on for five seconds
    hosted._chat_model._rests_until = 0.0  # asked for in one piece, it is bounded as well
    assert hosted._chat_model.invoke("hello").content.startswith(AWAY[0])


def test_a_server_is_left_alone_for_as_long_as_it_asks(hosted: Application, server: ChatServer) -> None:
    server.answers(fail(429, {"Retry_After": "90"}))
    begun = time.monotonic()
    assert reply(Conversation(hosted).say(QUESTION)).startswith(AWAY[0]) and len(server.seen) == 1
    assert 80 < hosted._chat_model._rests_until - begun < 120


@pytest.mark.parametrize("provider", ["openai", "ollama"])
def test_a_provider_behind_its_own_package(
    server: ChatServer, provider: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Made by ``init_chat_model`` and asked over HTTP: it answers, is tried again, and its breaking off is told."""
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    monkeypatch.setenv("OLLAMA_HOST", server.url.removesuffix("/v1"))
    monkeypatch.setattr("tenacity.nap.time.sleep", lambda _: None)
    model = chat_model(Settings(home=tmp_path, model=f"{provider}:qwen3:8b", model_api_key="sk-test"))
    whole = ollama("Here ", "I am.") if provider == "ollama" else say("Here I am.")
    cut = ollama("Here ", ends=False) if provider == "ollama" else breaks("Here ", "close")
    server.answers(fail(503), fail(503), whole)
    assert "".join(chunk.content for chunk in model.stream("hello")) == "Here I am." and len(server.seen) == 3
    server.answers(cut)
    said = "".join(chunk.content for chunk in model.stream("hello"))
    assert said == f"Here \n\n{BROKE_OFF[0]}"
    server.answers(fail(503))
    assert model.invoke("hello").content.startswith(AWAY[0]) and len(server.seen) == 3


def test_one_answer_in_one_piece(hosted: Application, server: ChatServer) -> None:
    """What a caller without a stream gets is the same."""
    model = hosted._chat_model
    assert isinstance(model, FallbackChatModel)
    server.answers(call(ASK, text="Now."), fail(500))
    message = model.bind_tools([{"name": "finetune_model", "description": "", "parameters": {}}]).invoke(
        "train"
    )
    assert (
        message.content == "Now."
        and message.tool_calls[0]["args"] == ASK[1]
        and not server.seen[0].get("stream")
    )
    assert model.invoke("hello").content.startswith(AWAY[0])


class Listener(FakeListChatModel):
    """Keeps what it is given."""

    heard: list[str] = []

    def _call(self, messages: list[BaseMessage], *args: object, **kwargs: object) -> str:
        self.heard.append(str(messages[0].text))
        return "heard"


def test_the_spare_model_knows_every_model_and_the_server_the_newest() -> None:
    primary, spare = Listener(responses=["heard"]), Listener(responses=["heard"])
    model = FallbackChatModel(primary=primary, spare=spare)
    prompt = Situation(models=[f"m-{number}" for number in range(60)]).to_prompt()
    talk = [SystemMessage(prompt), HumanMessage("deploy m-59")]
    model.invoke(talk)
    model._rests_until = float("inf")
    model.invoke(talk)
    (told,), (all_of_it,) = model.primary.heard, model.spare.heard
    assert "m-39" in told and "m-40" not in told and "20 older models" in told
    assert all_of_it == prompt

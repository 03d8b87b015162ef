"""Canary values go in through every door; none may lie in the home afterwards, come out again or reach a model."""

import json
import logging
from pathlib import Path

import pytest
from sqlalchemy import select

from assistant.access.principal import Principal
from assistant.agent import events
from assistant.application import Application
from assistant.logs import configure, log
from assistant.store.schema import vault
from tests.assistant.api_server import Server, server
from tests.assistant.chat_server import ChatServer, call, say
from tests.assistant.test_api_widget import ask, key, visitor
from tests.assistant.test_turn import OWNER, Conversation, of, reply

__all__ = ["key", "server"]
CANARIES = {
    "EMAIL_ADDRESS": "zebulon.q@canary-mail.example",
    "CREDIT_CARD": "4421 8096 7929 0810 033",
    "CN_ID_CARD": "110105198503127169",
    "IBAN_CODE": "DE63091111465697778188",
    "SECRET": "ghp_R7kq2mXv9ZbT4nYc1WsLd8JfHu3EgAo6Pi5Q",
    "PHONE_NUMBER": "+44 7700 900461",
}
ALL = ", ".join(CANARIES.values())
OTHER = "wilhelmina@second-canary.example"


def leaks(place: object) -> list[str]:
    """Canaries in a text, an answer, or any file of a folder, whatever its format."""
    if not isinstance(place, Path):
        text = place if isinstance(place, str) else json.dumps(place, ensure_ascii=False, default=str)
        return [each for each in (*CANARIES.values(), OTHER) if each in text]
    found = []
    for path in place.rglob("*"):
        if path.is_file() and "uploads" not in path.parts:  # what people gave us to keep is kept as it is
            content = path.read_bytes()
            found += [f"{each} in {path}" for each in (*CANARIES.values(), OTHER) if each.encode() in content]
    return found


def test_the_api_and_the_widget_let_no_canary_through(server: Server, key: dict) -> None:
    admin, widget = server.admin, visitor(server, key)
    words = [
        f"Where is my money? I am at {ALL}",
        f"Could you redact this text: {ALL}",
        f"My details: {ALL}. 谢谢",
    ]
    for each in words:
        asked = {"model": "assistant", "messages": [{"role": "user", "content": each}]}
        assert not leaks(admin.post("/v1/chat/completions", json=asked).text)
        assert not leaks(admin.post("/v1/chat/completions", json=asked | {"stream": True}).text)
        assert not leaks(ask(widget, each))
    assert not leaks(admin.post("/v1/redact", json={"text": ALL}).json()["text"])
    for path, body in (
        ("/v1/classify", {"model": "router", "input": [ALL]}),
        ("/v1/knowledge/ask", {"question": f"Who is {ALL}?"}),
        ("/v1/classify", {"model": ALL, "input": "x"}),
    ):
        admin.post(path, json=body)
    assert not leaks(server.app.home.root)


def test_conversations_tools_and_logs_let_no_canary_through(server: Server) -> None:
    app = server.app
    configure(app.home)
    try:
        chat = Conversation(app)
        happened = [
            *chat.say(f"Please redact this text: {ALL}"),
            *chat.say(f'What does router say to "give my money back to {OTHER}"?'),
            *chat.say(f"deploy the model {OTHER}"),
            *chat.say("Who is responsible?"),
        ]
        assert of(events.ToolFinished, happened) and not leaks([str(each) for each in happened])
        assert not leaks([str(each) for each in app.agent.history(OWNER, chat.thread)])
        try:
            raise ValueError(f"bad row: {ALL}")
        except ValueError:
            log().exception("a job failed", text=f"{ALL} {OTHER}")
        logging.getLogger("elsewhere").error("Cannot read %s", ALL)
        for handler in logging.getLogger().handlers:
            handler.flush()
    finally:
        logging.basicConfig(handlers=[logging.NullHandler()], force=True)
    assert not leaks(app.home.root)


def test_a_report_quotes_no_canary(tmp_path: Path) -> None:
    from tools.privacy.reports import without_personal

    row = {"text": f"send it to {ALL}", "label": "refund", "predicted": "shipping", "score": 0.9}
    pair = {"label": "a", "predicted": "b", "count": 1, "examples": [f"I am at {OTHER}"]}
    clean = without_personal({"mistakes": [row], "confused": [pair], "metrics": {"accuracy": 0.5}})
    assert (
        not leaks(clean) and clean["mistakes"][0]["label"] == "refund" and clean["metrics"]["accuracy"] == 0.5
    )


@pytest.mark.parametrize("personal", [*CANARIES.values(), OTHER, "DE89 3704 0044 0532 0130 00"])
def test_a_quotation_ends_before_what_is_personal_is_cut(personal: str) -> None:
    from tools.privacy.reports import quoted, without_personal

    for lead in ("", "请联系"):
        for inside in range(6, len(personal) + 2, 3):
            text = (
                f"{('the parcel is late ' * 16)[: 299 - inside - len(lead)]} {lead}{personal} please. Thanks."
            )
            [clean] = without_personal({"examples": [quoted(text)]})["examples"]
            assert 250 < len(quoted(text)) <= 300 and personal[:6] not in clean, clean
    assert quoted("x" * 400) == "x" * 300 and quoted("short 4421") == "short 4421"


def test_the_remote_model_sees_placeholders_and_the_tool_the_real_text(
    hosted: Application, server_of_models: ChatServer
) -> None:
    """The vault: what the model hands on comes back to life only where a tool runs here."""
    server_of_models.answers(
        call(("redact_text", {"text": "Write to <EMAIL_ADDRESS> and <EMAIL_ADDRESS_2>"})),
        say("Done: <EMAIL_ADDRESS> and <EMAIL_ADDRESS_2> are hidden."),
    )
    chat = Conversation(hosted)
    happened = chat.say(f"hide this: Write to {CANARIES['EMAIL_ADDRESS']} and {OTHER}")
    assert not leaks(server_of_models.seen) and "<EMAIL_ADDRESS_2>" in json.dumps(server_of_models.seen)
    result = of(events.ToolFinished, happened)[0].result
    spans = [(each["start"], each["end"]) for each in result["entities"]]
    first = len("Write to ")
    second = first + len(CANARIES["EMAIL_ADDRESS"]) + len(" and ")
    assert spans == [(first, second - len(" and ")), (second, second + len(OTHER))]
    assert not leaks(reply(happened)) and not leaks(hosted.home.root)
    kept = hosted.database.rows(select(vault).where(vault.c.thread_id == chat.thread))
    assert {each["placeholder"] for each in kept} == {"<EMAIL_ADDRESS>", "<EMAIL_ADDRESS_2>"}
    assert (hosted.home.root / "vault.key").stat().st_mode & 0o077 == 0
    hosted.agent.forget(OWNER, chat.thread)
    assert not hosted.database.rows(select(vault).where(vault.c.thread_id == chat.thread))


def test_a_vault_opens_for_its_own_conversation_alone(server: Server) -> None:
    ann, bo = (Principal(server.app.users.add(name)["id"], name, "member") for name in ("ann", "bo"))
    first, second = Conversation(server.app, ann), Conversation(server.app, bo)
    first.say(f"my mail is {OTHER}")
    second.say("hello")
    mine, other = (server.app._parts.vault(each.thread) for each in (first, second))
    assert mine.restored({"text": ["to <EMAIL_ADDRESS>"]}) == {"text": [f"to {OTHER}"]}
    assert other.restored("to <EMAIL_ADDRESS>") == "to <EMAIL_ADDRESS>"
    assert mine.apply("replace", "EMAIL_ADDRESS", OTHER.upper()) == "<EMAIL_ADDRESS>"


@pytest.fixture
def server_of_models(
    hosted: Application, scripted: ChatServer, monkeypatch: pytest.MonkeyPatch
) -> ChatServer:
    """The scripted chat model's server."""
    hosted._chat_model._rests_until = 0.0
    return scripted

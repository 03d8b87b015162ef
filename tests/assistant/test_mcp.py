"""The tools over MCP: the SDK's own client against a server that listens, in both ages of the protocol."""

import asyncio
import contextlib
import json
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import replace
from io import BytesIO
from typing import Any

import anyio
import httpx2
import pytest
import uvicorn
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError
from mcp_types import CallToolResult, ElicitResult

from assistant.access.principal import Principal
from assistant.agent.binder import arguments_of
from assistant.agent.calls import run_tool
from assistant.api.app import create_api
from assistant.api.lanes import placed
from assistant.errors import BadRequest, ClientLeft
from tests.assistant.api_server import CSV, PAGE, Server, server
from tests.ui.running import free_port
from tools.catalog.registry import catalog
from tools.finetune.progress import Progress
from tools.listening import tell
from tools.serving.turns import Turns
from tools.wanted import still_wanted, while_wanted

__all__ = ["server"]
MAIL = "nadia.quill@example.org"
AGES = ("legacy", "auto")  # with a handshake and a session; requests that stand alone
OWNER = Principal.owner()


@contextlib.contextmanager
def listening(api: Any) -> Iterator[str]:
    """The address of a server that listens on a free port of this machine."""
    port = free_port()
    running = uvicorn.Server(uvicorn.Config(api, port=port, log_config=None, timeout_graceful_shutdown=1))
    thread = threading.Thread(target=running.run, daemon=True)
    thread.start()
    while not running.started:
        assert thread.is_alive()
        time.sleep(0.01)
    yield f"http://127.0.0.1:{port}"
    running.should_exit = True
    thread.join(10)
    assert not thread.is_alive(), "the server did not stop"


@pytest.fixture(scope="module")
def url(server: Server) -> Iterator[str]:
    with listening(server.api) as address:
        yield address


@contextlib.asynccontextmanager
async def connected(url: str, key: str, mode: str = "auto", **more: Any) -> AsyncIterator[Client]:
    """The official client, as its documentation makes it."""
    async with httpx2.AsyncClient(headers={"Authorization": f"Bearer {key}"}, timeout=60) as http:
        transport = streamable_http_client(f"{url}/mcp", http_client=http)
        async with Client(transport, mode=mode, **more) as client:
            yield client


def talk(url: str, key: str, say: Callable[[Client], Awaitable[Any]], mode: str = "auto", **more: Any) -> Any:
    """What comes of a conversation with the server."""

    async def conversation() -> Any:
        async with connected(url, key, mode, **more) as client:
            return await say(client)

    return asyncio.run(conversation())


def call(url: str, key: str, tool: str, mode: str = "auto", asked: Any = None, **args: Any) -> CallToolResult:
    """One call; ``asked`` answers the server's questions to the user."""
    more = {"elicitation_callback": asked} if asked else {}
    return talk(url, key, lambda client: client.call_tool(tool, args), mode, **more)


def text(result: CallToolResult) -> str:
    return result.content[0].text


class User:
    """Answers forms, and remembers what was asked."""

    def __init__(self, action: str, **content: Any):
        self.action, self.content, self.asked = action, content, []

    async def __call__(self, _context: Any, params: Any) -> ElicitResult:
        self.asked.append(params.message)
        return ElicitResult(action=self.action, content=self.content if self.action == "accept" else None)


@pytest.mark.parametrize("mode", AGES)
def test_the_tools_are_the_catalogues(server: Server, url: str, mode: str) -> None:
    tools = talk(url, server.key, lambda client: client.list_tools(), mode).tools
    assert [each.name for each in tools] == list(catalog())
    for each in tools:
        assert each.input_schema == arguments_of(each.name).model_json_schema()
        assert each.description == catalog()[each.name].about
        assert each.annotations.read_only_hint == (catalog()[each.name].risk == "read")


def test_the_very_text_is_judged_and_explained_and_what_is_personal_in_it_comes_back_as_placeholders(
    server: Server, url: str
) -> None:
    said = f"Anna Berg wants her money back, write to Anna Berg at {MAIL}"
    real = server.app.predictors.get(server.app.registry.get("router").path).predict([said])[0]["scores"]
    hidden = "<PERSON> wants her money back, write to <PERSON> at <EMAIL_ADDRESS>"
    for tool in ("predict", "explain_prediction"):
        result = call(url, server.key, tool, model="router", text=said)
        found = result.structured_content
        told = found["predictions"][0] if tool == "predict" else found["prediction"]
        assert told["scores"] == pytest.approx(real, abs=1e-4) and found["text"] == hidden
        assert not [word for word in ("Anna", "Berg", "nadia", "quill") if word in str(result)]
    spoken = [hidden[each["start"] : each["end"]] for each in found["tokens"]]
    assert spoken == [each["text"] for each in found["tokens"]] and spoken.count("<PERSON>") == 2


def test_a_model_is_explained_as_a_whole_and_its_page_is_a_link(server: Server, url: str) -> None:
    rows = f'text,label\n"Where is the parcel of Anna Berg, {MAIL}",refund\nI cannot log in,password\n'
    server.admin.post("/v1/files", files={"file": ("whole.csv", rows)}, data={"purpose": "fine-tune"})
    # A viewer may, as with single texts: nothing is changed.
    result = call(url, server.viewer, "explain_prediction", model="router", dataset="whole.csv")
    found = result.structured_content
    assert found["rows"] == 2 and found["words"]["password"]
    (page,) = found["artifacts"]
    shown = server.admin.get(page["url"].removeprefix(url)).text
    assert "The words that drive each label" in shown
    assert not [word for word in ("Anna", "Berg", "nadia") if word in str(result) + shown]
    result = call(url, server.key, "explain_prediction", model="router")
    assert result.is_error and "There is no text" in str(result)


@pytest.mark.parametrize("mode", AGES)
def test_a_reading_tool_answers(server: Server, url: str, mode: str) -> None:
    result = call(url, server.key, "predict", mode, model="router", text="I want my money back")
    assert not result.is_error
    assert result.structured_content["predictions"][0]["label"] == "refund"
    assert json.loads(text(result)) == result.structured_content
    answer = call(url, server.key, "search_knowledge", mode, query="When does support answer?")
    assert "9:00" in answer.structured_content["answer"]


def test_a_picture_comes_along_and_no_path_of_the_server(server: Server, url: str) -> None:
    server.app.files.save("tickets.csv", BytesIO(CSV.encode()), "owner")
    result = call(url, server.key, "evaluate_model", model="router", dataset="tickets.csv")
    assert result.structured_content["metrics"]["accuracy"] > 0.5
    assert result.content[1].type == "image" and str(server.app.home.root) not in result.model_dump_json()
    shown = server.admin.get(result.structured_content["artifacts"][0]["url"].replace(url, ""))
    assert shown.status_code == 200 and shown.headers["content-type"] == "image/png"


@pytest.mark.parametrize(
    ("name", "args", "told"),
    [
        ("predict", {"model": "router"}, "text: Field required"),
        ("predict", {"model": "router", "text": "a", "colour": "red"}, "colour: there is no such argument"),
        ("predict", {"model": "nobody", "text": "a"}, "nobody"),
        ("predict", {"model": "router", "text": "a" * 100_001}, "100,000 is the most"),
        ("inspect_dataset", {"dataset": "nowhere.csv"}, "no dataset named nowhere.csv"),
        ("finetune_model", {"dataset": "nowhere.csv"}, "no dataset named nowhere.csv"),
        ("deploy_model", {"model": "nobody"}, "nobody"),
    ],
)
def test_what_is_wrong_is_told_as_a_tools_error(
    server: Server, url: str, name: str, args: dict[str, Any], told: str
) -> None:
    result = call(url, server.key, name, **args)
    assert result.is_error and told in text(result) and "Traceback" not in text(result)
    assert result.structured_content["code"]


def test_a_broken_tool_tells_nothing_of_its_inside(
    server: Server, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assistant.agent.direct.run_tool", lambda *_: 1 / 0)
    result = call(url, server.key, "list_models")
    assert result.is_error and text(result) == "list_models broke down. Details are in the log."


def test_a_tool_that_is_none_is_a_protocol_error(server: Server, url: str) -> None:
    async def say(client: Client) -> str:
        with pytest.raises(MCPError) as refused:
            await client.call_tool("format_disk", {})
        return refused.value.message

    for mode in AGES:
        assert "no tool named format_disk" in talk(url, server.key, say, mode)


PING = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
ACCEPT = {"Accept": "application/json, text/event-stream"}


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({}, 401, "invalid_api_key"),
        ({"Authorization": "Bearer sk-wrong"}, 401, "invalid_api_key"),
        ({"Authorization": "Basic c2s="}, 401, "invalid_api_key"),
        ({"Authorization": "key", "Origin": "https://evil.example"}, 403, "forbidden"),
        ({"Authorization": "key", "Host": "evil.example"}, 403, "forbidden"),
        ({"Authorization": "widget", "Origin": PAGE}, 403, "forbidden"),
    ],
)
@pytest.mark.parametrize("method", ["POST", "GET", "DELETE"])
def test_strangers_get_nothing(
    server: Server, url: str, method: str, headers: dict[str, str], status: int, code: str
) -> None:
    keys = {"key": f"Bearer {server.key}", "widget": f"Bearer {server.widget}"}
    sent = {name: keys.get(value, value) for name, value in headers.items()} | ACCEPT
    answer = httpx2.request(method, f"{url}/mcp", headers=sent, json=PING if method == "POST" else None)
    assert answer.status_code == status and answer.json()["error"]["code"] == code, answer.text
    assert (status == 401) == ("WWW-Authenticate" in answer.headers)


@pytest.mark.parametrize(
    ("host", "origin", "served"),
    [
        ("localhost:1", None, True), ("192.168.7.5:7860", "http://192.168.7.5:7860", True), ("[::1]", None, True),
        ("ai.example.com", "https://ai.example.com", True), ("evil.example:7860", None, False),
        ("192.168.7.5", "http://192.168.7.6", False), ("localhost", "null", False), ("[::1", None, False),
    ],
)  # fmt: skip
def test_under_which_names_it_answers(
    server: Server, url: str, host: str, origin: str | None, served: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server.app.settings, "mcp_hosts", "other.example, AI.example.com")
    sent = {"Authorization": f"Bearer {server.key}", "Host": host} | ({"Origin": origin} if origin else {})
    answer = httpx2.post(f"{url}/mcp", json=PING, headers=ACCEPT | sent)
    # A call without a session is a protocol error; who comes so far has been let in.
    assert answer.status_code == (400 if served else 403), answer.text


def test_a_browsers_cookie_is_no_key(server: Server, url: str) -> None:
    cookies = {"assistant_session": server.app.sessions.create("owner")}
    assert httpx2.post(f"{url}/mcp", json=PING, headers=ACCEPT, cookies=cookies).status_code == 401
    assert httpx2.put(f"{url}/mcp", json=PING).status_code == 405


def test_too_many_calls_are_told_to_wait(server: Server, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    headers = ACCEPT | {"Authorization": f"Bearer {server.app.keys.create('viewer')['secret']}"}
    monkeypatch.setattr(server.api.state.caller_limit, "_burst", 1.0)
    monkeypatch.setattr(server.api.state.caller_limit, "_rate", 0.01)
    answers = [httpx2.post(f"{url}/mcp", json=PING, headers=headers) for _ in range(2)]
    assert answers[1].status_code == 429 and int(answers[1].headers["Retry-After"]) > 0


def test_a_viewer_may_look_and_not_act(server: Server, url: str) -> None:
    assert not call(url, server.viewer, "list_models").is_error
    for name in ("deploy_model", "benchmark_model"):
        result = call(url, server.viewer, name, model="router")
        assert result.is_error and result.structured_content["code"] == "forbidden"


def test_a_session_answers_the_key_that_opened_it_alone(server: Server, url: str) -> None:
    def headers(key: str, **more: str) -> dict[str, str]:
        return ACCEPT | {"Authorization": f"Bearer {key}"} | more

    hello = {
        "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}
    }  # fmt: skip
    body = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello}
    opened = httpx2.post(f"{url}/mcp", headers=headers(server.key), json=body)
    session = {"mcp-session-id": opened.headers["mcp-session-id"]}
    theirs = httpx2.post(f"{url}/mcp", headers=headers(server.viewer, **session), json=PING)
    assert theirs.status_code == 404
    ended = httpx2.delete(f"{url}/mcp", headers=headers(server.key, **session))
    assert ended.status_code == 200
    gone = httpx2.post(f"{url}/mcp", headers=headers(server.key, **session), json=PING)
    assert gone.status_code == 404


@pytest.mark.parametrize("mode", AGES)
def test_the_user_is_asked_in_the_client_and_says_yes(server: Server, url: str, mode: str) -> None:
    user = User("accept", approve=True)
    result = call(url, server.key, "deploy_model", mode, user, model="idle")
    assert not result.is_error and result.structured_content["status"] == "deployed"
    assert len(user.asked) == 1 and "Deploy idle" in user.asked[0] and "model=idle" in user.asked[0]
    result = call(url, server.key, "undeploy_model", mode, User("accept"), model="idle")
    assert result.structured_content["status"] == "ready" and len(user.asked) == 1


@pytest.mark.parametrize("mode", AGES)
@pytest.mark.parametrize(
    ("user", "status"), [(User("decline"), "declined"), (User("accept", approve=False), "declined"),
                         (User("cancel"), "waiting")],
)  # fmt: skip
def test_nothing_runs_without_a_yes(server: Server, url: str, mode: str, user: User, status: str) -> None:
    result = call(url, server.key, "deploy_model", mode, user, model="idle")
    assert status in text(result) or status in json.dumps(result.structured_content)
    assert server.app.registry.get("idle").status == "ready"
    again = User("decline")
    call(url, server.key, "deploy_model", mode, again, model="idle")
    assert len(again.asked) == 1, "a no in the client does not keep the user from being asked again"


@pytest.mark.parametrize("mode", AGES)
def test_a_client_that_cannot_ask_is_told_where_to_approve(server: Server, url: str, mode: str) -> None:
    jobs = len(server.app.jobs.list())
    server.app.files.save("tickets.csv", BytesIO(CSV.encode()), "owner")
    args = {"dataset": "tickets.csv", "method": "head", "name": f"new-{mode}"}
    told = call(url, server.key, "finetune_model", mode, **args)
    asked = told.structured_content["approval"]
    assert asked["id"] in text(told) and f"{url}/approvals/{asked['id']}" in text(told)
    assert asked["details"]["estimated_seconds"] > 0 and "24 rows" in asked["summary"]
    again = call(url, server.key, "finetune_model", mode, **args)
    assert again.structured_content["approval"]["id"] == asked["id"], "asked once"
    assert len(server.app.jobs.list()) == jobs

    server.app.direct.decide(asked["id"], True, OWNER)
    other = call(url, server.key, "finetune_model", mode, **args | {"epochs": 9})
    assert "approval" in other.structured_content, "a yes is for the very action"
    ran = call(url, server.key, "finetune_model", mode, **args)
    assert ran.structured_content["status"] == "queued" and len(server.app.jobs.list()) == jobs + 1
    once = call(url, server.key, "finetune_model", mode, **args)
    assert once.structured_content["approval"]["id"] != asked["id"], "good for one run"
    assert len(server.app.jobs.list()) == jobs + 1


def test_a_no_on_the_page_is_told(server: Server, url: str) -> None:
    told = call(url, server.key, "remove_knowledge", source="hours.md")
    server.app.direct.decide(told.structured_content["approval"]["id"], False, OWNER)
    assert call(url, server.key, "remove_knowledge", source="hours.md").structured_content["declined"]
    with pytest.raises(BadRequest, match="answered already"):
        server.app.direct.decide(told.structured_content["approval"]["id"], True, OWNER)


def test_an_approval_is_its_users_own(server: Server, url: str) -> None:
    bo = server.app.users.add("Bo", "member")
    key = server.app.keys.create("member", user_id=bo["id"])["secret"]
    mine = call(url, server.key, "undeploy_model", model="router").structured_content["approval"]
    server.app.direct.decide(mine["id"], True, OWNER)
    theirs = call(url, key, "undeploy_model", model="router").structured_content["approval"]
    assert theirs["id"] != mine["id"] and server.app.registry.get("router").status == "deployed"
    assert [row["id"] for row in server.app.direct.waiting(bo["id"])] == [theirs["id"]]


def test_an_answer_to_another_question_is_no_answer(server: Server, url: str) -> None:
    """A client that makes a yes up, or brings one along from elsewhere, is asked."""

    async def forged(client: Client) -> Any:
        given = {"approval": ElicitResult(action="accept", content={"approve": True})}
        return await client.session.call_tool(
            "deploy_model", {"model": "idle"}, input_responses=given, request_state="apr-0",
            allow_input_required=True,
        )  # fmt: skip

    result = talk(url, server.key, forged, elicitation_callback=User("accept"))
    assert result.result_type == "input_required" and server.app.registry.get("idle").status == "ready"


@pytest.mark.parametrize("mode", AGES)
def test_personal_data_goes_neither_in_nor_out(server: Server, url: str, mode: str) -> None:
    result = call(url, server.key, "predict", mode, model="router", text=f"My mail is {MAIL}, refund please")
    assert "<EMAIL_ADDRESS>" in result.structured_content["text"]
    hidden = call(url, server.key, "redact_text", mode, text=f"Write to {MAIL}")
    assert hidden.structured_content["entities"][0]["entity_type"] == "EMAIL_ADDRESS"
    asked = call(url, server.key, "add_knowledge", mode, source=f"https://wiki.example/?mail={MAIL}")
    failed = call(url, server.key, "inspect_dataset", mode, dataset=f"{MAIL}.csv")
    for each in (result, hidden, asked, failed):
        assert MAIL not in each.model_dump_json()
    rows = json.dumps(server.app.direct.waiting())
    assert MAIL not in rows


def test_many_clients_at_once(server: Server, url: str) -> None:
    async def one(number: int) -> str:
        word, label = (("parcel", "shipping"), ("money back", "refund"))[number % 2]
        async with connected(url, server.key, AGES[number % 4 // 2]) as client:
            results = [
                await client.call_tool("predict", {"model": "router", "text": f"{word} {number} {turn}"})
                for turn in range(3)
            ]
        assert all(f"{word} {number}" in text(each) for each in results)
        return results[0].structured_content["predictions"][0]["label"] == label

    async def all_of_them() -> list[Any]:
        return await asyncio.gather(*(one(number) for number in range(12)))

    assert sum(asyncio.run(all_of_them())) >= 10


@pytest.mark.parametrize("mode", AGES)
def test_signs_of_life_while_a_tool_runs(
    server: Server, url: str, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    told, heard = [], threading.Event()

    async def progress(done: float, _total: float | None, message: str | None) -> None:
        told.append((done, message))
        heard.set()

    monkeypatch.setattr("assistant.api.mcp_tools.BEAT", 0.05)
    monkeypatch.setattr("assistant.agent.direct.run_tool", lambda *_: {"models": [heard.wait(20)]})
    result = talk(url, server.key, lambda c: c.call_tool("list_models", {}, progress_callback=progress), mode)
    assert result.structured_content == {"models": [True]}
    assert told[0] == (0.05, "list_models is still running")


def test_how_far_a_tool_is_comes_with_the_signs_of_life(
    server: Server, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    told, heard = [], threading.Event()

    async def progress(done: float, _total: float | None, message: str | None) -> None:
        told.append((done, message))
        if message == "Measuring the model (1,000 of 2,000)":
            heard.set()

    def slow(*_: Any) -> dict[str, Any]:
        tell(Progress(0, 0, "Writing some answers"))
        tell(Progress(1000, 2000, "Measuring the model"))
        return {"models": [heard.wait(20)]}

    monkeypatch.setattr("assistant.api.mcp_tools.BEAT", 0.05)
    monkeypatch.setattr("assistant.agent.direct.run_tool", slow)
    result = talk(url, server.key, lambda c: c.call_tool("list_models", {}, progress_callback=progress))
    assert result.structured_content == {"models": [True]}
    assert [done for done, _ in told] == sorted({done for done, _ in told})


def test_where_several_processes_answer_no_session_is_kept(server: Server) -> None:
    with listening(create_api(server.app, shared=True)) as url:
        for mode in AGES:
            assert not call(url, server.key, "list_models", mode).is_error
        asked = call(url, server.key, "undeploy_model", "legacy", User("accept"), model="writer")
        assert "approval" in asked.structured_content
        done = call(url, server.key, "undeploy_model", "auto", User("decline"), model="writer")
        assert done.structured_content["declined"]


def test_calls_that_are_cancelled_keep_their_places_until_their_threads_end() -> None:
    turns, running, most, go = Turns(2, 2, 32), 0, 0, threading.Event()
    guard = threading.Lock()

    def work() -> str:
        nonlocal running, most
        with guard:
            running += 1
            most = max(most, running)
        go.wait(10)
        with guard:
            running -= 1
        return "done"

    async def calls() -> str:
        for _ in range(12):
            with anyio.move_on_after(0.02):
                await placed(turns, "a key", work)
        assert turns.held == 2  # those that wait no longer hold nothing
        go.set()
        return await placed(turns, "a key", work)

    assert asyncio.run(calls()) == "done"
    until = time.monotonic() + 10
    while (
        turns.held and time.monotonic() < until
    ):  # a thread that was left alone gives its place back by itself
        time.sleep(0.01)
    assert most == 2 and turns.held == 0


def test_a_call_that_is_cancelled_is_asked_to_end() -> None:
    turns, ended = Turns(1, 1, 8), threading.Event()

    def work() -> None:
        try:
            while True:
                time.sleep(0.01)
                still_wanted()
        finally:
            ended.set()

    async def call() -> None:
        with anyio.move_on_after(0.1):
            await placed(turns, "a key", work)

    asyncio.run(call())
    assert ended.wait(5)


def test_a_source_with_a_persons_name_is_removed(server: Server, url: str) -> None:
    server.app.knowledge.add_text("Maria Schmidt contract.md", "The terms of 2024.")
    asked = call(url, server.key, "remove_knowledge", source="contract").structured_content["approval"]
    assert "Schmidt" not in json.dumps(asked)
    server.app.direct.decide(asked["id"], True, OWNER)
    told = call(url, server.key, "remove_knowledge", source="contract").structured_content
    assert told["sources"] == 1 and "Schmidt" not in json.dumps(told)


def test_an_action_that_was_agreed_to_is_done_to_its_end(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    def function(_workspace: Any, **_args: Any) -> dict[str, Any]:
        still_wanted()
        return {"done": True}

    def gone() -> None:
        raise ClientLeft("The client has left.")

    for name in ("undeploy_model", "list_models"):
        monkeypatch.setitem(catalog(), name, replace(catalog()[name], function=function))
    context = server.app.direct.context(OWNER)
    with while_wanted(gone):
        assert run_tool(context, "undeploy_model", {"model": "router"}) == {"done": True}
        with pytest.raises(ClientLeft):
            run_tool(context, "list_models", {})

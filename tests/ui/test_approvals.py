"""What programs ask for over MCP, answered on the page and at the command line."""

from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from assistant.access.principal import Principal
from assistant.application import Application
from assistant.settings import Settings
from assistant.workspace.samples import load_samples
from tests.ui.commands import here
from ui.server import build

OWNER = Principal.owner()


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Application]:
    application = Application(Settings(home=tmp_path_factory.mktemp("approvals") / "home"))
    application.users.owner()
    load_samples(application.shared, OWNER.user_id)
    yield application
    application.close()


@pytest.fixture(scope="module")
def web(app: Application) -> Any:
    return build(app)


def browser(app: Application, web: Any, user_id: str = "owner") -> TestClient:
    signed_in = TestClient(web, follow_redirects=False)
    signed_in.cookies.set("assistant_session", app.sessions.create(user_id))
    return signed_in


def ask(app: Application, **args: Any) -> dict[str, Any]:
    """What a program's call opens."""
    context = app.direct.context(OWNER)
    given = {"dataset": "tickets.csv", "method": "head", **args}
    asked = app.direct.prepare(context, "finetune_model", given).approval
    assert asked
    return asked


def status(app: Application, asked: dict[str, Any]) -> str:
    return app.agent.approvals.get(asked["id"], asked["thread_id"])["status"]


def test_the_page_shows_the_plan_and_takes_a_yes_once(app: Application, web: Any) -> None:
    asked = ask(app, name="<b>router</b>")
    path, mine = f"/approvals/{asked['id']}", browser(app, web)
    page = mine.get(path)
    assert page.status_code == 200 and "365 rows" in page.text and "Approve" in page.text
    assert "<b>router" not in page.text and "&lt;b&gt;router" in page.text
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
    assert "Approved" in mine.post(path, data={"answer": "yes"}).text and status(app, asked) == "granted"
    assert mine.get(path).status_code == 404 and mine.post(path, data={"answer": "no"}).status_code == 400
    assert status(app, asked) == "granted"


def test_a_no_is_a_no(app: Application, web: Any) -> None:
    asked = ask(app, epochs=7)
    assert "Declined" in browser(app, web).post(f"/approvals/{asked['id']}", data={"answer": "no"}).text
    assert status(app, asked) == "declined"


def test_nobody_else_answers(app: Application, web: Any) -> None:
    asked = ask(app, epochs=8)
    path, yes = f"/approvals/{asked['id']}", {"answer": "yes"}
    stranger = TestClient(web, follow_redirects=False)
    for answer in (stranger.get(path), stranger.post(path, data=yes)):
        assert answer.status_code == 401 and "tickets.csv" not in answer.text
    evil = browser(app, web).post(path, data=yes, headers={"Origin": "https://evil.example"})
    assert evil.status_code == 401
    for name, role in (("Bo", "member"), ("Vi", "viewer")):
        other = browser(app, web, app.users.add(name, role)["id"])
        assert other.get(path).status_code == 404 and other.post(path, data=yes).status_code in (400, 403)
    key = {"Authorization": f"Bearer {app.keys.create('admin')['secret']}"}
    assert stranger.post(path, data=yes, headers=key).status_code == 401, "a program does not answer itself"
    assert status(app, asked) == "open"


def test_the_command_line_answers(app: Application, capfd: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSISTANT_HOME", str(app.home.root))
    first, second = ask(app, epochs=2), ask(app, epochs=3)
    listed = here(capfd, "approvals", "list", "--json").json["approvals"]
    assert [each["id"] for each in listed[:2]] == [second["id"], first["id"]]
    assert first["id"] in here(capfd, "approvals", "list").out
    assert here(capfd, "approvals", "grant", first["id"], "--json").json["status"] == "granted"
    assert here(capfd, "approvals", "decline", second["id"], "--json").json["status"] == "declined"
    again = here(capfd, "approvals", "grant", second["id"])
    assert again.code == 2 and "answered already" in again.error


def test_what_is_old_counts_no_more(app: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    from datetime import timedelta

    from assistant.agent import direct

    asked = ask(app, epochs=4)
    assert ask(app, epochs=4)["id"] == asked["id"]
    app.direct.decide(asked["id"], True, OWNER)
    monkeypatch.setattr(direct, "YES_FOR", timedelta(0))
    anew = ask(app, epochs=4)
    assert anew["id"] != asked["id"] and anew["status"] == "open" and status(app, asked) == "withdrawn"
    monkeypatch.setattr(direct, "OPEN_FOR", timedelta(0))
    assert ask(app, epochs=4)["id"] != anew["id"] and status(app, anew) == "withdrawn"

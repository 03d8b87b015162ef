"""Retry, edit and stop on the chat page, in a real browser against a real server with a model that takes its time."""

import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn

from assistant.access.principal import Principal
from assistant.application import Application
from assistant.settings import Settings
from tests.assistant.slow_model import SlowModel, slow
from tests.ui.running import browsing

OWNER = Principal.owner()
EMAIL = "nadia.quill@example.org"


class Site:
    """The page with its slow model."""

    def __init__(self, app: Application, model: SlowModel, url: str):
        self.app, self.model, self.url = app, model, url

    @property
    def sign_in(self) -> str:
        return f"{self.url}/sign-in?token={self.app.users.link()}"

    @property
    def lines(self) -> list:
        """The conversation used last."""
        return self.app.agent.history(OWNER, self.app.agent.threads.list(OWNER.user_id)[0]["id"])

    @property
    def said(self) -> list[str]:
        return [each.text for each in self.lines if each.role == "user"]


@pytest.fixture
def site(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    from ui.server import build

    monkeypatch.setattr("tempfile.tempdir", None)  # the server sets it; put back at the end
    app = Application(Settings(home=home))
    app.users.owner()
    model = slow(app)
    app.redactor.gate("Ann said hello.")
    api = build(app)
    served = uvicorn.Server(uvicorn.Config(api, port=0, log_config=None, timeout_graceful_shutdown=1))
    thread = threading.Thread(target=served.run)
    thread.start()
    while not served.started:
        time.sleep(0.05)
    assert api.state.ready.wait(120)  # as `assistant serve` tells its link only then
    yield Site(app, model, f"http://127.0.0.1:{served.servers[0].sockets[0].getsockname()[1]}")
    served.should_exit = True
    thread.join()
    app.close()


class Chat:
    """The page as a person uses it."""

    def __init__(self, page, site: Site):
        self.page, self.site = page, site
        page.goto(site.sign_in)
        self.ready()

    def ready(self) -> None:
        """No answer is on its way."""
        self.page.locator("#sa-box .submit-button").wait_for()

    def say(self, words: str, wait: bool = True) -> None:
        self.ready()
        before = len(self.site.model.seen)
        self.page.locator("#sa-box textarea").fill(words)
        self.page.locator("#sa-box textarea").press("Enter")
        _wait(lambda: len(self.site.model.seen) > before)
        if wait:
            self.ready()

    def edit(self, number: int, words: str) -> str:
        """Put the user's message with this number in other words; returns what stood in the box."""
        self.page.get_by_role("button", name="Edit").nth(number).click()
        box = self.page.locator("#sa-chat textarea")
        before = box.input_value()
        box.fill(words)
        self.page.get_by_role("button", name="Submit").first.click()
        return before

    @property
    def shown(self) -> str:
        return self.page.locator("#sa-chat").inner_text()


def test_retry_and_edit(site: Site) -> None:
    with browsing(permissions=["clipboard-read", "clipboard-write"]) as page:
        chat = Chat(page, site)
        chat.say("hello <b>& *you*</b>")
        chat.say("list the models")
        chat.say("and now?")
        page.get_by_role("button", name="Retry").click()
        _wait(lambda: len(site.model.seen) == 5)
        chat.ready()
        assert site.said == ["hello <b>& *you*</b>", "list the models", "and now?"]
        assert chat.shown.count("and now?") == 1 and "seen 3 questions" in chat.shown

        assert chat.edit(1, f"my mail is {EMAIL}") == "list the models"
        page.locator("#sa-chat").get_by_text("<EMAIL_ADDRESS>").wait_for()
        chat.ready()
        assert site.said == ["hello <b>& *you*</b>", "my mail is <EMAIL_ADDRESS>"]
        assert "and now?" not in chat.shown and EMAIL not in page.content()

        same = "hello <b>& *you*</b>"
        assert chat.edit(0, same) == same  # nothing is answered again
        page.locator("#sa-chat").get_by_text(same).wait_for()
        assert len(site.said) == 2 and len(site.model.seen) == 6
        page.get_by_role("button", name="Copy message").first.click()
        assert page.evaluate("navigator.clipboard.readText()") == same
        page.reload()
        page.locator("#sa-chat").get_by_text("<EMAIL_ADDRESS>").wait_for()
        chat.edit(0, "good morning")
        _wait(lambda: site.said == ["good morning"])
        page.locator("#sa-threads").get_by_text("good morning").wait_for()


def test_stop(site: Site) -> None:
    with browsing() as page:
        chat = Chat(page, site)
        chat.say("count, please", wait=False)
        page.locator("#sa-chat").get_by_text("word3").wait_for()
        page.locator("#sa-box .stop-button").click()
        chat.ready()
        page.locator("#sa-chat").get_by_text("You stopped this answer.").wait_for()
        assert not site.model.going.is_set() and site.lines[-1].text.startswith("word0 word1")
        assert "word5" in site.lines[-1].text and site.lines[-1].text in " ".join(chat.shown.split())
        chat.say("and now?")
        page.locator("#sa-chat").get_by_text("seen 2 questions").wait_for()


def test_another_conversation_goes_on_while_an_answer_comes(site: Site) -> None:
    with browsing() as page:
        chat = Chat(page, site)
        chat.say("count, please", wait=False)
        page.locator("#sa-chat").get_by_text("word3").wait_for()
        page.locator("#sa-new").click()
        page.locator("#sa-chat").get_by_text("What would you like to do?").wait_for()
        chat.say("and now?")
        page.locator("#sa-chat").get_by_text("seen 1 questions").wait_for()
        assert "word" not in chat.shown and site.model.going.is_set()
        page.reload()
        page.locator("#sa-chat").get_by_text("seen 1 questions").wait_for()
        _wait(lambda: not site.model.going.is_set(), 8)  # the tab that asked is gone


def test_a_tab_that_is_closed_ends_its_answer(site: Site) -> None:
    with browsing() as page:
        chat = Chat(page, site)
        chat.say("count, please", wait=False)
        page.locator("#sa-chat").get_by_text(re.compile("word3")).wait_for()
        page.close()
        _wait(lambda: not site.model.going.is_set(), 8)
        _wait(lambda: site.lines[-1].stopped)


def _wait(until, seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < deadline
        time.sleep(0.02)

"""The whole journey on the chat page, in a real browser against a real server: from upload to explanation and on."""

import re
import sqlite3
from pathlib import Path

import pytest

from tests.ui.running import browsing, serious, serving

EMAIL, CARD = "nadia.quill@example.org", "5555 5555 5555 4444"


@pytest.fixture(scope="module")
def small_csv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of 48 short texts with two labels that differ in their words."""
    path = tmp_path_factory.mktemp("data") / "parcels.csv"
    places = ["Leeds", "Porto", "Lyon", "Bergen", "Graz", "Turin"]
    late = [
        f"my parcel to {p} is {h}" for p in places for h in ("late", "lost", "stuck at customs", "not here")
    ]
    money = [f"please refund the {t} I {h}" for t in ("lamp", "desk", "chair", "rug", "mug", "pan")
             for h in ("sent back", "returned", "cancelled", "did not like")]  # fmt: skip
    rows = [f"{text},shipping" for text in late] + [f"{text},refund" for text in money]
    path.write_text("text,category\n" + "\n".join(rows) + "\n")
    return path


class Chat:
    """The chat page as a person uses it."""

    def __init__(self, page):
        self.page = page

    def say(self, words: str, file: Path | None = None) -> None:
        # A stop button stands in its place while an answer comes.
        self.page.locator("#sa-box .submit-button").wait_for()
        box = self.page.locator("#sa-box textarea")
        if file:
            self.page.locator("#sa-box input[type=file]").set_input_files(str(file))
            self.page.locator("#sa-box .thumbnail-item").first.wait_for()
        box.fill(words)
        box.press("Enter")
        # The news of a job may come at this very moment, and the page then keeps what is typed for the next try.
        self.page.wait_for_timeout(400)
        if box.input_value() == words:
            self.page.locator("#sa-box .submit-button").wait_for()
            box.press("Enter")

    def see(self, words: str | re.Pattern[str], seconds: float = 30) -> None:
        self.page.locator("#sa-chat").get_by_text(words).last.wait_for(timeout=seconds * 1000)

    @property
    def shown(self) -> str:
        return self.page.locator("#sa-chat").inner_text()


def test_journey(tmp_path: Path, small_csv: Path) -> None:
    with serving(tmp_path / "home") as server, browsing() as page:
        page.goto(server.sign_in)
        chat = Chat(page)
        chat.say("what is in this file?", small_csv)
        chat.see("text-classification")
        assert "48" in chat.shown and "shipping" in chat.shown

        chat.say("fine-tune a classifier on it")
        page.get_by_role("button", name="Approve").wait_for()
        page.get_by_role("button", name="Approve").click()
        page.locator("#sa-job .sa-job").wait_for()
        chat.say("thanks!")  # the chat stays usable while the job runs
        chat.see(re.compile("is ready"), seconds=150)
        chat.see(re.compile("accuracy", re.I))
        picture = page.locator(".sa-figure img").last
        picture.wait_for()
        assert picture.evaluate("image => image.complete && image.naturalWidth > 100")

        chat.say("try it on 'my parcel is stuck in Oslo'")
        chat.see("“my parcel is stuck in Oslo”")
        chat.say("why?")
        chat.see("Which words drove it")
        assert page.locator("#sa-chat mark, #sa-chat .sa-card [style*='background']").count() > 0
        assert serious(page) == []

        chat.say(f"my mail is {EMAIL} and my card {CARD}")
        chat.see(re.compile("EMAIL_ADDRESS"))
        page.reload()
        chat.see("Which words drove it")
        assert EMAIL not in page.content() and "5555 5555" not in page.content()
    _nowhere_in(server.home, EMAIL, CARD, CARD.replace(" ", ""))


def _nowhere_in(home: Path, *secrets: str) -> None:
    """None of the words is in any file of the home, in the clear or inside the databases' free pages."""
    for database in home.glob("*.db"):
        sqlite3.connect(database).execute("PRAGMA wal_checkpoint(TRUNCATE)")
    for path in home.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            found = [secret for secret in secrets if secret.encode() in content]
            assert not found, f"{found} in {path.relative_to(home)}"

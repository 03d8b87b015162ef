"""``make screenshots``: the README's pictures, from a real server and a real browser on the sample workspace."""

import re
import sys
import tempfile
from pathlib import Path

from tests.ui.running import browsing, serving

PATIENCE = 300_000  # milliseconds for a training run


def main(folder: Path) -> None:
    """Walk through the journey and photograph it.

    Args:
        folder: where the pictures go.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home, serving(Path(home) / "home") as server:
        with browsing(viewport={"width": 1280, "height": 960}) as page:
            page.goto(server.sign_in)
            journey(page, folder)
            team(page, server.url, folder)
            cookies = page.context.cookies()
        with browsing(viewport={"width": 390, "height": 844}, color_scheme="dark") as page:
            page.context.add_cookies(cookies)
            page.goto(server.url)
            page.locator("#sa-chat").get_by_text("Which words drove it").last.wait_for()
            page.wait_for_timeout(1500)
            page.screenshot(path=folder / "phone.png")


def journey(page, folder: Path) -> None:
    """Profile, plan, live job, result, heat map."""
    chat, box = page.locator("#sa-chat"), page.locator("#sa-box textarea")

    def say(words: str, then: str | re.Pattern[str]) -> None:
        box.fill(words)
        box.press("Enter")
        chat.get_by_text(then).last.wait_for(timeout=PATIENCE)
        page.wait_for_timeout(1500)

    page.locator("#sa-tour button").first.click()
    chat.get_by_text("Shall I fine-tune").last.wait_for(timeout=PATIENCE)
    page.wait_for_timeout(1500)
    page.screenshot(path=folder / "profile.png")
    say("fine-tune a classifier on it with lora", "Shall I?")
    page.screenshot(path=folder / "plan.png")
    page.get_by_role("button", name="Approve").click()
    page.locator("#sa-job .sa-curve").wait_for(timeout=PATIENCE)
    page.wait_for_timeout(4000)
    page.screenshot(path=folder / "job.png")
    chat.get_by_text("is ready").last.wait_for(timeout=PATIENCE)
    say("try it on 'where is my parcel? It should have been here on Monday'", "Why?")
    say("why?", "Which words drove it")
    page.screenshot(path=folder / "chat.png")


def team(page, url: str, folder: Path) -> None:
    """The pages beside the chat, as the journey has left them."""
    for path in ("data", "jobs", "models", "knowledge", "widgets", "settings"):
        page.goto(f"{url}/{path}")
        page.locator(".sa-list label, .sa-empty").first.wait_for()
        page.wait_for_timeout(1500)
        page.screenshot(path=folder / f"{path}.png")


if __name__ == "__main__":
    main(Path(sys.argv[1]))

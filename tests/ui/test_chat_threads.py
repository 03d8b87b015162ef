"""The chat page around its answers: the tour, files before they are sent, thumbs, and whole conversations."""

import io
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ui.running import browsing, serious
from tests.ui.site import EVIL, Site, serving
from tools.explain.heatmap import heatmap_html

QUESTION = "How many days do I have to return a lamp?"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with serving(tmp_path_factory.mktemp("chat")) as running:
        running.app.users.add("Ann", "member")
        running.app.users.add("Bo", "member")
        yield running


def say(page, words: str) -> None:
    page.locator("#sa-box .submit-button").wait_for()
    page.locator("#sa-box textarea").fill(words)
    page.locator("#sa-box textarea").press("Enter")


def test_a_conversation_is_rated_renamed_found_shared_exported_and_deleted(site: Site) -> None:
    ann, bo = (site.app.users.by_name(name)["id"] for name in ("Ann", "Bo"))
    with browsing() as page:
        site.sign_in(page, ann)
        page.locator("#sa-tour").get_by_text("step 1 of 3").wait_for()
        page.locator("#sa-tour").get_by_role("button", name="Skip the tour").click()
        page.locator("#sa-tour").wait_for(state="hidden")
        page.keyboard.press("Escape")
        page.locator("body").press("/")
        page.keyboard.type(QUESTION)
        page.keyboard.press("Enter")
        page.locator(".sa-sources a").first.wait_for(state="attached")
        page.locator("#sa-box .submit-button").wait_for()
        assert serious(page) == []
        assert page.locator("#sa-chat [data-testid][aria-label]").count() == 0  # which would hold HTML

        page.get_by_role("button", name=re.compile("^dislike", re.I)).last.click()
        page.get_by_label("Why? (if you like)").fill(f"{EVIL} says nadia.quill@example.org")
        page.get_by_label("Use as a training example").check()
        page.get_by_label("The answer it should learn").fill("Thirty days.")
        page.get_by_role("button", name="Send", exact=True).click()
        page.get_by_text("Kept in examples.jsonl").wait_for()
        [thumb] = site.app.feedback.list(good=False)
        assert thumb["question"] == QUESTION and "nadia" not in thumb["reason"] and EVIL in thumb["reason"]
        kept = site.app.files.by_name("examples.jsonl")
        assert (
            kept
            and json.loads(site.app.files.path(kept).read_text())["messages"][1]["content"] == "Thirty days."
        )

        page.locator("#sa-threads input").first.focus()
        page.keyboard.press("/")  # a choice is no place to type
        page.wait_for_function("document.activeElement.matches('#sa-box textarea')")
        page.get_by_role("button", name="This conversation").click()
        title = page.get_by_role("textbox", name="Title")
        title.fill("Lamps of nadia.quill@example.org")
        title.press("Enter")
        page.locator("#sa-threads").get_by_text("Lamps of <EMAIL_ADDRESS>").wait_for()
        with page.expect_download() as got:
            page.get_by_role("link", name="Markdown").click()
        assert "30 days" in Path(got.value.path()).read_text()
        page.get_by_role("button", name="Share with the team").click()
        link = page.get_by_role("link", name="The link for the team").get_attribute("href")
        other = page.context.browser.new_context().new_page()
        site.sign_in(other, bo)
        other.goto(f"{site.url}{link}")
        other.get_by_text("Read only.").wait_for()
        assert "30 days" in other.locator("main").inner_text()
        assert other.locator("textarea, input, button").count() == 0
        passage = page.locator(".sa-sources a").first.get_attribute("href")
        page.get_by_role("button", name="Delete this conversation").first.click()
        page.get_by_role("button", name="Delete this conversation").nth(1).click()  # it asks back
        page.locator("#sa-chat").get_by_text("What would you like to do?").wait_for()
        assert site.app.agent.threads.list(ann) == []
        page.goto(f"{site.url}{passage}")
        assert "30 days" in page.locator("mark").inner_text()


def test_the_tour_can_be_read_on_a_phone(site: Site) -> None:
    new = site.app.users.add("Cy", "member")["id"]
    with browsing(viewport={"width": 390, "height": 844}, is_mobile=True) as page:
        site.sign_in(page, new)
        told = page.locator("#sa-tour").get_by_text("step 1 of 3")
        told.wait_for()
        page.wait_for_timeout(500)  # the list of conversations folds
        words, button = told.bounding_box(), page.locator("#sa-tour button").first.bounding_box()
        assert words["height"] < 60 and words["y"] + words["height"] <= button["y"]


def test_a_file_shows_its_first_rows_before_it_is_sent(site: Site, tmp_path: Path) -> None:
    path = tmp_path / "parcels.csv"
    path.write_text(f"text,category\nwhere is it,shipping\n{EVIL},refund\n")
    with browsing() as page:
        page.on("dialog", lambda _dialog: pytest.fail("a script ran"))
        site.sign_in(page)
        page.locator("#sa-box input[type=file]").set_input_files(str(path))
        page.locator("#sa-preview").get_by_role("cell", name="where is it").wait_for()
        page.locator("#sa-preview").get_by_text(EVIL).wait_for()
        assert site.app.files.by_name("parcels.csv") is None
        say(page, "what is in this file?")
        page.locator("#sa-preview").wait_for(state="hidden")
        page.locator("#sa-chat").get_by_text("parcels.csv").first.wait_for()


def test_an_approval_of_any_kind_can_be_changed_first(site: Site) -> None:
    site.app.files.save("handbook.md", io.BytesIO(b"# Handbook\n\nWe begin at nine.\n"), "owner")
    with browsing() as page:
        site.sign_in(page)
        say(page, "add handbook.md to the knowledge base")
        page.locator("#sa-chat .sa-ask").get_by_text("readable by visitors too").first.wait_for()
        page.get_by_role("button", name="Change", exact=True).click()
        page.get_by_label("Visibility").click()
        page.get_by_role("option", name="internal").click()
        page.get_by_role("button", name="Update plan").click()
        page.locator("#sa-chat .sa-ask").last.get_by_text("for the team alone").first.wait_for()
        page.get_by_role("button", name="Cancel", exact=True).click()
        page.get_by_role("button", name="Change", exact=True).wait_for(state="hidden")
        say(page, "remove refunds.md from the knowledge base")
        page.get_by_role("button", name="Change", exact=True).click()
        source = page.get_by_role("textbox", name="Source")
        source.wait_for()
        assert source.input_value() == "refunds.md"
        page.get_by_role("button", name="Cancel", exact=True).click()
        page.get_by_role("button", name="Change", exact=True).wait_for(state="hidden")
        say(page, "fine-tune a model on tickets.csv with the head method")
        page.get_by_role("button", name="Change", exact=True).click()
        called = page.get_by_role("textbox", name="Model name")
        called.wait_for()
        assert page.get_by_role("textbox", name="Dataset").input_value() == "tickets.csv"
        assert page.get_by_role("textbox", name="Base model").input_value() == "minilm"
        called.fill("ours")
        page.get_by_role("button", name=re.compile("^More")).click()
        seed = page.get_by_role("spinbutton", name="Seed")
        seed.fill("7")
        page.get_by_role("button", name="Update plan").click()
        plan = page.locator("#sa-chat .sa-ask").last
        plan.get_by_role("cell", name="ours").wait_for()
        plan.get_by_role("cell", name="7", exact=True).wait_for()
        page.get_by_role("button", name="Change", exact=True).click()
        page.wait_for_function("document.querySelector('input[aria-label=Seed]')?.value === '7'")
        seed.fill("")  # it is to choose again
        page.get_by_role("button", name="Update plan").click()
        page.locator("#sa-chat").get_by_text("Change: seed none").wait_for()
        page.get_by_role("button", name="Approve").wait_for()
        assert plan.get_by_role("cell", name="seed").count() == 0
        page.get_by_role("button", name="Cancel", exact=True).click()
        page.get_by_role("button", name="Change", exact=True).wait_for(state="hidden")
    assert "refunds.md" in {each["source"] for each in site.app.knowledge.list()["items"]}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_heat_map_in_the_chat_has_enough_contrast(site: Site, scheme: str) -> None:
    words = [("parcel", 1.0), ("is", 0.5), ("late", 0.2), ("not", -0.3), ("refund", -1.0)]
    tokens = [
        {"text": text, "start": 10 * at, "end": 10 * at + len(text), "attribution": value}
        for at, (text, value) in enumerate(words)
    ]
    best = {"label": "shipping", "score": 0.9, "scores": {"shipping": 0.9}}
    drawn = heatmap_html({"prediction": best, "target": "shipping", "tokens": tokens})
    with browsing(color_scheme=scheme) as page:
        site.sign_in(page, site.app.users.by_name("Bo")["id"])
        say(page, QUESTION)
        page.locator(".sa-sources a").first.wait_for(state="attached")
        page.locator("#sa-box .submit-button").wait_for()
        page.locator("#sa-chat .bot .prose").last.evaluate(
            "(said, drawn) => said.insertAdjacentHTML('beforeend', drawn)",
            f'<div class="sa-card">{drawn}</div>',
        )
        assert page.locator("figure").count() == 1
        assert [each for each in serious(page) if each.startswith("color-contrast")] == []

"""The pages beside the chat, in a real browser: what they show and do, for whom, in which language, on which screen."""

import io
import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from assistant.store.schema import jobs as jobs_table
from tests.ui.running import browsing, serious
from tests.ui.site import EVIL, PAGES, SHOP, Site, serving

POLICY = "Content Security Policy"  # in what browsers say of what it kept from a page


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with serving(tmp_path_factory.mktemp("pages")) as running:
        yield running


def opened(page: Any, site: Site, path: str) -> None:
    """A page with its content."""
    page.goto(f"{site.url}/{path}")
    page.locator(".sa-list label, #sa-box textarea").first.wait_for()
    page.wait_for_timeout(500)  # the rest of the same answer is drawn


def tab(page: Any, name: str) -> None:
    page.get_by_role("tab", name=name, exact=True).click()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_scrolls_sideways_runs_foreign_markup_or_shuts_anybody_out(site: Site, scheme: str) -> None:
    wrong: dict[str, list[str]] = {}
    with browsing(viewport={"width": 390, "height": 844}, color_scheme=scheme) as page:
        page.on("dialog", lambda _dialog: pytest.fail("a script ran"))
        refused: list[str] = []
        page.on("console", lambda line: refused.append(line.text) if POLICY in line.text else None)
        site.sign_in(page)
        for path in PAGES:
            opened(page, site, path)
            if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                wrong[f"{path} scrolls"] = [str(page.evaluate("document.documentElement.scrollWidth"))]
            if found := serious(page):
                wrong[path] = found
            wrong |= {f"{path} needs what its policy refuses": [*refused]} if refused else {}
            assert page.locator("img[src=x]").count() == 0
    assert not wrong, json.dumps(wrong, indent=1)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_tab_shuts_anybody_out(site: Site, scheme: str) -> None:
    wrong: dict[str, list[str]] = {}
    with browsing(viewport={"width": 1280, "height": 900}, color_scheme=scheme) as page:
        site.sign_in(page)
        for path in PAGES[1:]:
            opened(page, site, path)
            for each in page.get_by_role("tab").all()[1:]:
                if not each.is_visible():
                    continue
                each.click()
                page.wait_for_timeout(400)
                if found := serious(page):
                    wrong[f"{path} {each.inner_text()}"] = found
    assert not wrong, json.dumps(wrong, indent=1)


def test_data_is_looked_at_and_labelled(site: Site) -> None:
    with browsing() as page:
        site.sign_in(page)
        opened(page, site, "data")
        page.get_by_text("text-classification").wait_for()
        tab(page, "Rows")
        page.get_by_role("cell", name="my parcel is late").wait_for()
        tab(page, "Label")
        page.locator("#sa-item").get_by_text("it is broken and late").wait_for()
        page.get_by_role("radio", name="shipping").check()
        page.get_by_role("button", name="Save and next").click()
        page.locator("#sa-item").get_by_text(EVIL).wait_for()
        page.wait_for_timeout(1000)  # the same answer empties the box
        page.get_by_label("Another label").fill("spam")
        page.get_by_role("button", name="Save and next").click()
        page.locator("#sa-item").get_by_text("Every row has a label.").wait_for()
        page.get_by_role("button", name="Write the labels").click()
        page.get_by_text("holds the labels now").wait_for()
    row = site.app.files.by_name("tickets.csv")
    assert row and [
        line.rsplit(",", 1)[1] for line in site.app.files.path(row).read_text().splitlines()[-2:]
    ] == [
        "shipping",
        "spam",
    ]


def test_a_copy_of_a_dataset_without_personal_data_is_made(site: Site) -> None:
    rows = "text,label\nwrite to ann.quill@example.org,a\nhello there,b\n"
    site.app.files.save("mails.csv", io.BytesIO(rows.encode()), site.app.users.owner()["id"], "fine-tune")
    with browsing() as page:
        site.sign_in(page)
        opened(page, site, "data?name=mails.csv")
        tab(page, "Hide personal data")
        page.get_by_label("What takes their place").click()
        page.get_by_role("option", name="mask").click()
        page.get_by_role("button", name="Make the copy").click()
        page.get_by_text("rows changed").wait_for()
        page.get_by_role("radio", name="mails-scrubbed.csv").wait_for()
    row = site.app.files.by_name("mails-scrubbed.csv")
    assert row and row["purpose"] == "fine-tune"
    written = site.app.files.path(row).read_text()
    assert "ann.quill" not in written and "hello there" in written
    with browsing() as page, pytest.MonkeyPatch.context() as small:
        small.setattr("ui.pages.scrubber.LARGEST", 10)
        site.sign_in(page)
        opened(page, site, "data?name=mails.csv")
        tab(page, "Hide personal data")
        page.get_by_role("button", name="Make the copy").click()
        page.get_by_text("Use the command line").wait_for()
    for name in ("mails.csv", "mails-scrubbed.csv"):
        site.app.files.delete(site.app.files.by_name(name)["id"])


def test_doubtful_rows_come_first(site: Site) -> None:
    from ui.pages.labeller import unlabelled

    row = site.app.files.save("more.csv", _csv("text\nwhere is my parcel\nhm\nrefund, please\n"), "owner")
    rows, labels = unlabelled(site.app.files.path(row), {2: "x"}, "text", "topic")
    assert [each["row"] for each in rows] == [1, 3] and labels == ["x"]
    with browsing() as page:
        site.sign_in(page)
        opened(page, site, "data?name=more.csv")
        tab(page, "Label")
        page.get_by_label("Doubtful rows first").click()
        page.get_by_role("option", name="router").click()
        page.locator("#sa-item").get_by_text(re.compile(r"The model would say .+: \d+ % sure")).wait_for()
        page.get_by_role("radio", name="shipping").check()  # no row has a label yet: the model knows some
        page.get_by_role("button", name="Save and next").click()
        page.get_by_role("button", name="Undo the last").wait_for()
        page.get_by_role("radio", name="password").wait_for()
    assert [*site.app.labelling.given(row["id"], "label").values()] == ["shipping"]


def test_jobs_side_by_side(site: Site) -> None:
    with browsing() as page:
        site.sign_in(page)
        opened(page, site, "jobs?job=job-1")
        page.locator(".sa-card").get_by_text("job-1").first.wait_for()
        tab(page, "Side by side")
        page.locator(".sa-curves svg[aria-label='Loss curves'] polyline").nth(3).wait_for(state="attached")
        assert "90.0 %" in page.locator("table").last.inner_text()


def test_a_model_is_tried_explained_and_put_into_service(site: Site) -> None:
    with browsing() as page:
        site.sign_in(page)
        opened(page, site, "models")
        page.get_by_text("90.0 %").first.wait_for()
        tab(page, "Try it")
        page.get_by_label("A text").fill("I cannot sign in")
        page.get_by_role("button", name="Predict").click()
        page.locator(".sa-bar").first.wait_for()
        page.get_by_role("button", name="Explain").click()
        page.get_by_text("Which words drove it").wait_for()
        tab(page, "Lineage")
        page.get_by_role("link", name="tickets.csv").wait_for()
        tab(page, "Overview")
        page.get_by_role("button", name="Deploy", exact=True).click()
        page.get_by_role("button", name="Take out of service").wait_for()
        assert site.app.registry.get("router").status == "deployed"
        page.get_by_role("button", name="Take out of service").click()
        page.get_by_role("button", name="Deploy", exact=True).wait_for()


def test_a_newer_upload_of_an_internal_document_stays_internal(site: Site, tmp_path: Path) -> None:
    from ui.pages.documents import AS_IT_IS, KnowledgePage

    page, request = KnowledgePage(site.app), SimpleNamespace(username="owner", client=None, query_params={})

    def upload(text: str, choice: str) -> tuple[str, str]:
        path = tmp_path / "pay.md"
        path.write_text(text)
        *_, shown = page.add([str(path)], "", choice, request)
        items = {each["source"]: each for each in site.app.knowledge.list()["items"]}
        return items["pay.md"]["visibility"], shown["preview"]

    assert upload("Ann earns 10.", "internal")[0] == "internal"
    assert upload("Ann earns 11.", AS_IT_IS)[0] == "internal"
    assert "was internal; visitors read it now" not in upload("Ann earns 12.", AS_IT_IS)[1]
    assert "pay.md was internal; visitors read it now" in upload("Ann earns 13.", "published")[1]
    site.app.knowledge.remove("pay.md")


def test_knowledge_is_previewed_added_asked_and_removed(site: Site, tmp_path: Path) -> None:
    path = tmp_path / "hours.md"
    path.write_text("# Support hours\n\nWe answer on weekdays from 9:00 to 17:00.\n")
    with browsing() as page:
        site.sign_in(page)
        opened(page, site, "knowledge")
        tab(page, "Add")
        page.get_by_label("or an address").fill("/etc/passwd")
        page.get_by_role("button", name="Preview the passages").click()
        page.get_by_text("is no address").wait_for()
        page.get_by_label("or an address").fill("")
        page.locator("input[type=file]").last.set_input_files(str(path))
        page.get_by_text("hours.md").first.wait_for()
        page.get_by_role("button", name="Preview the passages").click()
        page.get_by_text("hours.md: 1 passages").wait_for()
        assert "hours.md" not in {each["source"] for each in site.app.knowledge.list()["items"]}
        page.get_by_role("button", name="Add", exact=True).click()
        page.get_by_text("1 passages added").wait_for()
        tab(page, "Test a question")
        page.get_by_label("A question").fill("When do you answer?")
        page.get_by_role("button", name="Ask", exact=True).click()
        page.locator(".sa-answer").get_by_text("9:00").wait_for()
        tab(page, "Unanswered")
        page.get_by_role("checkbox", name=re.compile("img src=x")).check()
        page.get_by_role("button", name="Take off the list").click()
        page.get_by_text("No open question").wait_for()
        tab(page, "Learn from use")
        page.get_by_text("Nothing learned yet").wait_for()
        page.get_by_role("button", name="Learn now").wait_for()
        tab(page, "Source")
        page.get_by_role("radio", name=re.compile("hours.md")).check()
        page.get_by_role("button", name="Remove this source").first.click()
        page.get_by_role("button", name="Remove this source").nth(1).click()  # it asks back
        page.get_by_role("radio", name=re.compile("hours.md")).wait_for(state="detached")


def test_many_documents_are_added_and_all_read_anew_while_the_page_goes_on(
    site: Site, tmp_path: Path
) -> None:
    path, jobs = tmp_path / "many.zip", site.app.jobs
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(30):
            archive.writestr(f"n{number}.md", f"# Note {number}\n\nRoom {number} is blue.")
    with browsing() as page:
        site.sign_in(page)
        opened(page, site, "knowledge")
        tab(page, "Add")
        page.locator("input[type=file]").last.set_input_files(str(path))
        page.get_by_text("many.zip").first.wait_for()
        page.get_by_role("button", name="Add", exact=True).click()
        page.get_by_text("waiting for its turn").wait_for()
        row = jobs.claim("me", jobs_table.c.kind == "add_documents") or {}
        job = f"job-{row['number']}"
        jobs.renew(job, "me", progress=0.4, step=12, steps=30, message="many.zip/n12.md", time_left=42.0)
        page.get_by_text("many.zip/n12.md · 40 % · about 42 s left").wait_for()
        tab(page, "Test a question")  # nothing holds the page up
        page.get_by_label("A question").fill("When can I return a lamp?")
        page.get_by_role("button", name="Ask", exact=True).click()
        page.locator(".sa-answer").wait_for()
        tab(page, "Add")
        page.get_by_role("button", name="Stop", exact=True).click()
        page.wait_for_timeout(300)
        assert jobs.stopping(job)
        jobs.stopped(job, "me")
        page.get_by_text("Stopped after 12 of 30 documents. What was done stays.").wait_for()
        page.get_by_role("button", name="Read all documents anew").click()
        page.get_by_text("waiting for its turn").wait_for()
        assert page.get_by_role("button", name="Read all documents anew").is_hidden()
        row = jobs.claim("me", jobs_table.c.kind == "reindex") or {}
        skipped = [{"source": "old.md", "reason": "There is no such file or folder. Check the path."}]
        report = {"sources": 1, "documents": 1, "chunks": 2, "skipped": skipped, "alike": []}
        jobs.finish(f"job-{row['number']}", "me", report)
        page.get_by_text("2 passages made of 1 documents").wait_for()
        page.get_by_text("There is no such file or folder").wait_for()
        opened(page, site, "jobs")
        page.get_by_text("reindex").first.wait_for()


def test_a_widget_key_is_made_and_the_inbox_read(site: Site) -> None:
    with browsing() as page:
        page.on("dialog", lambda _dialog: pytest.fail("a script ran"))
        site.sign_in(page)
        opened(page, site, "widgets")
        page.get_by_label("Origins of your pages").fill("https://a.example\nhttps://b.example")
        page.get_by_label("Title").fill('Lumen "help"')
        page.get_by_role("button", name="Make a key").click()
        line = page.locator("#sa-snippet textarea")
        page.wait_for_function(
            "/pk_[\\w-]{9}.*quot/.test(document.querySelector('#sa-snippet textarea').value)"
        )
        key = re.search(r'data-key="(pk_[^"…]+)"', line.input_value())
        assert key and 'data-title="Lumen &quot;help&quot;"' in line.input_value()
        made = site.app.keys.list()[0]
        assert made["user_id"] == made["id"] and made["made_by"] == "owner", "it outlives its maker"
        assert site.app.keys.authenticate(key[1]).origins == ("https://a.example", "https://b.example")
        page.get_by_label("Origins of your pages").fill("https://c.example")
        page.get_by_role("button", name="Save the origins").click()
        page.get_by_role("radio", name="https://c.example").wait_for()
        assert f'data-key="{key[1]}" data-title="Lumen &quot;help&quot;"' in line.input_value()
        tab(page, "Inbox")
        page.get_by_role("link", name="nadia@mail.example").wait_for()
        page.get_by_text(EVIL).first.wait_for()
        page.get_by_role("button", name="Done").click()
        page.get_by_role("button", name="Open again").wait_for()
        assert site.app.visits.handoffs("open") == []
        site.app.visits.hand_off("w", "key-1", SHOP, "late@mail.example", "", None, [])
        tab(page, "Transcripts")
        page.locator(".sa-fact").get_by_text(SHOP).last.wait_for()
        tab(page, "Inbox")
        page.get_by_role("radio", name=re.compile("late@mail.example")).wait_for()
        page.get_by_label("Only those with these words").first.fill("NADIA")
        page.get_by_label("Only those with these words").first.press("Enter")
        page.get_by_role("radio", name=re.compile("late@mail.example")).wait_for(state="detached")


def test_a_key_for_a_program_reaches_the_chosen_parts_and_no_conversation_of_its_maker(site: Site) -> None:
    with browsing() as page:
        site.sign_in(page)
        opened(page, site, "settings")
        tab(page, "Keys")
        page.get_by_label("Parts of the API it reaches").click()
        page.get_by_role("option", name="classify").click()
        page.keyboard.press("Escape")
        page.get_by_role("button", name="Make a key").click()
        page.wait_for_function(
            "document.querySelector('#sa-secret textarea, #sa-secret input')?.value.startsWith('sk-')"
        )
        who = site.app.keys.authenticate(page.locator("#sa-secret textarea, #sa-secret input").input_value())
        assert who.scopes == ("classify",) and who.user_id == who.key_id
        made = next(row for row in site.app.keys.list() if row["id"] == who.key_id)
        assert made["made_by"] == site.app.users.owner()["id"]


def test_an_admin_lets_somebody_in_who_sees_less(site: Site) -> None:
    with browsing() as page:
        site.sign_in(page)
        opened(page, site, "settings")
        page.get_by_label("Name").fill("Vi Ewer")
        page.get_by_label("Role").last.click()
        page.get_by_role("option", name="viewer").click()
        page.get_by_role("button", name="Add", exact=True).click()
        page.wait_for_function(
            "document.querySelector('#sa-link textarea, #sa-link input')?.value.includes('token=')"
        )
        link = page.locator("#sa-link textarea, #sa-link input").input_value()
        tab(page, "Audit")
        page.get_by_text("user added").first.wait_for()
        page.get_by_role("button", name="Check that nothing was changed").click()
        page.get_by_text("No entry was changed").wait_for()
        with page.expect_download() as download:
            page.get_by_text("Download the whole log").click()
        written = Path(download.value.path()).read_text().splitlines()
        assert [json.loads(line)["action"] for line in written] == [
            entry["action"] for entry in site.app.audit.everything()
        ]
        page.goto(f"{site.url}/sign-out")
        page.goto(link)
        opened(page, site, "models")
        page.get_by_text("90.0 %").first.wait_for()
        assert page.get_by_role("button", name="Deploy", exact=True).count() == 0
        page.goto(f"{site.url}/settings")
        page.get_by_text("The model that talks").wait_for()
        assert page.get_by_role("tab", name="People").count() == 0


def test_chinese(site: Site) -> None:
    with browsing(locale="zh-CN") as page:
        site.sign_in(page)
        opened(page, site, "jobs")
        page.get_by_role("heading", name="任务").wait_for()
        page.get_by_role("tab", name="并排比较").wait_for()
        page.locator(".sa-fact").get_by_text("成功").wait_for()
        page.get_by_role("link", name="知识库").wait_for()


def test_every_word_has_its_translation() -> None:
    from tests.ui.words import used
    from ui.pages.render import ENDINGS, STEPS
    from ui.pages.words import ZH

    assert (used() | set(STEPS.values()) | set(ENDINGS.values())) - set(ZH) == set()


def _csv(text: str):
    import io

    return io.BytesIO(text.encode())

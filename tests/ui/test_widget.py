"""The support widget in a real browser: on a page of another origin that its key allows, and on one it does not."""

import gzip
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
import uvicorn
from starlette.testclient import TestClient

from assistant.api.app import create_api
from assistant.api.visitors import VisitorTokens
from assistant.application import Application
from assistant.settings import Settings
from tests.ui.running import browsing, free_port, serious
from ui.widget.routes import FOLDER, router

REFUNDS = """# Refunds

You can return any lamp within 30 days. **The money** is back within 5 working days.

## Elsewhere

To contact our support, write to support@lumen.example and we will help.
Our pages are free of `<img src=x onerror=alert(1)>`.
"""


MARKDOWN = """1. Install
   ```bash
   pip install x
     # a[1] * all *
   ```
   - with ``a`b``
   - and <b>

2. Run

> Mind **this**
> ~~~
> ```
> ~~~
```js
1
```
# afterwards"""
AS_HTML = (
    "<ol><li>Install<pre><code>pip install x\n  # a[1] * all *</code></pre>"
    "<ul><li>with <code>a`b</code></li><li>and &lt;b&gt;</li></ul></li><li>Run</li></ol>"
    "<blockquote><p>Mind <strong>this</strong></p><pre><code>```</code></pre></blockquote>"
    "<pre><code>1</code></pre><p><strong>afterwards</strong></p>"
)


@dataclass
class Site:
    """A server with the widget, and two shops that include it: one its key was made for, one not."""

    app: Application
    url: str
    shop: str
    stranger: str
    key: str


def _shop(widget_host: str) -> ThreadingHTTPServer:
    """A shop whose pages hold the one line; the key is the path, attributes the query, under a strict policy."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self):
            address = urlsplit(self.path)
            attributes = unquote(address.query)
            line = f'<script src="{widget_host}/widget.js" data-key="{address.path[1:]}" {attributes} async></script>'
            head = "<meta name=viewport content='width=device-width'><title>Shop</title>"
            body = f"<!doctype html>{head}<h1>Lamps</h1><a href='/x'>a link</a>{line}".encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header(
                "Content-Security-Policy",
                f"default-src 'none'; script-src {widget_host}; frame-src {widget_host}",
            )
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("widget")
    app = Application(Settings(home=folder / "home"))
    (folder / "refunds.txt").write_text(REFUNDS)
    app.knowledge.add([folder / "refunds.txt"])
    api = create_api(app)
    api.include_router(router)
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    server = uvicorn.Server(uvicorn.Config(api, port=port, log_config=None, access_log=False))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    shops = [_shop(url), _shop(url)]
    shop, stranger = (f"http://127.0.0.1:{each.server_port}" for each in shops)
    key = app.keys.create(widget=True, origins=[shop])["secret"]
    yield Site(app, url, shop, stranger, key)
    server.should_exit = True
    for each in shops:
        each.shutdown()
    thread.join(15)
    app.close()


def opened(page: Any, address: str) -> Any:
    """The frame of a page's widget, opened by its button."""
    page.goto(address)
    page.get_by_role("button", name="Open support chat").click()
    return page.frame_locator("iframe")


def ask(frame: Any, words: str) -> None:
    """Type a question and send it with the keyboard."""
    frame.get_by_label("Ask a question").fill(words)
    frame.get_by_label("Ask a question").press("Enter")


def test_a_visitor_gets_a_cited_answer_and_opens_its_passage(site: Site) -> None:
    with browsing() as page:
        hosts, problems = set(), []
        page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
        page.on("console", lambda line: problems.append(line.text) if line.type == "error" else None)
        frame = opened(page, f"{site.shop}/{site.key}?data-title=%22Lumen%20help%22")
        frame.get_by_role("heading", name="Lumen help").wait_for()
        ask(frame, "How many days do I have to return a lamp?")
        frame.locator(".sources").wait_for()
        assert "30 days" in frame.locator("#log").inner_text()
        frame.locator(".text .cite").first.click()
        shown = frame.get_by_role("dialog")
        shown.locator("mark").first.wait_for()
        assert "30 days" in " ".join(shown.locator("mark").all_inner_texts())
        assert "<img src=x" in shown.inner_text()  # the document's markup is text and nothing else
        assert serious(page.frames[-1]) == []  # the conversation and the dialog over it
        page.keyboard.press("Escape")
        shown.wait_for(state="hidden")
        assert not page.context.cookies()
        assert hosts == {urlsplit(site.url).netloc, urlsplit(site.shop).netloc}
        assert [text for text in problems if "favicon" not in text] == []


def test_the_conversation_lasts_for_the_visit(site: Site) -> None:
    with browsing() as page:
        frame = opened(page, f"{site.shop}/{site.key}")
        ask(frame, "How many days do I have to return a lamp?")
        frame.locator(".sources").wait_for()
        frame = opened(page, f"{site.shop}/{site.key}")
        frame.locator(".sources").wait_for()
        assert "30 days" in frame.locator("#log").inner_text()
        frame.get_by_role("button", name="Start again").click()
        assert "30 days" not in frame.locator("#log").inner_text()


def test_the_script_interface_and_the_keyboard(site: Site) -> None:
    with browsing() as page:
        page.goto(f"{site.shop}/{site.key}?data-position=%22left%22")
        button = page.get_by_role("button", name="Open support chat")
        button.wait_for()
        assert button.bounding_box()["x"] < 100
        heard = page.evaluate(
            """() => new Promise((done) => {
                 const heard = [];
                 for (const name of ["open", "ready", "message", "answer", "close"])
                   StartupAssistant.on(name, () => heard.push(name));
                 StartupAssistant.on("answer", () => { StartupAssistant.close(); done(heard); });
                 StartupAssistant.identify({ id: "7", name: "Ann", hash: "" });
                 StartupAssistant.ask("How do I contact support?");
               })"""
        )
        assert heard == ["open", "ready", "message", "answer", "close"]
        assert "support@lumen.example" in page.frame_locator("iframe").locator("#log").inner_text()
        assert page.evaluate("document.activeElement.tagName") == "STARTUP-ASSISTANT"
        page.keyboard.press("Enter")
        page.locator(".panel").wait_for()
        page.keyboard.press("Escape")
        page.locator(".panel").wait_for(state="hidden")
        page.evaluate("document.body.replaceWith(document.createElement('body'))")  # as single-page apps do
        button.wait_for()


def test_whoever_opens_it_by_keyboard_can_type_at_once_and_a_page_that_opens_it_keeps_the_keyboard(
    site: Site,
) -> None:
    with browsing() as page:
        page.goto(f"{site.shop}/{site.key}")
        page.get_by_role("button", name="Open support chat").focus()
        page.keyboard.press("Enter")
        page.frame_locator("iframe").locator("#box:focus").wait_for()
        page.goto(f"{site.shop}/{site.key}?data-open")
        page.frame_locator("iframe").locator(".said").first.wait_for()
        page.wait_for_timeout(500)
        assert page.evaluate("document.activeElement.tagName") == "BODY"
        assert page.frames[-1].evaluate("document.activeElement.id") != "box"


def test_markup_from_a_visitor_stays_text(site: Site) -> None:
    attack = "<img src=x onerror=alert(1)><script>alert(2)</script> [click](javascript:alert(3)) **bold**"
    with browsing() as page:
        page.on("dialog", lambda _dialog: pytest.fail("a script ran"))
        frame = opened(page, f"{site.shop}/{site.key}")
        ask(frame, attack)
        frame.locator(".user").get_by_text("<img src=x onerror=alert(1)>").wait_for()
        frame.locator("#send:not(.busy)").wait_for()
        assert frame.locator("#log img, #log script, #log a[href^=javascript]").count() == 0

        said = (
            "[help](https://lumen.example/help) [renew](https://evil.example/?q=S) https://evil.example/?q=S"
            " https://lumen.ex"  # the beginning of what is cited is another place
        )
        quoted = {"kind": "citation", "number": 1, "source": "a", "text": "See https://lumen.example/help."}
        told = [quoted, {"kind": "token", "text": said}, {"kind": "done", "thread": "t", "token": "t"}]
        answer = "".join(f"data: {json.dumps(each)}\n\n" for each in told)
        page.route(
            "**/v1/widget/messages", lambda way: way.fulfill(content_type="text/event-stream", body=answer)
        )
        ask(frame, "where is help?")
        frame.get_by_text("[renew](https://evil.example/?q=S) https://evil.example/?q=S").wait_for()
        links = frame.locator("#log a").evaluate_all("links => links.map((link) => link.href)")
        assert links == ["https://lumen.example/help"]

        page.unroute("**/v1/widget/messages")
        told = [{"kind": "token", "text": MARKDOWN}, {"kind": "done", "thread": "t", "token": "t"}]
        stream = "".join(f"data: {json.dumps(each)}\n\n" for each in told)
        page.route(
            "**/v1/widget/messages", lambda way: way.fulfill(content_type="text/event-stream", body=stream)
        )
        ask(frame, "how is it done?")
        answer = frame.locator(".assistant .text", has_text="Install")
        answer.get_by_text("afterwards").wait_for()
        assert answer.evaluate("each => each.innerHTML") == AS_HTML


def test_a_visitor_rates_asks_for_a_person_and_is_known(site: Site) -> None:
    evil = "<img src=x onerror=alert(1)>"
    with browsing() as page:
        page.on("dialog", lambda _dialog: pytest.fail("a script ran"))
        frame = opened(
            page, f"{site.shop}/{site.key}?data-questions=%22How%20many%20days%20for%20a%20return?|{evil}%22"
        )
        frame.get_by_role("button", name=evil).wait_for()
        frame.get_by_role("button", name="How many days for a return?").click()
        frame.locator(".sources").wait_for()
        frame.get_by_role("button", name="Not helpful").click()
        frame.get_by_label("What was wrong?").fill(f"too short {evil}")
        frame.get_by_label("What was wrong?").press("Enter")
        frame.get_by_role("status").get_by_text("Thank you.").wait_for()
        [thumb] = site.app.feedback.list(good=False)
        assert thumb["reason"] == f"too short {evil}" and "30 days" in thumb["answer"]

        frame.get_by_role("button", name="Talk to a person").click()
        sheet = frame.get_by_role("dialog", name="Talk to a person")
        sheet.get_by_role("button", name="Send").click()
        sheet.get_by_role("alert").get_by_text("check the e-mail").wait_for()
        sheet.get_by_label("E-mail address").fill("nadia@mail.example")
        sheet.get_by_label("Anything else?").fill(evil)
        sheet.get_by_role("button", name="Send").click()
        frame.get_by_text("A person will write to nadia@mail.example").wait_for()
        row = site.app.visits.handoffs()[0]
        assert (row["origin"], row["message"]) == (site.shop, evil) and len(row["transcript"]) == 2

        secret, now = VisitorTokens(site.app.home).identity_secret(row["key_id"]), int(time.time())
        mark = hmac.new(secret.encode(), f"customer-7.{now}".encode(), hashlib.sha256).hexdigest()
        told = page.evaluate(
            """(person) => new Promise((done) => {
                 StartupAssistant.on("identified", (who) => done(who.id));
                 StartupAssistant.on("error", (what) => done(what.message));
                 StartupAssistant.identify(person);
               })""",
            {"id": "customer-7", "time": now, "hash": mark},
        )
        assert told == "customer-7"
        ask(frame, "How many days do I have to return a lamp?")
        frame.locator(".sources").nth(1).wait_for()
        assert "customer-7" in {each["person"] for each in site.app.visits.transcripts()}


def _signed(site: Site, who: str) -> dict[str, Any]:
    """What the shop's server says of its customer."""
    key_id = next(each["id"] for each in site.app.keys.list() if each["role"] == "visitor")
    secret, now = VisitorTokens(site.app.home).identity_secret(key_id), int(time.time())
    return {
        "id": who,
        "time": now,
        "hash": hmac.new(secret.encode(), f"{who}.{now}".encode(), hashlib.sha256).hexdigest(),
    }


def test_the_next_customer_at_the_same_page_reads_nothing_of_the_one_before(site: Site) -> None:
    become = """(person) => new Promise((done) => {
        const known = StartupAssistant.on("identified", (who) => finish(who.id));
        const anew = StartupAssistant.on("ready", () => finish("nobody"));
        const finish = (who) => { known(); anew(); done(who); };
        StartupAssistant.identify(person);
    })"""
    with browsing() as page:
        page.goto(f"{site.shop}/{site.key}")
        page.get_by_role("button", name="Open support chat").wait_for()
        frame = page.frame_locator("iframe")
        page.evaluate(
            """(person) => {  // all at once, before there is a frame
                 StartupAssistant.identify(person);
                 StartupAssistant.ask("How many days do I have to return a lamp?");
                 StartupAssistant.ask("When is the money back?");
               }""",
            _signed(site, "customer-1"),
        )
        frame.locator(".sources").nth(1).wait_for()
        assert page.evaluate(become, _signed(site, "customer-2")) == "customer-2"
        assert frame.locator(".user").count() == 0
        ask(frame, "When is the money back?")
        frame.locator(".sources").wait_for()
        page.evaluate("StartupAssistant.identify(null); StartupAssistant.ask('How do I contact support?')")
        frame.locator(".user", has_text="How do I contact support?").wait_for()
        frame.locator(".sources").wait_for()
        assert frame.locator(".user").count() == 1  # signed out, and asked all the same
        said = [(each["person"], each["title"]) for each in site.app.visits.transcripts()]
        assert ("customer-2", "When is the money back?") in said and (
            None,
            "How do I contact support?",
        ) in said
        assert [title for person, title in said if person == "customer-1"] == [
            "How many days do I have to return a lamp?"
        ]
        later = page.context.new_page()  # another visit
        frame = opened(later, f"{site.shop}/{site.key}")
        frame.get_by_text("What can I help").wait_for()
        assert later.evaluate(become, _signed(site, "customer-1")) == "customer-1"
        frame.locator(".sources").nth(1).wait_for()  # what they were told on the last one
        assert frame.locator(".user").count() == 2


def test_a_question_after_hours_begins_a_new_visit(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    with browsing() as page:
        frame = opened(page, f"{site.shop}/{site.key}")
        ask(frame, "How many days do I have to return a lamp?")
        frame.locator(".sources").wait_for()
        now = time.time()
        monkeypatch.setattr("assistant.api.visitors.time.time", lambda: now + 3 * 3600)
        asked = ["When is the money back?", "How do I contact support?"]
        page.evaluate("(asked) => asked.forEach((each) => StartupAssistant.ask(each))", asked)
        frame.locator(".sources").nth(1).wait_for()
        shown = frame.locator(
            ".said .text"
        ).all_inner_texts()  # the visit before is over, and no question is lost
        assert len(shown) == 5 and [shown[1], shown[3]] == asked and frame.locator(".waiting").count() == 0


def test_it_is_read_from_right_to_left_and_keeps_still_where_that_is_wished(site: Site) -> None:
    with browsing(reduced_motion="reduce") as page:
        frame = opened(page, f"{site.shop}/{site.key}?data-locale=ar")
        frame.locator("html[dir=rtl]").wait_for()
        note = frame.locator("#note")  # these words are English: their full stop stands at the right
        assert note.evaluate("each => getComputedStyle(each).direction") == "ltr"
        assert frame.locator(".said").first.evaluate("each => getComputedStyle(each).animationName") == "none"


def test_a_phone_gets_the_whole_screen(site: Site) -> None:
    with browsing(viewport={"width": 390, "height": 780}, has_touch=True, is_mobile=True) as page:
        frame = opened(page, f"{site.shop}/{site.key}")
        frame.get_by_label("Ask a question").wait_for()
        frame.locator(".said").first.wait_for()
        width = page.evaluate("innerWidth")
        for _ in range(50):  # it slides into place, which takes a moment
            box = page.locator(".panel").bounding_box()
            if box["x"] == 0 and box["y"] == 0:
                break
            page.wait_for_timeout(100)
        assert (box["x"], box["y"], box["width"]) == pytest.approx((0, 0, width), abs=1)
        frame.get_by_role("button", name="Close chat").click()
        page.get_by_role("button", name="Open support chat").wait_for()


def test_another_origin_is_refused_and_a_phone_gets_its_page_back(site: Site) -> None:
    with browsing(viewport={"width": 390, "height": 780}, has_touch=True, is_mobile=True) as page:
        page.goto(f"{site.stranger}/{site.key}")
        page.get_by_role("button", name="Open support chat").click()
        page.get_by_role("alert").get_by_text("cannot be reached").wait_for()
        assert page.locator("iframe").count() == 0
        page.get_by_role("button", name="Close chat").click()
        page.get_by_role("button", name="Open support chat").wait_for()
        page.get_by_role("link", name="a link").click(trial=True)


def test_what_is_refused_is_said_in_the_visitors_language(site: Site) -> None:
    refused = {"error": {"message": "That was too often. Wait 7 s and try again."}}
    with browsing() as page:
        page.route(
            "**/v1/widget/messages",
            lambda way: way.fulfill(status=429, headers={"Retry-After": "7"}, json=refused),
        )
        page.goto(f"{site.shop}/{site.key}?data-locale=zh")
        page.get_by_role("button", name="打开客服对话").wait_for()
        page.evaluate("StartupAssistant.ask('退货要多久?')")
        page.frame_locator("iframe").get_by_text("请 7 秒后再试").wait_for()


def test_the_frame_names_who_may_frame_it(site: Site) -> None:
    client = TestClient(create_with_widget(site.app))
    ours = client.get("/widget", params={"key": site.key}, headers={"Referer": f"{site.shop}/page"})
    assert ours.status_code == 200
    policy = ours.headers["Content-Security-Policy"]
    assert f"frame-ancestors {site.shop}" in policy and "unsafe" not in policy
    assert "X-Frame-Options" not in ours.headers and "set-cookie" not in ours.headers
    anew = client.get("/widget", params={"key": site.key}, headers={"Referer": "http://testserver/widget"})
    assert anew.status_code == 200
    theirs = client.get("/widget", params={"key": site.key}, headers={"Referer": "https://evil.example/"})
    assert theirs.status_code == 403 and "frame-ancestors 'none'" in theirs.headers["Content-Security-Policy"]
    secret = site.app.keys.create()["secret"]
    assert client.get("/widget", params={"key": secret}).status_code == 403
    assert client.get("/widget", params={"key": "pk_nobody"}).status_code == 401


def create_with_widget(app: Application) -> Any:
    """The API with the widget's routes."""
    api = create_api(app)
    api.include_router(router)
    return api


def test_its_size() -> None:
    def zipped(name: str) -> int:
        return len(gzip.compress((Path(FOLDER) / name).read_bytes()))

    assert zipped("widget.js") <= 6_000
    assert sum(map(zipped, ("frame.html", "frame.js", "frame.css"))) <= 40_000

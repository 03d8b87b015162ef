"""The server around the chat page: signing in, what strangers and other sites get, a second start."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from starlette.testclient import TestClient

from assistant.access.limits import Limiter
from assistant.application import Application
from assistant.errors import Forbidden, Occupied
from assistant.home import exclusive
from assistant.settings import Settings
from tests.ui.running import free_port
from ui.server import _too_often, build, serve

HTML = {"Accept": "text/html"}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Application]:
    application = Application(Settings(home=tmp_path_factory.mktemp("server") / "home", session_days=0.5))
    yield application
    application.close()


@pytest.fixture(scope="module")
def web(app: Application):
    return build(app)


def test_a_link_signs_in_once(app: Application, web) -> None:
    browser = TestClient(web, follow_redirects=False)
    assert browser.get("/", headers=HTML).headers["Location"] == "/sign-in"
    assert "Paste the link" in browser.get("/sign-in").text
    token = app.users.link()
    signed_in = browser.get("/sign-in", params={"token": token})
    cookie = signed_in.headers["Set-Cookie"].lower()
    assert signed_in.headers["Location"] == "/" and "httponly" in cookie and "samesite=lax" in cookie
    page = browser.get("/", headers=HTML)
    assert page.status_code == 200 and "Startup Assistant" in page.text
    assert "max-age=43200" in cookie
    policy = page.headers["Content-Security-Policy"]
    assert "frame-ancestors 'self'" in policy and "img-src 'self' data: blob:;" in policy
    assert "default-src 'self'" in policy and "script-src 'self' 'unsafe-inline' 'unsafe-eval';" in policy
    assert "Strict-Transport-Security" not in page.headers, "it is reached without TLS"
    assert browser.get("/v1/models").status_code == 200  # the page's own calls
    again = TestClient(web, follow_redirects=False).get("/sign-in", params={"token": token})
    assert again.status_code == 401 and "used" in again.text and "Set-Cookie" not in again.headers
    assert "signed out" in browser.get("/sign-out").text
    assert browser.get("/", headers=HTML).status_code == 303


def test_strangers_find_gradios_doors_shut(web) -> None:
    stranger = TestClient(web, follow_redirects=False)
    for verb, path in (
        ("GET", "/config"),
        ("GET", "/gradio_api/info"),
        ("GET", "/gradio_api/file=/etc/passwd"),
        ("GET", "/gradio_api/queue/data?session_hash=a"),
        ("POST", "/gradio_api/queue/join"),
        ("POST", "/gradio_api/upload"),
        ("POST", "/gradio_api/mcp/"),
    ):
        assert stranger.request(verb, path, json={}).status_code in (401, 403, 404, 405), path


def test_other_sites_cannot_use_the_page(app: Application, web) -> None:
    browser = TestClient(web)
    browser.get("/sign-in", params={"token": app.users.link()})
    evil = {"Origin": "https://evil.example"}
    shown = browser.get("/config", headers=evil)
    assert "Access-Control-Allow-Origin" not in shown.headers
    assert browser.post("/gradio_api/queue/join", json={}, headers=evil).status_code in (401, 403)


def test_a_second_start_says_who_is_there(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home")
    port = free_port()
    listening = "import socket,sys; s=socket.create_server(('127.0.0.1',int(sys.argv[1]))); print(flush=True); input()"
    other = subprocess.Popen(
        [sys.executable, "-c", listening, str(port)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert other.stdout and other.stdin
    other.stdout.readline()
    with pytest.raises(Occupied, match=f"port {port} cannot be used.*Choose another with --port"):
        serve(settings, port=port)
    other.communicate("\n")
    lock = settings.where.folder("locks") / "server.lock"
    with exclusive(lock, "a server at http://127.0.0.1:7860"), pytest.raises(Occupied, match="7860"):
        serve(settings, port=free_port())


def test_a_shared_conversation_is_read_by_the_team_alone_and_runs_nothing(app: Application, web) -> None:
    from ui.reading import markdown

    thread = app.agent.threads.create("owner", "<script>alert(1)</script>")["id"]
    share = app.shares.share(thread, "owner")
    browser = TestClient(web)
    assert browser.get(f"/shared/{share}").status_code == 401
    mate = app.users.add("Mate", "viewer")
    browser.get("/sign-in", params={"token": app.users.link(mate["id"])})
    shown = browser.get(f"/shared/{share}")
    assert shown.status_code == 200 and "<script" not in shown.text and "&lt;script" in shown.text
    assert "default-src 'none'" in shown.headers["Content-Security-Policy"]
    app.shares.end(thread, "owner")
    assert browser.get(f"/shared/{share}").status_code == browser.get("/passages/999").status_code == 404
    evil = markdown(
        "**b** <img src=x onerror=alert(1)> ![x](http://e/p.png) [a](javascript:alert(1)) [c](http://d)"
    )
    assert "<strong>b</strong>" in evil and "<img" not in evil and "<a" not in evil
    assert "[c](http://d)" in evil  # where it leads is read, not hidden


def test_pages_send_strangers_to_the_sign_in(web) -> None:
    stranger = TestClient(web, follow_redirects=False)
    for path in ("/", "/data", "/jobs", "/models", "/knowledge", "/widgets", "/settings"):
        assert stranger.get(path, headers=HTML).headers["Location"] == "/sign-in"
        assert stranger.get(path).status_code == 401


def test_the_chat_page_keeps_to_roles_and_to_the_users_own_conversations(app: Application) -> None:
    from ui.pages.chat import SAMPLES, ChatPage

    page = ChatPage(app)
    request = SimpleNamespace(username=app.users.add("Vera", "viewer")["id"], client=None, session_hash="s")
    foreign = app.agent.threads.create("owner")["id"]
    job = app.jobs.submit("finetune", {"name": "x"}, "owner", foreign)
    path = app.home.folder("cache/tmp") / "notes.txt"
    path.write_text("a")
    *_, refused = page.send({"text": "look", "files": [str(path)]}, [], None, request)
    assert "may not upload" in str(refused["chat"]) and not path.exists()
    assert not [row for row in app.files.all() if row["name"] == "notes.txt"]
    assert SAMPLES not in str(page.new(request)["chat"].examples)
    list(page.send({"text": SAMPLES}, [], None, request))
    assert not [row for row in app.files.all() if row["name"] == "tickets.csv"]
    with pytest.raises(Forbidden):
        page.cancel_job(foreign, request)
    [ticked] = page.tick([], foreign, request)
    assert ticked.get("thread") is None and str(job["id"]) not in str(ticked)
    assert not page.job_parts(page.mine(foreign, page.principal(request)))["job"].visible
    assert page.stopped(foreign, request)["thread"] is None
    mate = SimpleNamespace(username=app.users.add("Max", "member")["id"], client=None, session_hash="s")
    assert page.cancel_job(foreign, mate) == {} and app.jobs.get(job["id"])["status"] == "queued"


def test_a_page_that_calls_too_often_is_told_to_wait() -> None:
    limit = Limiter(1)
    assert _too_often(limit, "ann") is None and _too_often(limit, "bo") is None
    refused = _too_often(limit, "ann")
    assert refused and refused.status_code == 429 and int(refused.headers["Retry-After"]) > 0

"""Several server processes at one port: one page behind them all, and another process takes it over."""

import os
import signal
import time
from pathlib import Path

import httpx
import psutil

from tests.ui.running import serving


def test_one_page_behind_two_processes(tmp_path: Path) -> None:
    with (
        serving(tmp_path / "home", "--workers", "2", patience=120) as server,
        httpx.Client(base_url=server.url, follow_redirects=True) as browser,
    ):
        deadline = time.monotonic() + 60  # the link is told before the page is there
        while (answer := browser.get(server.sign_in)).status_code == 503 and time.monotonic() < deadline:
            time.sleep(0.5)
        assert answer.status_code == 200
        for _ in range(6):  # whichever process answers, the page knows its visitor
            assert browser.get("/gradio_api/info", headers={"Connection": "close"}).status_code == 200
        lock = server.home / "locks" / "page.lock"
        first = lock.read_text()
        os.kill(_listening_at(server.process.pid, int(first.rpartition(":")[2])), signal.SIGKILL)
        deadline = time.monotonic() + 60
        while lock.read_text() in ("", first) or not _answers(browser):
            assert time.monotonic() < deadline, "no other process took the page over"
            time.sleep(0.2)


def _answers(browser: httpx.Client) -> bool:
    try:
        return browser.get("/gradio_api/info", headers={"Connection": "close"}).status_code == 200
    except httpx.HTTPError:  # the connection went to the process that is gone
        return False


def _listening_at(parent: int, port: int) -> int:
    for process in psutil.Process(parent).children(recursive=True):
        if any(each.laddr and each.laddr.port == port for each in process.net_connections("tcp")):
            return process.pid
    raise AssertionError(f"nobody listens at {port}")

"""Several server processes at one port: one page behind them all; of one that is killed, others take the work over."""

import contextlib
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import psutil

from tests.ui.running import serving


def test_one_page_behind_two_processes_of_which_one_is_killed_under_load(tmp_path: Path) -> None:
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
        lock, stop = server.home / "locks" / "page.lock", threading.Event()
        first, before = lock.read_text(), _processes(server.process.pid)
        doomed = next(each for each in before if _has(each, first.rpartition(":")[2], psutil.CONN_LISTEN))
        with ThreadPoolExecutor(4) as pool:
            callers = [pool.submit(_load, server.url, dict(browser.cookies), stop) for _ in range(4)]
            time.sleep(0.5)
            os.kill(doomed.pid, signal.SIGKILL)
            try:
                # A process that is busy has a minute to say that it is there; one that is dead has not.
                _until(lambda: _processes(server.process.pid) - before, 40, "none came in its place")
                _until(lambda: _taken_over(lock, first) and _answers(browser), 100, "none took the page over")
                (new,) = _processes(server.process.pid) - before
                _until(lambda: _works(new, server.url), 100, "the new one takes no connections")
            finally:
                stop.set()
            seen = sum((each.result() for each in callers), Counter())
    assert set(seen) <= {200, "broken off"} and seen[200] > 20, seen
    assert seen["broken off"] <= len(callers), "others answer what the one was not answering just then"


def _until(true: Callable[[], object], seconds: float, otherwise: str) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, otherwise
        time.sleep(0.2)


def _load(url: str, cookies: dict[str, str], stop: threading.Event) -> Counter:
    """Ask one thing after the other; returns how often what came of it."""
    seen: Counter = Counter()
    while not stop.is_set():
        try:
            seen[httpx.get(f"{url}/v1/models", cookies=cookies, timeout=60).status_code] += 1
        except httpx.HTTPError:
            seen["broken off"] += 1
        time.sleep(0.05)
    return seen


def _taken_over(lock: Path, first: str) -> bool:
    return lock.read_text() not in ("", first)


def _answers(browser: httpx.Client) -> bool:
    try:
        return browser.get("/gradio_api/info", headers={"Connection": "close"}).status_code == 200
    except httpx.HTTPError:  # the connection went to the process that is gone
        return False


def _works(process: psutil.Process, url: str) -> bool:
    """Whether a process takes connections: one of eight that are open, the processes taking whom they get."""
    with contextlib.ExitStack() as stack:
        for _ in range(8):
            stack.enter_context(httpx.Client()).get(f"{url}/healthz")
        return _has(process, url.rpartition(":")[2], psutil.CONN_ESTABLISHED)


def _processes(parent: int) -> set[psutil.Process]:
    """A server's, without what only counts its semaphores."""
    found = set()
    for each in psutil.Process(parent).children():
        with contextlib.suppress(psutil.Error):  # it is dead, and nobody has taken note of it yet
            found |= {each} if "resource_tracker" not in " ".join(each.cmdline()) else set()
    return found


def _has(process: psutil.Process, port: str, status: str) -> bool:
    with contextlib.suppress(psutil.Error):  # it has ended meanwhile
        open_now = process.net_connections("tcp")
        return any(each.laddr.port == int(port) and each.status == status for each in open_now)
    return False

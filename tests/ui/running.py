"""A real server in its own process and a real browser, for the tests that look through a user's eyes."""

import contextlib
import http.client
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SERIOUS = ("serious", "critical")


@dataclass(frozen=True)
class Running:
    """A server that is ready: its address, its one-time sign-in link, its home, its process."""

    url: str
    sign_in: str
    home: Path
    process: subprocess.Popen[str]


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def serving(
    home: Path, *options: str, patience: float = 60, watch: Callable[[int], None] | None = None
) -> Iterator[Running]:
    """Start ``assistant serve`` on a free port and wait for its sign-in link.

    Args:
        home: its ASSISTANT_HOME.
        options: more options of the command.
        patience: seconds to wait.
        watch: told what ``/readyz`` answers meanwhile.
    """
    port, log = free_port(), home.parent / "serve.log"
    env = os.environ | {"ASSISTANT_HOME": str(home), "HF_HUB_OFFLINE": "1"}
    command = [sys.executable, "-m", "ui.cli", "serve", "--port", str(port), *options]
    with log.open("w") as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, env=env, text=True)
    try:
        deadline = time.monotonic() + patience
        while not (found := re.search(r"http://\S+/sign-in\S+", log.read_text())):
            if process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"the server did not come up:\n{log.read_text()}")
            if watch and (status := _readiness(port)):
                watch(status)
            time.sleep(0.1)
        yield Running(f"http://127.0.0.1:{port}", found[0], home, process)
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(15)
        process.kill()


def _readiness(port: int) -> int | None:
    """What ``/readyz`` answers; None while nobody listens."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status
    except OSError:
        return None
    finally:
        connection.close()


@contextlib.contextmanager
def browsing(**context: Any) -> Iterator[Any]:
    """A page of a real Chromium; ``context`` goes to Playwright's ``new_context``."""
    from playwright.sync_api import sync_playwright

    names = ("chromium", "chromium-browser", "google-chrome")
    installed = next((path for name in names if (path := shutil.which(name))), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=installed, args=FLAGS)
        page = browser.new_context(**context).new_page()
        page.set_default_timeout(30_000)
        yield page
        browser.close()


def serious(page: Any) -> list[str]:
    """What axe-core calls serious or critical on a page, or in a frame of it."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page).response["violations"]
    return [
        f"{each['id']}: {node['html'][:120]}"
        for each in found
        if each["impact"] in SERIOUS
        for node in each["nodes"]
    ]

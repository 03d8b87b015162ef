"""The whole web server in the tests' own process, over a small team's home: pages are looked at as people see them."""

import io
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from assistant.application import Application
from assistant.settings import Settings
from tests.tools.trained import train_head

EVIL = '<img src=x onerror="alert(1)"><script>alert(2)</script>'
PAGES = ("", "data", "jobs", "models", "knowledge", "widgets", "settings")
SHOP = "https://shop.example"
TICKETS = (
    "text,topic\nwhere is my parcel,shipping\nmy parcel is late,shipping\nthe parcel got lost,shipping\n"
    "give my money back,refund\nI want a refund,refund\nrefund my order please,refund\nit is broken and late,\n"
    f'"{EVIL.replace(chr(34), chr(34) * 2)}",\n'
)


@dataclass
class Site:
    """A running server and its application."""

    app: Application
    url: str

    def sign_in(self, page: Any, user_id: str = "owner") -> None:
        """Sign a browser in."""
        page.goto(f"{self.url}/sign-in?token={self.app.users.link(user_id)}")


def furnish(app: Application) -> None:
    """Put something of everything into a home; hostile words wherever people write."""
    app.users.owner()
    app.files.save("tickets.csv", io.BytesIO(TICKETS.encode()), "owner")
    app.knowledge.add_text(
        "refunds.md", f"# Refunds\n\nYou can return a lamp within 30 days.\n\n## {EVIL}\n\nNo.\n"
    )
    path = train_head(app.home.models / "router")
    made = {"model": "router", "task": "text-classification", "base": "minilm", "method": "head"}
    app.registry.add(
        {**made, "metrics": {"accuracy": 0.9, "f1": 0.88}}, path, "job-1", {"data": "tickets.csv"}
    )
    for loss in (2.0, 1.5):
        job = app.jobs.submit("finetune", {"name": EVIL, "task": "text-classification"}, user_id="owner")
        assert (app.jobs.claim("me") or {})["number"] == int(job["id"][4:])
        curve = [[1, loss, None], [2, loss / 2, loss / 2 + 0.1], [3, loss / 3, loss / 3 + 0.1]]
        app.jobs.renew(job["id"], "me", curve=curve, progress=0.9)
        app.jobs.finish(job["id"], "me", {**made, "metrics": {"accuracy": 0.9, "loss": 0.4}, "seconds": 12})
    app.unanswered.note(EVIL, visitor=True)
    key = app.keys.create(widget=True, origins=[SHOP])
    app.visits.note("v", key["id"], SHOP, EVIL)
    said = [{"role": "user", "text": EVIL}, {"role": "assistant", "text": "No."}]
    app.visits.hand_off("v", key["id"], SHOP, "nadia@mail.example", EVIL, None, said, EVIL)
    app.agent.threads.create("visitor-v", EVIL)


@contextmanager
def serving(folder: Path) -> Iterator[Site]:
    """The server over a furnished home."""
    from ui.server import build

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tempfile.tempdir", None)  # the server sets it; put back at the end
        app = Application(Settings(home=folder / "home"))
        object.__setattr__(app.shared, "start_worker", lambda: None)  # jobs stay as they are
        furnish(app)
        served = uvicorn.Server(
            uvicorn.Config(build(app), port=0, log_config=None, timeout_graceful_shutdown=1)
        )
        thread = threading.Thread(target=served.run)
        thread.start()
        while not served.started:
            time.sleep(0.05)
        yield Site(app, f"http://127.0.0.1:{served.servers[0].sockets[0].getsockname()[1]}")
        served.should_exit = True
        thread.join()
        app.close()

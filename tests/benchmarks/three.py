"""A home with three models in service (a classifier, an embedding model, one that writes), and a server on it."""

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import psutil

from tests.benchmarks import tickets
from tests.ui.running import serving


@dataclass(frozen=True)
class Served:
    """A running server: its port, a key, seconds from its start until it was ready, its process."""

    port: int
    key: str
    seconds: float
    process: psutil.Process

    def memory(self) -> float:
        """Resident bytes of the server and all processes below it, in MB."""
        found = 0
        for each in (self.process, *self.process.children(recursive=True)):
            try:
                found += each.memory_info().rss
            except psutil.NoSuchProcess:
                continue
        return found / 2**20


@cache
def home() -> tuple[Path, str]:
    """The home, and a key of it. Deployed as users deploy: engines measured, weights converted."""
    from assistant.access.principal import Principal
    from assistant.application import Application
    from assistant.settings import Settings
    from tools.models.card import write_info
    from tools.models.embedded import minilm_folder, smollm2_folder

    app = Application(Settings(home=tickets.folder() / "three"))
    app.users.owner()
    plain = {"base": "none", "method": "full"}
    found = {
        "tickets": ("text-classification", tickets.trained().folder),
        "vectors": ("embedding", minilm_folder()),
        "writer": ("text-generation", smollm2_folder(tickets.folder())),
    }
    for name, (task, folder) in found.items():
        path = Path(shutil.copytree(folder, app.home.models / name))
        if not (path / "assistant.json").exists():
            write_info(path, {"name": name, "task": task, **plain})
        app.registry.add({"model": name, "task": task, **plain}, path)
        app.workspace(Principal.owner()).deploy(name)
    key = app.keys.create("member")["secret"]
    app.close()
    return tickets.folder() / "three", key


@contextmanager
def running() -> Iterator[Served]:
    """A server on the home."""
    where, key = home()
    began = time.monotonic()
    ready: list[float] = []

    def watch(status: int) -> None:
        if status == 200 and not ready:
            ready.append(time.monotonic() - began)

    with serving(where, patience=600, watch=watch) as server:
        seconds = ready[0] if ready else time.monotonic() - began
        yield Served(int(server.url.rsplit(":", 1)[1]), key, seconds, psutil.Process(server.process.pid))

"""What all tests share: an isolated home, no model hub, no settings of the developer's own."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.tools.hub_server import HubServer

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ["RAY_ENABLE_AUTO_CONNECT"] = "0"  # Ray reads it when it is imported; see ray_cluster
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # servers, workers and tests share the cores
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ["OMP_NUM_THREADS"] = "1"  # another process tests on the other core
for name in [name for name in os.environ if name.startswith("ASSISTANT_")]:
    del os.environ[name]
os.environ["ASSISTANT_ENGINE"] = "torch"  # measuring engines takes seconds at each deployment


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh ASSISTANT_HOME."""
    folder = tmp_path / "home"
    monkeypatch.setenv("ASSISTANT_HOME", str(folder))
    monkeypatch.chdir(tmp_path)  # no .env of the checkout
    return folder


@pytest.fixture
def app(home: Path):
    """The application over a fresh home."""
    from assistant.application import Application
    from assistant.settings import Settings

    application = Application(Settings(home=home), local=True)
    yield application
    application.close()


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator["HubServer"]:
    """A small Hugging Face hub with one data set, which this test may ask."""
    from tests.tools.hub_server import HubServer, intents

    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    parts = {"train/0000": (0, 30), "train/0001": (30, 12), "test/0000": (42, 9)}
    running = HubServer()
    running.add(
        "PolyAI/banking77", {f"default/{name}.parquet": intents(*rows) for name, rows in parts.items()}
    )
    yield running
    running.shutdown()
    running.server_close()


# Begun first, as they take minutes each: none is left to one process while the others have nothing to do.
LONG = ("test_journey.py", "test_brain_held_out.py")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first."""
    order = {name: at for at, name in enumerate(LONG)}
    items.sort(key=lambda item: order.get(item.path.name, len(LONG)))

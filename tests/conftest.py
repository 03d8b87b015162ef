"""What all tests share: an isolated home, no model hub, no settings of the developer's own."""

import os
from pathlib import Path

import pytest

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # servers, workers and tests share the cores
for name in [name for name in os.environ if name.startswith("ASSISTANT_")]:
    del os.environ[name]


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

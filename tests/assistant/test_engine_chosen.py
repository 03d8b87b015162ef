"""Deploying measures the engines once, keeps the choice, and says it."""

import pytest

from assistant.access.principal import Principal
from assistant.application import Application
from assistant.brain.replies.models import deployed
from assistant.settings import Settings
from tests.tools.trained import train_head
from tools.serving.engines import choice
from tools.serving.engines.openvino import OpenVinoModule

OWNER = Principal("owner", "owner", "admin")


@pytest.fixture
def measuring(home, monkeypatch):
    monkeypatch.setattr(choice, "SECONDS", 0.05)
    monkeypatch.setattr(choice, "WORTH", 0.0)  # however slow this machine is just now
    application = Application(Settings(home=home, engine="auto"))
    path = train_head(application.home.models / "router")
    application.registry.add(
        {"model": "router", "task": "text-classification", "base": "minilm", "method": "head"}, path
    )
    yield application
    application.close()


def test_deploying_measures_and_says_it(measuring: Application, monkeypatch) -> None:
    space = measuring.workspace(OWNER)
    entry = space.deploy("router")
    assert entry.as_dict()["engine"]["engine"] == "openvino"
    assert isinstance(measuring.predictors.get(entry.path).model.compute, OpenVinoModule)
    said = deployed({"model": "router"}, entry.as_dict(), "en").text
    assert "OpenVINO computes it on this machine" in said and "as fast as torch" in said
    monkeypatch.setattr(choice, "calibrate", lambda folder: pytest.fail("it was measured already"))
    space.undeploy("router")
    space.deploy("router")


def test_torch_is_always_taken_where_that_is_wished(measuring: Application, home) -> None:
    measuring.workspace(OWNER).deploy("router")
    other = Application(Settings(home=home, engine="torch"))
    entry = other.registry.get("router")
    assert not isinstance(other.predictors.get(entry.path).model.compute, OpenVinoModule)
    other.close()

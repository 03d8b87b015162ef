"""Deploying measures the engines once, keeps the choice, and says it."""

import logging
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from assistant.access.principal import Principal
from assistant.application import Application
from assistant.brain.options import engine as engine_in
from assistant.brain.replies.models import deployed
from assistant.settings import Settings
from tests.tools.trained import train_head
from tools.catalog.models import _preview_deploy, deploy_model
from tools.errors import BadArgument, Unsupported
from tools.finetune.task import task_names
from tools.models.card import write_info
from tools.serving.engines import choice
from tools.serving.engines.openvino import OpenVinoModule
from tools.serving.routes import ROUTES
from tools.workspace import ModelEntry
from ui.cli.models import tell_engine

OWNER = Principal("owner", "owner", "admin")


@pytest.fixture
def measuring(home, monkeypatch):
    monkeypatch.setattr(choice, "SECONDS", 0.05)
    monkeypatch.setattr(choice, "installed", lambda: ["openvino", "int8"])
    monkeypatch.setattr(choice, "WORTH", 0.0)  # however slow this machine is just now
    application = Application(Settings(home=home, engine="auto"))
    path = train_head(application.home.models / "router")
    application.registry.add(
        {"model": "router", "task": "text-classification", "base": "minilm", "method": "head"}, path
    )
    yield application
    application.close()


def on_openvino(app: Application, folder: Path) -> bool:
    """Whether OpenVINO computes a model that the application has loaded."""
    model = app.predictors.get(folder).model
    return isinstance(getattr(model, "compute", None) or model.body._engine, OpenVinoModule)


def test_deploying_measures_and_says_it(measuring: Application, monkeypatch) -> None:
    space = measuring.workspace(OWNER)
    entry = space.deploy("router")
    assert entry.as_dict()["engine"]["engine"] == "openvino"
    assert on_openvino(measuring, entry.path)
    said = deployed({"model": "router"}, entry.as_dict(), "en").text
    assert "OpenVINO computes it on this machine" in said and "as fast as torch" in said
    monkeypatch.setattr(choice, "calibrate", lambda folder: pytest.fail("it was measured already"))
    space.undeploy("router")
    space.deploy("router")
    again = space.deploy("router", "torch")
    assert again.engine["engine"] == "torch" and again.engine["wished"]
    assert not on_openvino(measuring, entry.path)
    with pytest.raises(BadArgument, match="no engine named fastest"):
        deploy_model(space, "router", "fastest")


def test_that_torch_is_quickest_is_told_too(capfd) -> None:
    measured = [{"engine": "torch", "milliseconds": 5.0, "texts_per_second": 300.0}]
    found = {"engine": "torch", "offer": None, "measured": measured}
    entry = ModelEntry("router", "text-classification", "minilm", "head", Path("router"))
    for chosen, english, chinese, line in (
        (found, "PyTorch computes it: ", "由 PyTorch 计算", "the quickest here"),
        (found | {"wished": True}, "", "", "Engine: torch."),
        (None, "", "", ""),
    ):
        for language, words in (("en", english), ("zh", chinese)):
            said = deployed({"model": "router"}, {"name": "router", "engine": chosen}, language).text
            assert words in said and ("PyTorch" in said) == bool(words)
        tell_engine(replace(entry, engine=chosen), "", wished=chosen is not found)
        assert line in (told := capfd.readouterr().err) and bool(told) == bool(line)


def test_models_that_have_no_choice_say_so(tmp_path: Path) -> None:
    write_info(tmp_path, {"name": "writer", "task": "text-generation", "base": "smollm2", "method": "full"})
    for engine in ("torch", "openvino"):
        with pytest.raises(Unsupported, match="engine of a model for text-generation cannot be chosen"):
            choice.choose(tmp_path, engine)


@pytest.mark.parametrize("task", task_names())
def test_each_task_has_a_route_that_is_told(task: str) -> None:
    assert task in ROUTES
    entry = ModelEntry("m", task, "b", "full", Path())
    space = SimpleNamespace(model=lambda name: entry)
    assert f"it will answer at POST {ROUTES[task]}." in _preview_deploy(space, "m")["summary"]
    assert f"`POST {ROUTES[task]}`" in deployed({"model": "m"}, {"name": "m", "task": task}, "zh").text


def test_two_deployments_at_once_measure_once(measuring: Application, home, monkeypatch) -> None:
    """By two programs on one home."""
    other, calls, told = Application(Settings(home=home, engine="auto")), [], logging.getLogger().level
    really = choice.calibrate

    def calibrate(folder):
        calls.append(folder)
        time.sleep(0.2)
        return really(folder)

    monkeypatch.setattr(choice, "calibrate", calibrate)
    with ThreadPoolExecutor(2) as pool:
        entries = list(pool.map(lambda app: app.workspace(OWNER).deploy("router"), (measuring, other)))
    other.close()
    assert len(calls) == 1 and all(each.status == "deployed" for each in entries)
    assert entries[0].engine == entries[1].engine
    assert logging.getLogger().level == told, "what is converted at once leaves the logs as they were"
    assert (
        measuring.predictors.get(entries[0].path).predict(["Where is my parcel?"])[0]["label"] == "shipping"
    )


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_quicker_engine_is_offered_with_what_it_costs(language: str) -> None:
    def figures(name, ms, rate, accuracy):
        same = {"same": 0.98, "difference": 0.1, "accuracy": accuracy}
        return {"engine": name, "milliseconds": ms, "texts_per_second": rate} | same

    measured = [figures("torch", 6.8, 300, 0.937), figures("int8", 2.0, 900, 0.936)]
    entry = {"name": "router", "engine": {"engine": "torch", "offer": "int8", "measured": measured}}
    reply = deployed({"model": "router"}, entry, language)
    for words in ("int8", "3.4", "3.0", "93.7 → 93.6"):
        assert words in reply.text
    assert "int8" in reply.suggestions[0] and "router" in reply.suggestions[0]
    assert engine_in(reply.suggestions[0]) == "int8" and engine_in("deploy the torch model") is None


def test_torch_is_always_taken_where_that_is_wished(measuring: Application, home) -> None:
    measuring.workspace(OWNER).deploy("router")
    other = Application(Settings(home=home, engine="torch"))
    entry = other.registry.get("router")
    assert not on_openvino(other, entry.path)
    other.close()

"""Data sets of the Hugging Face hub by name: for the agent's tools, the command line, and who may bring them here."""

from functools import partial
from io import BytesIO
from pathlib import Path

import pytest

from assistant.access.principal import Principal
from assistant.application import Application
from assistant.errors import Forbidden
from tests.tools.hub_server import HubServer
from tests.ui.commands import apart
from tools.catalog.data import inspect_dataset
from tools.catalog.registry import catalog
from tools.errors import NotFound, Unsupported


@pytest.fixture
def default_hub(hub: HubServer, monkeypatch: pytest.MonkeyPatch) -> HubServer:
    """The hub as the one that the client asks by itself."""
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", hub.url)
    address = f"{hub.url}/{{repo_id}}/resolve/{{revision}}/{{filename}}"
    monkeypatch.setattr("huggingface_hub.constants.HUGGINGFACE_CO_URL_TEMPLATE", address)
    return hub


def test_the_agents_tools_take_them(app: Application, default_hub: HubServer) -> None:
    workspace = app.workspace(Principal.owner())
    found = inspect_dataset(workspace, "hf:PolyAI/banking77/test")
    assert found["rows"] == 9 and set(found["labels"]) == {"activate_my_card", "card_arrival", "refund"}
    plan = catalog()["finetune_model"].preview(workspace, "hf:PolyAI/banking77", method="head")
    assert "on hf:PolyAI/banking77 for text-classification: 42 rows" in plan["summary"]
    assert workspace.model_name("hf:PolyAI/banking77/test") == "banking77"


def test_what_is_here_comes_first(app: Application, default_hub: HubServer, tmp_path: Path) -> None:
    workspace = app.workspace(Principal.owner())
    (tmp_path / "PolyAI").mkdir()
    (tmp_path / "PolyAI" / "banking77").write_text("text,label\na,b\n")
    assert workspace.dataset("PolyAI/banking77") == tmp_path / "PolyAI" / "banking77"
    with pytest.raises(NotFound, match="no dataset named PolyAI/other. Upload"):
        workspace.dataset("PolyAI/other")  # beside a file of ours, so one of ours is meant
    assert default_hub.seen == []
    assert workspace.dataset("hf:PolyAI/banking77").name == "banking77-train.parquet"
    app.files.save("june.csv", BytesIO(b"text,label\na,b\n"))
    assert workspace.dataset("june").name == "june.csv"


def test_a_plain_name_that_is_nowhere(app: Application, default_hub: HubServer) -> None:
    workspace = app.workspace(Principal.owner())
    with pytest.raises(NotFound, match="no dataset named a/b here. There is no data set a/b at the hub"):
        workspace.dataset("a/b")
    default_hub.add("a/b", status=500)
    with pytest.raises(Unsupported, match="no dataset named a/b here. The model hub cannot be reached"):
        workspace.dataset("a/b")


def test_who_may_not_upload_may_not_fetch(app: Application, default_hub: HubServer) -> None:
    with pytest.raises(Forbidden, match="viewer may not upload files"):
        app.workspace(Principal("ann", "Ann", "viewer")).dataset("hf:PolyAI/banking77")
    assert default_hub.seen == []
    member = app.workspace(Principal("bob", "Bob", "member"))
    assert member.dataset("hf:PolyAI/banking77").is_file()


def test_from_the_command_line(hub: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", hub.url)
    monkeypatch.setenv("HF_HUB_OFFLINE", "0")
    run = partial(apart, tmp_path / "home")
    ran = run("data", "inspect", "hf:PolyAI/banking77", "--json")
    assert ran.json["rows"] == 42 and ran.json["labels"]["refund"] == 14
    assert ran.json["dataset"] == "hf:PolyAI/banking77"
    assert "Fetching PolyAI/banking77 (default, train)" in ran.err
    monkeypatch.setenv("ASSISTANT_OFFLINE", "true")
    assert run("data", "inspect", "PolyAI/banking77", "--json").json["rows"] == 42
    gone = run("data", "inspect", "owner/nothing")
    assert gone.code == 2 and gone.error.startswith("There is no dataset named owner/nothing here.")

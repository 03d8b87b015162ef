"""The registry: versions of a name, aliases, promotion and roll-back, lineage, and what may be deleted."""

import json
import secrets
import threading
from pathlib import Path

import pytest

from assistant.access.principal import Principal
from assistant.application import Application
from assistant.errors import Conflict, Forbidden
from assistant.jobs.kinds.finetune import _enter
from assistant.jobs.work import Work
from assistant.settings import Settings
from assistant.workspace.references import Reference, check_alias, read
from tools.errors import BadArgument, NotFound, Unsupported
from tools.workspace import ModelEntry

KIND = {"task": "text-classification", "base": "minilm", "method": "head"}


def made(app: Application, name: str = "router", further: bool = False, **more) -> ModelEntry:
    """A version in the registry; its folder holds nothing but facts."""
    folder = app.home.models / f"{name}-{secrets.token_hex(4)}"
    folder.mkdir()
    facts = {"data_sha256": "abc", "rows": 12, "epochs": 3, "seed": 7, "program": "0.1.0"}
    (folder / "assistant.json").write_text(json.dumps(facts))
    return app.registry.add(KIND | {"model": name, "metrics": {"f1": 0.9}}, folder, further=further, **more)


@pytest.fixture
def three(app: Application) -> Application:
    """A name with three versions."""
    for number in (1, 2, 3):
        assert made(app, further=number > 1).version == number
    return app


def actions(app: Application) -> list[tuple[str, int]]:
    return [(each["action"], each["version"]) for each in app.registry.history("router")]


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("Router", ("router", None)),
        (" router@2 ", ("router", 2)),
        ("router@V12", ("router", 12)),
        ("router@production", ("router", "production")),
        ("my-router@new", ("my-router", "new")),
    ],
)
def test_references(text: str, means: tuple) -> None:
    assert read(text) == Reference(*means)
    assert read(str(read(text))) == read(text)


@pytest.mark.parametrize("alias", ["", "2", "v2", "latest", "new", "a b", "x@y", "a" * 40])
def test_words_that_cannot_be_aliases(alias: str) -> None:
    with pytest.raises(BadArgument):
        check_alias(alias)


def test_a_name_of_one_version_is_as_it_was(app: Application) -> None:
    entry = made(app)
    assert (entry.name, entry.ref, entry.status, entry.version) == ("router", "router", "ready", 1)
    with pytest.raises(Conflict, match="exists already.*Try router-2, or router@new"):
        app.registry.check_name("router")
    with pytest.raises(Conflict):
        made(app)
    assert app.registry.free_name("router") == "router-2"
    app.releases.promote("router")
    with pytest.raises(Conflict, match="router is deployed. Undeploy it first: assistant undeploy router"):
        app.registry.delete("router")
    app.releases.undeploy("router")
    app.registry.delete("ROUTER")
    assert app.registry.names() == [] and not entry.path.exists()
    assert made(app).version == 1, "the name is free again"


def test_the_name_means_production_or_else_the_newest(three: Application) -> None:
    get = three.registry.get
    assert (get("router").version, get("router@1").version, get("router@latest").version) == (3, 1, 3)
    three.releases.promote("router@1")
    assert (get("router").version, get("router@production").version, get("router@latest").version) == (
        1,
        1,
        3,
    )
    assert get("router").status == "deployed" and get("router@3").status == "ready"
    assert [entry.ref for entry in three.registry.all()] == ["router@1"]
    assert [entry.version for entry in three.registry.versions("router")] == [3, 2, 1]
    for unknown in ("router@9", "router@staging", "router@"):
        with pytest.raises(NotFound, match="Known are router@1, router@2, router@3, router@production"):
            get(unknown)
    with pytest.raises(NotFound, match="Did you mean router"):
        get("ruter@2")


def test_the_newest_version_comes_first_in_the_list(three: Application) -> None:
    made(three, "other")
    assert three.registry.names() == ["other", "router"]
    made(three, further=True)
    assert three.registry.names() == ["router", "other"]


def test_promotions_are_rolled_back_one_by_one(three: Application) -> None:
    for number in (1, 2, 3, 3):
        assert three.releases.promote(f"router@{number}", user_id="ann").status == "deployed"
    assert [three.releases.rollback("router", "bo").version for _ in range(2)] == [2, 1]
    with pytest.raises(Conflict, match="No version of router was in production before router@1"):
        three.releases.rollback("router")
    three.releases.promote("router@3")
    three.releases.undeploy("router")
    with pytest.raises(Conflict, match="not deployed. Deploy it"):
        three.releases.rollback("router")
    with pytest.raises(Unsupported, match="not deployed"):
        three.releases.undeploy("router")
    assert actions(three)[:7] == [
        ("undeployed", 3), ("promoted", 3), ("rolled back", 1), ("rolled back", 2), ("promoted", 3), ("promoted", 2),
        ("promoted", 1),
    ]  # fmt: skip
    back = three.registry.history("router")[2]
    assert back["user_id"] == "bo" and back["details"] == {"before": 2} and back["created_at"]


def test_rolling_back_steps_over_what_was_deleted(three: Application) -> None:
    for number in (1, 2, 1, 3):
        three.releases.promote(f"router@{number}")
    three.releases.promote("router@1")  # before it: 1, 2, 1, 3
    three.registry.delete("router@3")
    three.registry.delete("router@2")
    with pytest.raises(Conflict, match="No version"):
        three.releases.previous("router")


def test_free_aliases(three: Application) -> None:
    three.releases.promote("router@1")
    entry = three.releases.promote("router@2", "Staging")
    assert (entry.status, entry.aliases) == ("ready", ["staging"])
    assert three.registry.get("router@staging").version == 2 and three.registry.get("router").version == 1
    three.releases.promote("router@staging")
    assert three.registry.get("router").aliases == ["production", "staging"]
    assert [entry.version for entry in three.registry.in_service()] == [2]
    three.releases.undeploy("router@staging")
    assert three.registry.get("router").aliases == ["production"]
    three.releases.promote("router@2", "canary")
    three.releases.undeploy("router@2")
    assert three.registry.get("router@2").aliases == [] and three.registry.in_service() == []


def test_what_is_in_use_is_not_deleted(three: Application) -> None:
    three.releases.promote("router@1")
    three.releases.promote("router@2", "staging")
    three.splits.start("router", "3", 10)
    for name, hint in (
        ("router", "assistant undeploy router"),
        ("router@1", "assistant undeploy router"),
        ("router@2", "assistant undeploy router@staging"),
        ("router@3", "assistant models split router --off"),
    ):
        with pytest.raises(Conflict, match=hint):
            three.registry.delete(name)
    three.splits.end("router")
    (gone,) = three.registry.delete("router@3")
    assert not gone.path.exists() and three.registry.get("router@2").path.exists()
    assert made(three, further=True).version == 4, "no number is given twice"
    three.releases.undeploy("router@1")
    three.releases.undeploy("router@2")
    assert [entry.version for entry in three.registry.delete("router")] == [1, 2, 4]
    assert three.registry.names() == [] and not any(three.home.models.iterdir())
    assert actions(three)[0] == ("deleted", 4), "what was done stays on record"


def test_lineage_tells_data_base_job_and_settings(app: Application) -> None:
    first = made(app)
    spec = {
        "data": "/somewhere/june.csv",
        "name": "router@new",
        "base_path": str(first.path),
        "method": "head",
    }
    second = made(app, further=True, job_id="job-7", spec=spec)
    told = app.registry.lineage(second)
    assert told == {
        "base": "minilm", "method": "head", "job": "job-7", "parent": "router@1", "data": "june.csv",
        "data_sha256": "abc", "rows": 12, "program": "0.1.0", "settings": {"method": "head", "epochs": 3, "seed": 7},
    }  # fmt: skip
    assert "parent" not in app.registry.lineage(first) and app.registry.lineage(first)["data_sha256"] == "abc"


def test_a_job_enters_its_model_once_whatever_name_it_got(app: Application) -> None:
    made(app)

    def entered(number: int, name: str) -> dict:
        work = Work(f"job-{number}", {"name": name}, app.home.root, app.home, app.database, lambda _: None)
        folder = app.home.models / f"router-job-{number}"
        folder.mkdir(exist_ok=True)
        return _enter(app.registry, KIND | {"model": "router"}, folder, work)

    assert [entered(5, "router@new")["model"] for _ in range(2)] == ["router@2"] * 2
    assert [entered(6, "router")["model"] for _ in range(2)] == ["router-2"] * 2, "the name had been taken"
    assert app.registry.names() == ["router-2", "router"]


def test_promotions_at_once_leave_one_in_production(three: Application, home: Path) -> None:
    """By several threads of two processes' worth of connections; each rolls back to where another one was."""
    second = Application(Settings(home=home))
    start, faults = threading.Barrier(6), []

    def promote(app: Application, number: int) -> None:
        start.wait()
        try:
            for _ in range(5):
                app.releases.promote(f"router@{number}")
        except Exception as error:
            faults.append(error)

    threads = [threading.Thread(target=promote, args=(app, n)) for app in (three, second) for n in (1, 2, 3)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    second.close()
    assert not faults
    (entry,) = three.registry.in_service()
    log = [each for each in three.registry.history("router", 100) if each["action"] == "promoted"]
    assert log[0]["version"] == entry.version
    for later, before in zip(log, log[1:], strict=False):
        assert later["details"]["before"] == before["version"], "each knew what it replaced"
    assert three.releases.rollback("router").version == log[1]["version"]


def test_names_are_understood_by_the_tools_too(three: Application) -> None:
    workspace = three.workspace(Principal.owner())
    assert workspace.model("router@2").version == 2
    assert workspace.base_model("router@2") == three.registry.get("router@2").path
    assert workspace.model_name("router@new") == "router@new"
    assert workspace.model_name("fresh@new") == "fresh" and workspace.model_name("router") == "router-2"
    assert three.registry.check_name("Router@NEW") == "router@new"
    with pytest.raises(NotFound, match="no model named fresh"):
        three.registry.check_name("fresh@new")
    with pytest.raises(NotFound, match="no version 9"):
        workspace.base_model("router@9")
    for wish, meant in (("minlm", "minilm"), ("ruoter", "router")):
        with pytest.raises(NotFound, match=f"no base model {wish}. Did you mean {meant}"):
            workspace.base_model(wish)
    viewer = three.workspace(Principal("v", "v", "viewer"))
    for act in (lambda: viewer.promote("router@1"), lambda: viewer.rollback("router"), lambda: viewer.delete("router"),
                lambda: viewer.split("router", "2", 10, False), lambda: viewer.end_split("router")):  # fmt: skip
        with pytest.raises(Forbidden):
            act()

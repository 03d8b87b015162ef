"""The retriever learns from thumbs, examples and documents: pairs, the job, the switch, and the way back."""

import json
from pathlib import Path

import pytest

from assistant.application import Application
from assistant.errors import Conflict
from assistant.jobs.kinds import learn
from assistant.jobs.work import Work
from assistant.settings import Settings
from assistant.workspace.learning import learning_material
from assistant.workspace.retriever import NAME, check_name, in_service, roll_back
from tests.ui.commands import here
from tools.errors import BadData
from ui.pages.learner import _last

TEXTS = {
    "returns": "Lamps may be sent back within thirty days. The parcel label is printed from your account page.",
    "delivery": "Express parcels arrive the next working day. Delivery to islands takes four working days.",
    "warranty": "Broken switches are replaced free of charge for five years. Keep the invoice of your lamp.",
    "workshop": "The workshop in Leeds repairs brass lamps on Tuesdays. Bring the lamp without its bulb.",
    "bulbs": "Bulbs with a screw socket fit every table lamp. Halogen bulbs are no longer sold here.",
    "jobs": "Apprentices start in September and learn glass blowing. Applications go to the studio office.",
}
QUESTION = "until when can I give a light back?"


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ASSISTANT_HOME", str(tmp_path_factory.mktemp("learning") / "home"))
        patch.setattr(
            "tools.finetune.run.personal", lambda spec, plan: []
        )  # seconds, and nothing personal here
        application = Application(Settings(), local=True)
        application.users.owner()
        base = application.knowledge
        base._preparer._redact = None  # its models take seconds to load
        for name, text in TEXTS.items():
            base.add_text(
                f"{name}.md", f"# {name.title()}\n\n{text}", "internal" if name == "jobs" else "published"
            )
        yield application
        application.close()


def rate(
    app: Application, number: str, question: str, answer: str, good: bool | None, example: bool = False
) -> None:
    app.feedback.rate("t", number, "ann", good, question=question, answer=answer, example=example)


@pytest.fixture(scope="module")
def judged(app: Application) -> Application:
    """The application with what people thought of its answers."""
    back = "Lamps may be sent back within thirty days. [1]\nKeep the invoice of your lamp. [2]"
    rate(app, "1", QUESTION, back, True)
    rate(app, "2", QUESTION.upper(), "Halogen bulbs are no longer sold here. [1]", False)
    rate(
        app,
        "3",
        "who mends old fittings?",
        "The workshop in Leeds mends brass lamps on Tuesdays.",
        False,
        True,
    )
    rate(app, "4", "who mends old fittings?", "Keep the invoice of your lamp. [1]", False)
    rate(app, "5", "and what about glass?", back, True)  # goes on from another question
    rate(app, "6", "train a model", "Training has started. [1]", True)  # not from the documents
    rate(app, "7", "where do trainees apply?", "Applications go to the studio office. [1]", True)  # internal
    return app


def test_judged_answers_become_pairs(judged: Application) -> None:
    material = learning_material(judged.knowledge, judged.feedback.judged(), seed=1)
    rows = [row for row in (*material.train, *material.held_out) if row["from"] in ("thumb", "example")]
    pairs = {(row["anchor"], row["source"], row["from"]) for row in rows}
    assert pairs == {(QUESTION, "returns.md", "thumb"), ("who mends old fittings?", "workshop.md", "example")}
    told = material.told
    assert (
        told["unused"] == 3
        and told["judged"] == 7
        and told["pairs"] + told["held_out"] == sum(told["from"].values())
    )
    assert all(row["source"] != "jobs.md" and "Apprentices" not in str(row) for row in material.train)
    named = {row["anchor"]: row["negative"] for row in reversed(material.train)}
    for question, wrong in ((QUESTION, "Halogen"), ("who mends old fittings?", "invoice")):
        assert question not in named or wrong in named[question], "what people called wrong comes first"
    assert learning_material(judged.knowledge, judged.feedback.judged(), seed=1) == material
    everything = learning_material(judged.knowledge, judged.feedback.judged(), internal=True, seed=1)
    assert everything.told["unused"] == 2 and everything.told["documents"] == 6


def test_opinions_that_differ_are_counted(judged: Application) -> None:
    up = {
        "question": QUESTION,
        "answer": "Halogen bulbs are no longer sold here. [1]",
        "good": True,
        "example": False,
    }
    for votes, wanted in (([up, up | {"good": False}], 0), ([up, up, up | {"good": False}], 1)):
        rows = learning_material(judged.knowledge, votes, seed=2)
        assert rows.told["from"].get("thumb", 0) == wanted


def test_a_base_with_too_little_says_so(judged: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judged.knowledge.store, "documents", list)
    with pytest.raises(
        BadData, match="give 0 pairs to learn from and 0 to measure on. Add more documents, or"
    ):
        learning_material(judged.knowledge, [])


def work(app: Application, number: int, **spec: object) -> Work:
    folder = app.home.folder(f"jobs/job-{number}")
    spec = {"name": NAME, "task": "embedding", "epochs": 1, "seed": 1, **spec}
    return Work(f"job-{number}", spec, folder, app.home, app.database, lambda progress: None)


def test_learning_switches_where_it_is_better_and_goes_back(
    judged: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    base, registry = judged.knowledge, judged.registry
    own, answer = base.search(QUESTION), base.ask(QUESTION)
    monkeypatch.setattr(learn, "better", lambda before, after: False)
    left = learn.run(work(judged, 1))
    assert not left["switched"] and left["model"] == f"{NAME}@1" and in_service(registry) is None
    assert base.search(QUESTION) == own and not base.retriever.keep_up()
    count = "SELECT count(*) FROM tuned_vectors"
    assert base.store.connection.execute(count).fetchone() == (0,)
    assert left["before"]["rows"] == left["pairs"]["held_out"] and 0 < left["after"]["search"]["mrr"] <= 1

    killed = work(judged, 1, force=True)  # it dies after the switch, and is done once more
    with monkeypatch.context() as patch:
        patch.setattr(learn, "forget_others", stop)
        with pytest.raises(KeyboardInterrupt):
            learn.run(killed)
    assert in_service(registry).version == 1  # type: ignore[union-attr]
    done = learn.run(killed)
    assert done["switched"] and done["before"] == left["before"] and registry.get(NAME).newest == 1
    assert base.retriever.near(QUESTION, 3) is not None, "an open base sees the switch"
    assert base.retriever.near(QUESTION, 3, visitor=True) is not None
    assert base.ask(QUESTION) == answer, "answers are weighed as before"
    assert registry.history(NAME)[0]["action"] == "promoted"

    assert roll_back(judged.home.knowledge, registry, judged.releases) == {
        "retriever": "minilm", "before": f"{NAME}@1",
    }  # fmt: skip
    assert base.search(QUESTION) == own and base.retriever.near(QUESTION, 3) is None
    with pytest.raises(Conflict, match="nothing to go back from"):
        roll_back(judged.home.knowledge, registry, judged.releases)


def stop(*_: object) -> None:
    raise KeyboardInterrupt


def test_going_back_to_an_earlier_one_makes_what_it_lacks(judged: Application) -> None:
    base, registry = judged.knowledge, judged.registry
    first = registry.get(f"{NAME}@1")
    result = {"model": NAME, "task": "embedding", "base": "minilm", "method": "full"}
    registry.add(result, first.path, "job-9", further=True)
    for version in (1, 2):
        judged.releases.promote(f"{NAME}@{version}")
    base.add_text("new.md", "Candles are not sold in the shop.")
    base.retriever.forget(set())
    assert roll_back(judged.home.knowledge, registry, judged.releases)["retriever"] == f"{NAME}@1"
    assert base.retriever.keep_up() == 0, "made before the switch"
    base.remove("new.md")
    judged.releases.undeploy(NAME)


def test_the_name_may_be_anothers(app: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    check_name(app.registry)
    entry = app.registry.get(NAME)
    monkeypatch.setattr(type(entry), "task", "text-classification", raising=False)
    monkeypatch.setattr("assistant.workspace.retriever.TASK", "other")
    with pytest.raises(Conflict, match="is no encoder"):
        check_name(app.registry)


def test_pairs_are_written_for_fine_tuning(judged: Application, tmp_path: Path, monkeypatch, capfd) -> None:
    monkeypatch.setenv("ASSISTANT_HOME", str(judged.home.root))
    from tools.finetune.plan import make_plan
    from tools.finetune.spec import FinetuneSpec

    target = tmp_path / "pairs.jsonl"
    told = here(capfd, "knowledge", "pairs", "--out", str(target), "--seed", "1", "--json").json
    assert told["files"] == [str(target), str(tmp_path / "pairs-held-out.jsonl")]
    rows = [json.loads(line) for line in target.read_text().splitlines()]
    assert {"anchor", "positive", "negative", "source", "from"} == set(rows[0])
    plan = make_plan(FinetuneSpec(target, "mine", task="embedding", test_data=Path(told["files"][1])))
    assert (plan["text_column"], plan["label_column"], plan["rows"]) == ("anchor", "positive", len(rows))
    shown = here(capfd, "knowledge", "pairs")
    assert "assistant finetune pairs.jsonl --task embedding" in shown.out
    assert {"pairs.jsonl", "pairs-held-out.jsonl"} <= set(judged.files.names({".jsonl"}))


def test_learn_queues_a_job(judged: Application, monkeypatch: pytest.MonkeyPatch, capfd) -> None:
    monkeypatch.setenv("ASSISTANT_HOME", str(judged.home.root))
    monkeypatch.setattr("assistant.jobs.worker.ensure_worker", lambda *given: None)
    told = here(capfd, "knowledge", "learn", "--epochs", "2", "--internal", "--detach", "--json").json
    row = judged.jobs.row(told["job"])
    assert (row["kind"], row["status"], told["model"]) == ("learn", "queued", NAME)
    wanted = {"name": NAME, "task": "embedding", "epochs": 2.0, "internal": True, "seed": 42, "force": False}
    assert row["spec"] == wanted


def test_learning_is_asked_for_over_the_api_and_by_those_alone_who_may(
    judged: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    from starlette.testclient import TestClient

    from assistant.api.app import create_api

    monkeypatch.setattr("assistant.jobs.worker.ensure_worker", lambda *given: None)
    with TestClient(create_api(judged)) as client:
        asked = {
            role: client.post(
                "/v1/knowledge/learn",
                json={"epochs": 1, "internal": True},
                headers={"Authorization": f"Bearer {judged.keys.create(role)['secret']}"},
            )
            for role in ("viewer", "member")
        }
        assert {role: answer.status_code for role, answer in asked.items()} == {"viewer": 403, "member": 202}
        row = judged.jobs.row(asked["member"].json()["id"])
        assert (row["kind"], row["spec"]["epochs"], row["spec"]["internal"]) == ("learn", 1.0, True)
        key = {"Authorization": f"Bearer {judged.keys.create('member')['secret']}"}
        refused = client.post("/v1/knowledge/rollback", headers=key)
        assert (refused.status_code, "nothing to go back from" in refused.text) == (409, True)


def test_the_tab_tells_what_the_last_run_brought() -> None:
    found = {"recall@1": 0.5, "recall@5": 0.75, "mrr": 0.61}
    result = {
        "before": {"rows": 12, "search": found},
        "after": {"search": found | {"mrr": 0.7}},
        "switched": True,
    }
    told = _last({"id": "job-3", "status": "succeeded", "result": result})
    assert (
        "61" in told
        and "70" in told
        and "in use" in told
        and "12 questions" in told
        and "/jobs?job=job-3" in told
    )
    assert "no pairs &lt;b&gt;" in _last({"id": "job-4", "status": "failed", "error": "no pairs <b>"})
    assert "Nothing learned yet" in _last(None)

"""Trying settings within the time: the usual ones first, the best is kept, a stopped search goes on."""

import json

import pytest

from tests.tools.tiny_models import sentences, tiny_bert, write_csv
from tools.errors import BadArgument, Cancelled
from tools.finetune import recipe, search
from tools.finetune.plan import make_plan
from tools.finetune.run import train
from tools.finetune.spec import FinetuneSpec

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture
def spec(tmp_path, monkeypatch):
    monkeypatch.setattr(search, "MOST", 3)
    data = write_csv(tmp_path / "data.csv", sentences(90))
    base = tiny_bert(tmp_path / "tiny")
    return FinetuneSpec(data, "m", "tiny", base, method="full", epochs=3, learning_rate=1e-3, search=5.0)


def test_the_best_of_what_was_tried_is_kept_and_told(spec, tmp_path):
    result = train(spec, tmp_path / "model", tmp_path / "work", lambda progress: None)
    found = json.loads((tmp_path / "model" / "evaluation.json").read_text())["search"]
    assert len(found) == 3
    assert (found[0]["learning_rate"], found[0]["epochs"]) == (1e-3, 3)
    assert all(2.5e-4 <= trial["learning_rate"] <= 4e-3 for trial in found)
    best = max(found, key=lambda trial: trial["score"])
    info = json.loads((tmp_path / "model" / "assistant.json").read_text())
    assert (info["learning_rate"], info["epochs"]) == (best["learning_rate"], best["epochs"])
    assert "Settings that were tried" in (tmp_path / "model" / "report.html").read_text()
    assert result["metrics"]["accuracy"] > 0.5
    assert not list((tmp_path / "work").glob("trial-*"))


def test_a_stopped_search_goes_on_with_what_it_has(spec, tmp_path):
    def stop(progress):
        if progress.message.startswith("Trial 3"):
            raise Cancelled("enough")

    with pytest.raises(Cancelled):
        train(spec, tmp_path / "model", tmp_path / "work", stop)
    before = json.loads((tmp_path / "work" / "search.json").read_text())
    assert len(before) == 2
    train(spec, tmp_path / "model", tmp_path / "work", lambda progress: None)
    found = json.loads((tmp_path / "model" / "evaluation.json").read_text())["search"]
    assert found[:2] == before
    assert len(found) == 3


def test_a_search_that_has_no_time_left_has_tried_the_usual_settings(spec, tmp_path):
    short = FinetuneSpec.from_dict(spec.as_dict() | {"search": 0.0001})
    result = train(short, tmp_path / "model", tmp_path / "work", lambda progress: None)
    assert any("one setting" in each for each in result["warnings"])
    found = json.loads((tmp_path / "model" / "evaluation.json").read_text())["search"]
    assert [trial["epochs"] for trial in found] == [3]


def test_a_head_has_nothing_to_search(spec):
    with pytest.raises(BadArgument, match="learning rate"):
        make_plan(FinetuneSpec.from_dict(spec.as_dict() | {"method": "head"}))


def test_an_interrupted_trial_goes_on_with_its_own_settings(spec, tmp_path):
    def stop(progress):
        if progress.step and (tmp_path / "work" / "trial-2" / "params.json").exists():
            raise Cancelled("enough")

    with pytest.raises(Cancelled):
        train(spec, tmp_path / "model", tmp_path / "work", stop)
    begun = json.loads((tmp_path / "work" / "trial-2" / "params.json").read_text())
    train(spec, tmp_path / "model", tmp_path / "work", lambda progress: None)
    second = json.loads((tmp_path / "model" / "evaluation.json").read_text())["search"][1]
    assert {key: second[key] for key in begun} == begun


def test_a_search_of_auto_takes_a_method_that_can_be_searched(spec, monkeypatch):
    monkeypatch.setattr(recipe, "PATIENT_SECONDS", 0)  # auto would take head
    plan = make_plan(FinetuneSpec.from_dict(spec.as_dict() | {"method": "auto"}))
    assert plan["method"] == "full"
    assert "search" in plan["why"]

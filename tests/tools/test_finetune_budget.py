"""How long a training may take: what is given up for it, and what is told."""

from dataclasses import replace

import pytest

from tests.tools.tiny_models import sentences, write_csv
from tools.errors import BadArgument
from tools.finetune import recipe, space
from tools.finetune.budget import LEAST_PASSES, Budget
from tools.finetune.plan import make_plan
from tools.finetune.recommend import recommend
from tools.finetune.spec import FinetuneSpec


@pytest.fixture
def slow(monkeypatch):
    """A machine on which these few rows take as long as many do elsewhere."""
    monkeypatch.setattr(recipe, "flops", lambda: 2e8)


@pytest.fixture
def spec(tmp_path):
    return FinetuneSpec(write_csv(tmp_path / "data.csv", sentences(180)), "mine")


def seconds(spec, **options):
    return make_plan(replace(spec, method="full", **options))["estimated_seconds"]


def test_as_many_passes_as_fit():
    limit = Budget(100, LEAST_PASSES)
    assert limit.passes(4, lambda n: 10 + 20 * n) == 4  # 90 s
    assert limit.passes(9, lambda n: 10 + 20 * n) == 4
    assert limit.passes(4, lambda n: 10 + 180 * n) == 0.5
    assert limit.passes(4, lambda n: 200 + n) == LEAST_PASSES
    assert Budget(100, LEAST_PASSES).passes(4, lambda n: 10 + 1000 * n) == 0.09
    assert Budget(100).passes(4, lambda n: 200 + n) == Budget(100).passes(4, lambda n: 10 + 80 * n) == 2
    assert Budget(100).passes(1, lambda n: 200 + n) == 1
    assert Budget(100).passes(9, lambda _: 200) == 9  # which passes do not cost
    assert Budget(None).passes(4, lambda n: 1e9 * n) == 4


def test_auto_makes_fewer_passes_before_it_leaves_the_weights_alone(spec, slow, monkeypatch):
    usual = make_plan(replace(spec, method="full"))["epochs"]
    one, two = seconds(spec, epochs=1), seconds(spec, epochs=2)
    monkeypatch.setattr(recipe, "PATIENT_SECONDS", two + 1)
    plan = make_plan(spec)
    assert (plan["method"], plan["epochs"]) == ("full", 2) and usual > 2
    assert recommend(data=spec.data)["candidates"][0]["method"] == "full"
    assert f"2 of the usual {usual:g} passes" in plan["why"]
    monkeypatch.setattr(recipe, "PATIENT_SECONDS", one + 1)
    plan = make_plan(spec)
    assert plan["method"] == "head" and "usual" not in plan["why"]
    assert recommend(data=spec.data)["candidates"][0]["method"] == "head"


def test_data_that_outlasts_the_time_by_every_method_is_planned(spec, slow, monkeypatch):
    monkeypatch.setattr(recipe, "PATIENT_SECONDS", 1)
    assert make_plan(spec)["method"] == "head"
    assert recommend(data=spec.data)["candidates"][0]["method"] == "head"
    for method in ("auto", "full", "head", "few-shot"):
        plan = make_plan(replace(spec, method=method, minutes=0.05))
        assert any("longer than the" in each for each in plan["warnings"])


def test_the_minutes_of_the_user_are_kept_to(spec, slow):
    usual, one, two = seconds(spec), seconds(spec, epochs=1), seconds(spec, epochs=2)
    assert usual > two
    assert make_plan(replace(spec, minutes=usual / 60 + 1))["estimated_seconds"] == usual
    fitted = make_plan(replace(spec, minutes=two / 60 + 0.01))
    assert (fitted["method"], fitted["epochs"], fitted["warnings"]) == ("full", 2, [])
    assert make_plan(replace(spec, minutes=one / 60 - 0.05))["method"] == "head"
    part = make_plan(replace(spec, method="lora", minutes=seconds(spec, epochs=0.5) / 60))
    assert 0.3 < part["epochs"] < 0.9 and any(
        "of 180 rows are learned from" in each for each in part["warnings"]
    )
    stated = make_plan(replace(spec, method="full", epochs=2, minutes=one / 60))
    assert stated["epochs"] == 2 and any("longer than the" in each for each in stated["warnings"])
    with pytest.raises(BadArgument, match="minutes"):
        make_plan(replace(spec, minutes=0))


def test_tasks_without_a_quick_method_say_that_it_takes_long_and_keep_to_minutes(spec, slow):
    raw = replace(spec, task="masked-lm")
    plan = make_plan(raw)
    assert plan["estimated_seconds"] > 3600 and any(
        "time budget (minutes)" in each for each in plan["warnings"]
    )
    short = make_plan(replace(raw, minutes=30))
    assert short["estimated_seconds"] <= 30 * 66 and not any(
        "time budget" in each for each in short["warnings"]
    )


def test_an_adapter_is_trained_where_the_memory_does_not_hold_all_weights(spec, monkeypatch):
    plan = make_plan(spec)
    assert plan["method"] == "full"
    base = recipe.Base(384, 6, 30_522, "bert")
    least = recipe.memory("lora", base, "text-classification")
    monkeypatch.setattr(space, "free", lambda: least + 100_000_000)
    plan = make_plan(spec)
    assert plan["method"] == "lora" and "memory" in plan["why"]

import pytest

from assistant.brain.answers import Change, read_answer
from assistant.brain.situation import Situation

PLAN = {"dataset": "tickets.csv", "epochs": 3}
HERE = Situation(datasets=["tickets.csv", "orders.csv"])


@pytest.mark.parametrize(
    "text", ["yes", "Yes, please!", "go ahead", "ok do it", "sounds good", "好的", "可以，开始吧", "同意"]
)
def test_yes(text: str):
    assert read_answer(text, PLAN, "finetune_model", HERE) == "yes"


@pytest.mark.parametrize(
    "text",
    [
        "no",
        "no, not now",
        "cancel",
        "don't",
        "wait",
        "let me think first",
        "不用了",
        "先不要",
        "取消",
        "算了",
    ],
)
def test_no(text: str):
    assert read_answer(text, PLAN, "finetune_model", HERE) == "no"


@pytest.mark.parametrize("text", ["thanks", "great, thanks!", "谢谢", "remove it", "now", "hm", "what?", "…"])
def test_what_is_no_clear_yes_starts_nothing(text: str):
    assert read_answer(text, {"source": "a.md"}, "add_knowledge", HERE) != "yes"


@pytest.mark.parametrize(
    ("text", "args"),
    [
        ("make it 5 epochs instead", {"epochs": 5}),
        ("make it 5", {"epochs": 5}),
        ("yes, but with lora", {"method": "lora"}),
        ("改成五轮", {"epochs": 5}),
        ("use 1e-4", {"learning_rate": 1e-4}),
        ("no, use orders.csv", {"dataset": "orders.csv"}),
        ("call it spam-2", {"name": "spam-2"}),
    ],
)
def test_changes(text: str, args: dict):
    assert read_answer(text, PLAN, "finetune_model", HERE) == Change(args)


@pytest.mark.parametrize(
    "text", ["what is your refund policy?", "how long will that take?", "为什么用这个模型？", "hello"]
)
def test_other_matters_are_no_answer(text: str):
    assert read_answer(text, PLAN, "finetune_model", HERE) is None


def test_another_model_is_a_change():
    situation = Situation(models=["a-1", "b-1"])
    assert read_answer("no, b-1 please", {"model": "a-1"}, "deploy_model", situation) == Change(
        {"model": "b-1"}
    )

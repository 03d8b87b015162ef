# ruff: noqa: E501 - tables of cases read best in one line
import pytest

from assistant.brain.answers import Change, read_answer
from assistant.brain.mentions import find_mentions
from assistant.brain.situation import Situation
from assistant.brain.values import epochs_in, method_in, rate_in, task_in, text_for, training_wishes

PLAN = {"dataset": "tickets.csv", "epochs": 3}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("lr 2e-5", 2e-5), ("learning rate of 0.0001", 1e-4), ("学习率 5e-5", 5e-5), ("learning rate: 3 x 10^-4", 3e-4),
        ("use 1e-3", 1e-3), ("learning rate two e minus five", 2e-5), ("lr=.001", 1e-3), ("with 5 epochs", None),
    ],
)  # fmt: skip
def test_learning_rates(text: str, value: float | None):
    assert rate_in(text) == (pytest.approx(value) if value else None)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("4 epochs", 4), ("for three epochs", 3), ("epochs=10", 10), ("训练三轮", 3), ("跑 5 个 epoch", 5), ("十二轮", 12),
        ("an epoch", 1), ("half an hour", None), ("f1 score", None),
    ],
)  # fmt: skip
def test_epochs(text: str, value: int | None):
    assert epochs_in(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [("with lora", "lora"), ("adalora please", "adalora"), ("QLoRA", "qlora"), ("few-shot", "few-shot"),
     ("full fine-tuning", "full"), ("just the head", "head"), ("全量微调", "full"), ("in full swing", None)],
)  # fmt: skip
def test_methods(text: str, value: str | None):
    assert method_in(text) == value


def test_tasks():
    assert task_in("for text classification") == "text-classification"
    assert task_in("a classifier") is None
    assert task_in("a classifier", loose=True) == "text-classification"


def test_all_wishes_at_once():
    text = "train google/bert_uncased on it with dora, text column is body, label column is queue, 2 epochs, call it q-1."
    wishes = training_wishes(text, find_mentions(text, Situation()))
    assert wishes == {
        "base_model": "google/bert_uncased", "method": "dora", "text_column": "body", "label_column": "queue",
        "epochs": 2, "name": "q-1",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("look at orders.xlsx.", "file", "orders.xlsx"),
        ("what about TICKETS.CSV", "file", "tickets.csv"),
        ("看看订单.csv里有什么", "file", "订单.csv"),
        ("add https://a.io/faq, please", "url", "https://a.io/faq"),
        ("status of job 7", "job", "job-7"),
        ("deploy order-topic.", "model", "order-topic"),
        ("don't say 'it's here'", "quote", "it's here"),
    ],
)
def test_mentions(text: str, kind: str, value: str):
    situation = Situation(datasets=["tickets.csv"], models=["order-topic"], jobs=["job-7"])
    assert find_mentions(text, situation).of(kind) == [value]


def test_known_chinese_file_names_are_found_whole():
    assert find_mentions("看看订单.csv里有什么", Situation(files=["订单.csv"])).of("file") == ["订单.csv"]


@pytest.mark.parametrize(
    ("tool", "text", "value"),
    [
        ("redact_text", "mask this please: call Ana on 020 7946 0000", "call Ana on 020 7946 0000"),
        ("predict", "try it on where is my parcel", "where is my parcel"),
        ("predict", "试试“我的包裹”", "我的包裹"),
        ("predict", "try it", None),
    ],
)
def test_texts(tool: str, text: str, value: str | None):
    assert text_for(tool, find_mentions(text, Situation())) == value


@pytest.mark.parametrize(
    "text", ["yes", "Yes, please!", "go ahead", "ok do it", "sounds good", "好的", "可以，开始吧", "同意"]
)
def test_yes(text: str):
    assert read_answer(text, PLAN, "finetune_model") == "yes"


@pytest.mark.parametrize(
    "text", ["no", "no, not now", "cancel", "don't", "wait", "不用了", "先不要", "取消", "算了"]
)
def test_no(text: str):
    assert read_answer(text, PLAN, "finetune_model") == "no"


@pytest.mark.parametrize("text", ["thanks", "great, thanks!", "谢谢", "remove it", "now"])
def test_what_is_no_clear_yes_starts_nothing(text: str):
    assert read_answer(text, {"source": "a.md"}, "add_knowledge") != "yes"


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
    assert read_answer(text, PLAN, "finetune_model") == Change(args)


@pytest.mark.parametrize(
    "text", ["what is your refund policy?", "how long will that take?", "为什么用这个模型？", "hello"]
)
def test_other_matters_are_no_answer(text: str):
    assert read_answer(text, PLAN, "finetune_model") is None


def test_another_model_is_a_change():
    situation = Situation(models=["a-1", "b-1"])
    assert read_answer("no, b-1 please", {"model": "a-1"}, "deploy_model", situation) == Change(
        {"model": "b-1"}
    )

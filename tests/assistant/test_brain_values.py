# ruff: noqa: E501 - tables of cases read best in one line
import pytest

from assistant.brain.patterns import clear_values
from assistant.brain.values import bare, method, number, rate, task, unquoted


@pytest.mark.parametrize(
    ("words", "value"),
    [
        ("2e-5", 2e-5), ("0.0001", 1e-4), (".001", 1e-3), ("3 x 10^-4", 3e-4), ("10^-3", 1e-3), ("5E-5", 5e-5), ("2e-05.", 2e-5),
        ("two e minus five", 2e-5), ("0.1%", 1e-3), ("1.5e−4", 1.5e-4), ("slow", None),
        ("万分之三", 3e-4), ("千分之一点五", 1.5e-3), ("五乘十的负五次方", 5e-5), ("零点零零二", 2e-3),
    ],
)  # fmt: skip
def test_learning_rates(words: str, value: float | None):
    assert rate(words) == (pytest.approx(value) if value else None)


@pytest.mark.parametrize(
    ("words", "value"),
    [
        ("4", 4), ("three", 3), ("a dozen", 12), ("half a dozen", 6), ("a couple of", 2), ("twenty-five", 25), ("2.5", 2.5),
        ("三", 3), ("十二", 12), ("二十", 20), ("两", 2), ("an", 1), ("epochs", None),
    ],
)  # fmt: skip
def test_numbers(words: str, value: float | None):
    assert number(words) == value


@pytest.mark.parametrize(
    ("words", "value"),
    [("LoRA", "lora"), ("ada-lora", "adalora"), ("QLoRA", "qlora"), ("few-shot", "few-shot"), ("full fine-tuning", "full"),
     ("just the head", "head"), ("a frozen encoder", "head"), ("全量微调", "full"), ("只训练分类头", "head"), ("magic", None)],
)  # fmt: skip
def test_methods(words: str, value: str | None):
    assert method(words) == value


@pytest.mark.parametrize(
    ("words", "value"),
    [("NER", "token-classification"), ("sorting mails", "text-classification"), ("a chatbot", "text-generation"), ("photos", "image-classification"),
     ("semantic search", "embedding"), ("domain pretraining", "masked-lm"), ("情感分析", "text-classification"), ("cooking", None)],
)  # fmt: skip
def test_tasks(words: str, value: str | None):
    assert task(words) == value


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("train with dora, text column is body, label column is queue, 2 epochs, lr 2e-5, call it q-1.",
         {"method": "dora", "text_column": "body", "label_column": "queue", "epochs": 2, "learning_rate": 2e-5, "name": "q-1"}),
        ("文本分类，标签列是topic，三轮，学习率 5e-5", {"task": "text-classification", "label_column": "topic", "epochs": 3, "learning_rate": 5e-5}),
        ("a classifier for our mails, in full swing", {}),
        ("text = blurb, predict genre", {"text_column": "blurb"}),
        ("重新训一遍，方法换成 lora", {"method": "lora"}),
        ("文字在「正文」那一列，答案在「归属部门」那一列", {"text_column": "正文", "label_column": "归属部门"}),
        ("標籤列是 dept，五輪，學習率萬分之三", {"label_column": "dept", "epochs": 5, "learning_rate": 3e-4}),
        ("an f1 of 0.9 after half an hour", {}),
    ],
)  # fmt: skip
def test_clear_forms(text: str, values: dict):
    assert clear_values(text) == values


def test_names_lose_their_marks():
    assert bare("“spam-2”.") == "spam-2"
    assert bare("`topic`,") == "topic"


def test_texts_keep_their_own_marks():
    assert unquoted("“where is it?”") == "where is it?"
    assert unquoted("'don't'") == "don't"
    assert unquoted('"a" and "b"') == '"a" and "b"'

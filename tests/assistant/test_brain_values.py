# ruff: noqa: E501 - tables of cases read best in one line
import pytest

from assistant.brain.decide import decide
from assistant.brain.patterns import clear_values
from assistant.brain.situation import Situation
from assistant.brain.values import bare, method, number, rate, task, unquoted


@pytest.mark.parametrize(
    ("words", "value"),
    [
        ("2e-5", 2e-5), ("0.0001", 1e-4), (".001", 1e-3), ("3 x 10^-4", 3e-4), ("10^-3", 1e-3), ("5E-5", 5e-5), ("2e-05.", 2e-5),
        ("two e minus five", 2e-5), ("0.1%", 1e-3), ("1.5e−4", 1.5e-4), ("slow", None),
        ("万分之三", 3e-4), ("千分之一点五", 1.5e-3), ("五乘十的负五次方", 5e-5), ("零点零零二", 2e-3),
        ("2.5 E-05", 2.5e-5), ("1,5e-4", 1.5e-4), ("0,0005", 5e-4), ("2*10^(-5)", 2e-5), ("1x10-4", 1e-4), ("10⁻⁴", 1e-4), ("10**-4", 1e-4),
        (r"2 \times 10^{-5}", 2e-5), ("1/1000", 1e-3), ("1 / 1000", 1e-3), ("one over a thousand", 1e-3), ("0.1 percent", 1e-3),
        ("one point five e minus five", 1.5e-5), ("2 times 10 to the minus 5", 2e-5), ("ten to the minus four", 1e-4),
        ("ten to the power of minus four", 1e-4), ("three times ten to the minus fifth", 3e-5), ("two to the minus five", 2e-5),
        ("two ten-thousandths", 2e-4), ("half a thousandth", 5e-4), ("thousandth", 1e-3), ("five hundred-thousandths", 5e-5),
        ("point zero zero one", 1e-3), ("point oh oh one", 1e-3), ("zero point zero zero zero two", 2e-4),
        ("一点二五乘十的负四次方", 1.25e-4), ("2乘以10的负5次方", 2e-5), ("十的负四次方", 1e-4), ("一万分之一", 1e-4), ("百万分之五", 5e-6),
        ("１ｅ－４", 1e-4), ("0．0001", 1e-4), ("2⋅10⁻⁵", 2e-5), ("2•10^-5", 2e-5), ("2 * 1e-5", 2e-5), ("2e^-5", 2e-5), ("1‰", 1e-3), ("率1,5e-4", 1.5e-4),
        ("1", None), ("5", None), ("1,000", None), ("2e5", None), ("1/0", None), ("0.0", None),
    ],
)  # fmt: skip
def test_learning_rates(words: str, value: float | None):
    assert rate(words) == (pytest.approx(value) if value else None)


@pytest.mark.parametrize(
    ("words", "value"),
    [
        ("4", 4), ("three", 3), ("a dozen", 12), ("half a dozen", 6), ("a couple of", 2), ("twenty-five", 25), ("2.5", 2.5),
        ("三", 3), ("十二", 12), ("二十", 20), ("两", 2), ("an", 1), ("epochs", None),
        ("seventeen", 17), ("nineteen", 19), ("ninety", 90), ("sixty-five", 65), ("forty two", 42), ("hundred epochs", 100), ("two hundred", 200),
        ("one hundred and twenty", 120), ("two thousand five hundred", 2500), ("2 hundred", 200), ("two dozen", 24), ("a couple hundred", 200),
        ("1,000", 1000), ("1 000", 1000), ("1,250,000", 1_250_000), ("2k", 2000), ("1.5k", 1500), ("2,5", 2.5),
        ("two and a half", 2.5), ("half an", 0.5), ("twice", 2), ("another one, so three", 3), ("seventh", None),
        ("一百", 100), ("一百轮", 100), ("三百五十", 350), ("三百五", 350), ("一百零五", 105), ("一零零", 100), ("两千", 2000), ("一万五", 15_000),
        ("2百", 200), ("两三轮", 2), ("半", 0.5), ("1e2", 100),
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
        ("lora,1e-4,3 epochs", {"method": "lora", "learning_rate": 1e-4, "epochs": 3}),
        ("lr 1e-4 epochs 3", {"learning_rate": 1e-4, "epochs": 3}),
        ("one hundred and twenty epochs with 1/1000 for the learning rate", {"epochs": 120, "learning_rate": 1e-3}),
        ("用2e-5训练三百五十轮", {"learning_rate": 2e-5, "epochs": 350}),
        ("make it one point five e minus five", {"learning_rate": 1.5e-5}),
        ("learning rate 5, at this point 3 epochs", {"epochs": 3}),
        ("1/1000 of the rows", {}),
    ],
)  # fmt: skip
def test_clear_forms(text: str, values: dict):
    assert clear_values(text) == values


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("fine-tune a classifier on a.csv with learning rate 2.5 E-05", {"learning_rate": 2.5e-5}),
        ("train on a.csv for two hundred epochs", {"epochs": 200}), ("用 a.csv 训练一百轮", {"epochs": 100}),
        ("train on a.csv for 1,000 epochs", {"epochs": 1000}), ("set the learning rate to 1,5e-4", {"learning_rate": 1.5e-4}),
        ("train on a.csv, lr one point five e minus five", {"learning_rate": 1.5e-5}), ("lr 2*10^(-5)", {"learning_rate": 2e-5}),
        ("1/1000 as learning rate", {"learning_rate": 1e-3}), ("train on a.csv with learning rate 5", {}),
        ("train on a.csv with a learning rate of ten to the minus four", {"learning_rate": 1e-4}),
        ("train on a.csv for ninety epochs, lr point zero zero one", {"epochs": 90, "learning_rate": 1e-3}),
        ("train on a.csv at one point five times ten to the minus five for ten epochs", {"epochs": 10, "learning_rate": 1.5e-5}),
        ("用a.csv训练，学习率五乘十的负五次方，两百轮", {"epochs": 200, "learning_rate": 5e-5}), ("用 a.csv 再训练一遍", {}),
        ("train on a.csv with half of the rows", {}),
    ],
)  # fmt: skip
def test_numbers_in_messages(text: str, said: dict):
    found = decide([{"role": "user", "content": text}], Situation(datasets=["a.csv"]))
    assert (found.tool, found.args) == ("finetune_model", {"dataset": "a.csv", **said})


@pytest.mark.parametrize(
    ("question", "answer", "said"),
    [
        ("How many epochs?", "two hundred", {"epochs": 200}), ("How many epochs?", "一百", {"epochs": 100}),
        ("How many epochs?", "1,000", {"epochs": 1000}), ("How many epochs?", "one hundred and twenty", {"epochs": 120}),
        ("Which learning rate?", "1,5e-4", {"learning_rate": 1.5e-4}), ("Which learning rate?", "1/1000", {"learning_rate": 1e-3}),
        ("Which learning rate?", "ten to the minus four", {"learning_rate": 1e-4}), ("Which learning rate?", "5", {}),
    ],
)  # fmt: skip
def test_numbers_in_answers(question: str, answer: str, said: dict):
    talk = [("user", "train on a.csv"), ("assistant", question), ("user", answer)]
    messages = [{"role": role, "content": content} for role, content in talk]
    assert decide(messages, Situation(datasets=["a.csv"])).args == {"dataset": "a.csv", **said}


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("lower the lr from 1e-3 to 1e-4", {"learning_rate": 1e-4}),
        ("把学习率从1e-3降到1e-4", {"learning_rate": 1e-4}),
        ("lr 1e-3 -> 1e-4", {"learning_rate": 1e-4}),
        ("学习率由0.001改为0.0001", {"learning_rate": 1e-4}),
        ("change the epochs from 3 to 5", {"epochs": 5}),
        ("raise it from 3 epochs to 5", {"epochs": 5}),
        ("把轮数从3改成5", {"epochs": 5}),
        ("1e2 epochs", {"epochs": 100}),
        (
            'text is in "customer message", label in "ticket type"',
            {"text_column": "customer message", "label_column": "ticket type"},
        ),
        ("the label column is called Ticket Type", {"label_column": "Ticket Type"}),
        ("with gone as the label column", {"label_column": "gone"}),
        (
            "use note as the text column and gone as the label column",
            {"text_column": "note", "label_column": "gone"},
        ),
        (
            "predict the column named outcome from the column called notes",
            {"text_column": "notes", "label_column": "outcome"},
        ),
        ("把标签列设为“类别”，文本列设为“内容”", {"label_column": "类别", "text_column": "内容"}),
        ("叫它 客服分类器", {"name": "客服分类器"}),
        ("名字叫做客服2号", {"name": "客服2号"}),
        ('call it "mail sorter v2"', {"name": "mail sorter v2"}),
    ],
)
def test_the_new_value_and_the_whole_name(text: str, values: dict):
    assert clear_values(text) == values


def test_names_lose_their_marks():
    assert bare("“spam-2”.") == "spam-2"
    assert bare("`topic`,") == "topic"


def test_texts_keep_their_own_marks():
    assert unquoted("“where is it?”") == "where is it?"
    assert unquoted("'don't'") == "don't"
    assert unquoted('"a" and "b"') == '"a" and "b"'

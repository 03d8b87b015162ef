import time

import pytest

from assistant.brain.mentions import find_mentions
from assistant.brain.situation import Situation
from knowledge.script import simplified

HERE = Situation(datasets=["tickets.csv"], models=["order-topic"], jobs=["job-7"])


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("look at orders.xlsx.", "file", "orders.xlsx"),
        ("what about TICKETS.CSV", "file", "tickets.csv"),
        ("看看订单.csv里有什么", "file", "订单.csv"),
        ("add https://a.io/faq, please", "url", "https://a.io/faq"),
        ("status of job 7", "job", "job-7"),
        ("deploy order-topic.", "model", "order-topic"),
        ("deploy order-topic@2.", "model", "order-topic@2"),
        ("Order-Topic@staging好用吗", "model", "order-topic@staging"),
        ("mail order-topic@example.org", "model", "order-topic"),
        ("don't say 'it's here'", "quote", "it's here"),
        ("(see https://a.io/wiki/Python_(language).)", "url", "https://a.io/wiki/Python_(language)"),
        ("add https://a.io/faq(", "url", "https://a.io/faq"),
        ("add deck.pptx to the docs", "file", "deck.pptx"),
        ("停止任务７", "job", "job-7"),
        ("train google/bert_uncased.", "base", "google/bert_uncased"),
        ("train minilm on hf:PolyAI/banking77/train.", "file", "hf:PolyAI/banking77/train"),
    ],
)
def test_mentions(text: str, kind: str, value: str):
    assert find_mentions(text, HERE).of(kind) == [value]


@pytest.mark.parametrize("text", ["a." * 1000, "-" * 2000, "a/" * 1000])
def test_names_are_looked_for_in_a_moment(text: str):
    begun = time.thread_time()
    assert find_mentions(text, HERE).of("file") == []
    assert time.thread_time() - begun < 0.25


def test_known_chinese_file_names_are_found_whole():
    assert find_mentions("看看订单.csv里有什么", Situation(files=["订单.csv"])).of("file") == ["订单.csv"]


def test_masks_keep_the_place_of_every_character():
    text = "try order-topic on “hello” and add faq.md, 好吗"
    masked = find_mentions(text, HERE).masked()
    assert masked.text == "try [MODEL] on [TEXT] and add [DOC], 好吗"
    at = masked.text.index("[DOC]")
    start, end = masked.stretch(at, at + len("[DOC]"))
    assert text[start:end] == "faq.md"
    assert len(masked.places) == len(masked.text)
    at = masked.text.index("好")
    assert text[slice(*masked.stretch(at, at + 1))] == "好"


def test_traditional_characters_are_read_as_simplified_ones_of_the_same_length():
    assert simplified("請用 qlora 訓練這個模型") == "请用 qlora 训练这个模型"
    assert simplified("已经是简体 plain text") == "已经是简体 plain text"

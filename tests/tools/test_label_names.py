"""A label's name is one more text of it where rows are few."""

import pytest

from tools.finetune.examples import Parts
from tools.finetune.names import is_name, readable, with_names


@pytest.mark.parametrize(
    ("label", "words"),
    [("card_arrival", "card arrival"), ("cardArrival", "card arrival"), ("Refund-Late", "Refund Late"), ("退款", "退款"), ("A1", "A1")],
)  # fmt: skip
def test_labels_are_read_as_words(label: str, words: str):
    assert readable(label).lower() == words.lower()


def test_names_join_few_rows_and_codes_do_not():
    rows = [("where is it", "card_arrival"), ("my money", "B2"), ("lost", "card_arrival"), ("gone", "B2")]
    parts = with_names(Parts(rows, [], []))
    assert parts.train == [*rows, ("card arrival", "card_arrival")]
    assert [is_name(row) for row in parts.train] == [False] * 4 + [True]


def test_many_rows_stay_as_they_are():
    rows = [(f"text {at}", "card_arrival") for at in range(40)]
    assert with_names(Parts(rows, [], [])).train == rows

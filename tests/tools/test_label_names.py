"""A label's name is one more text of it where rows are few."""

import pytest

from tools.finetune.examples import Parts
from tools.finetune.names import readable, with_names


@pytest.mark.parametrize(
    ("label", "words"),
    [
        ("card_arrival", "card arrival"), ("cardArrival", "card arrival"), ("Refund-Late", "Refund Late"),
        ("退款", "退款"), ("A1", "A1"),
    ],
)  # fmt: skip
def test_labels_are_read_as_words(label: str, words: str):
    assert readable(label).lower() == words.lower()


def test_names_join_few_rows_and_codes_do_not():
    rows = [("where is it", "card_arrival"), ("my money", "B2"), ("lost", "card_arrival"), ("gone", "B2")]
    parts, named = with_names(Parts(rows, [], []))
    assert parts.train == [*rows, ("card arrival", "card_arrival")]
    assert named == 1
    held = [("Card Arrival", "card_arrival")]
    assert with_names(Parts(rows, [], held)) == (Parts(rows, [], held), 0)


def test_many_rows_stay_as_they_are():
    rows = [(f"text {at}", "card_arrival") for at in range(40)]
    assert with_names(Parts(rows, [], [])) == (Parts(rows, [], []), 0)

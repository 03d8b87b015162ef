"""Which rows to label next: doubtful ones, no two alike."""

from pathlib import Path

import numpy
import pytest

from tests.tools.trained import train_head
from tools.data.read import read_table
from tools.errors import BadArgument, BadData
from tools.serving.active import choose, rows_to_label, write_sheet
from tools.serving.predictor import Predictor, load

SURE = ["Where is my parcel?", "I want my money back", "My password does not work"]
DOUBTFUL = ["The parcel is late and I want my money back", "I cannot log in to see where my refund is"]


@pytest.fixture(scope="module")
def predictor(tmp_path_factory: pytest.TempPathFactory) -> Predictor:
    return load(train_head(tmp_path_factory.mktemp("models") / "router"), "cpu")


def _csv(path: Path, lines: list[str]) -> Path:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_doubtful_rows_come_first_and_labelled_ones_not_at_all(predictor, tmp_path):
    lines = [
        "text,label",
        *(f"{text}," for text in SURE + DOUBTFUL),
        "A refund for the lost parcel please,refund",
    ]
    found = rows_to_label(predictor, _csv(tmp_path / "new.csv", lines), count=2)
    assert {row["text"] for row in found["rows"]} == set(DOUBTFUL)
    assert {row["row"] for row in found["rows"]} == {4, 5}
    assert found["unlabeled"] == 5
    sheet = tmp_path / "sheet.csv"
    write_sheet(found, sheet)
    assert list(read_table(sheet).columns) == ["text", "label"]
    with pytest.raises(BadArgument, match="exists"):
        write_sheet(found, sheet)


def test_labels_may_stand_in_another_column_than_the_models_own(predictor, tmp_path):
    lines = ["text,label,mood", "Where is my parcel?,shipping,", "I want my money back,,angry"]
    found = rows_to_label(predictor, _csv(tmp_path / "moods.csv", lines), label_column="mood")
    assert [row["row"] for row in found["rows"]] == [1] and found["label_column"] == "mood"
    new = rows_to_label(predictor, tmp_path / "moods.csv", label_column="size")
    assert {row["row"] for row in new["rows"]} == {1, 2}


def test_no_two_alike_are_chosen():
    texts = [
        "where is my parcel", "where is my parcel?", "where is my parcel!", "where's my parcel",
        "my card was stolen abroad", "cancel the subscription", "the invoice is wrong",
    ]  # fmt: skip
    chosen = [texts[place] for place, _ in choose(numpy.full((7, 2), 0.5), texts, 4)]
    assert sum("parcel" in text for text in chosen) == 1


def test_a_file_where_all_is_labelled_is_told(predictor, tmp_path):
    file = _csv(
        tmp_path / "all.csv",
        ["text,label", "a parcel that is late,shipping", "a password lost again,password"],
    )
    with pytest.raises(BadData, match="label already"):
        rows_to_label(predictor, file)
    with pytest.raises(BadArgument):
        rows_to_label(predictor, file, count=0)

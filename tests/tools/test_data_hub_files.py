"""What names of hub data sets mean, which files make which split, and what the numbers of classes are called."""

from pathlib import Path
from typing import Any

import pytest

from tools.data.hub_choice import HubName, hub_name
from tools.data.hub_files import card_labels, own_splits
from tools.data.hub_table import class_name
from tools.errors import BadArgument


@pytest.mark.parametrize(
    ("name", "repo", "rest"),
    [
        ("hf:PolyAI/banking77", "PolyAI/banking77", ()),
        ("hf:PolyAI/banking77/test", "PolyAI/banking77", ("test",)),
        ("hf:nyu-mll/glue/sst2/validation", "nyu-mll/glue", ("sst2", "validation")),
        ("hf:imdb", "imdb", ()),
        ("PolyAI/banking77", "PolyAI/banking77", ()),
        ("owner/set-v1.0", "owner/set-v1.0", ()),
    ],
)
def test_names_of_the_hub(name: str, repo: str, rest: tuple[str, ...]) -> None:
    assert hub_name(name) == HubName(repo, rest, sure=name.startswith("hf:"))


@pytest.mark.parametrize(
    "name",
    ["tickets.csv", "data/tickets.csv", "./data/june", "/data/june", "june", "a/b/c", "~/x", "a b/c", ""],
)
def test_names_of_files(name: str) -> None:
    assert hub_name(name) is None


@pytest.mark.parametrize("name", ["hf:", "hf:a/b/c/d/e", "hf:a//b", "hf:../x", "hf:a/b//c"])
def test_what_is_no_name_at_all(name: str) -> None:
    with pytest.raises(BadArgument, match="Write hf:owner/name"):
        hub_name(name)


@pytest.mark.parametrize(
    ("files", "card", "splits"),
    [
        ("tickets.csv", {}, {"default/train": "tickets.csv"}),
        (
            "a/train.json a/test.json b.json",
            {},
            {"default/train": "a/train.json", "default/test": "a/test.json"},
        ),
        ("train/x.csv test/x.csv", {}, {"default/train": "train/x.csv", "default/test": "test/x.csv"}),
        (
            "data/test_1-00000-of-00002.parquet data/test_1-00001-of-00002.parquet",
            {},
            {"default/test_1": "data/test_1-00000-of-00002.parquet data/test_1-00001-of-00002.parquet"},
        ),
        (
            "en/all.csv de/all.csv extra.csv",
            {"configs": [{"config_name": each, "data_files": f"{each}/*"} for each in ("en", "de")]},
            {"en/train": "en/all.csv", "de/train": "de/all.csv"},
        ),
        (
            "x.csv y.csv",
            {
                "configs": [
                    {"data_files": [{"split": "train", "path": ["x.csv"]}, {"split": "held", "path": "y.*"}]}
                ]
            },
            {"default/train": "x.csv", "default/held": "y.csv"},
        ),
        (
            "x.csv",
            {"configs": [{"data_files": [{"split": "train", "path": "gone.csv"}]}]},
            {"default/train": "x.csv"},
        ),
        ("x.csv", {"configs": "nonsense", "dataset_info": [3]}, {"default/train": "x.csv"}),
        (".hidden/x.csv README.md run.py config.json", {}, {}),
    ],
)
def test_which_files_make_which_split(files: str, card: dict[str, Any], splits: dict[str, str]) -> None:
    found = own_splits("a/b", "main", dict.fromkeys(files.split(), 1), card)
    assert {f"{each.config}/{each.split}": " ".join(each.files) for each in found} == splits


def test_tables_lie_inside_their_folder_and_apart() -> None:
    names = ["..", "../..", "a/b", "a-b", "a b"]
    card = {"configs": [{"config_name": each, "data_files": "x.csv"} for each in names]}
    tables = [each.table for each in own_splits("a/b", "main", {"x.csv": 1}, card)]
    assert len(set(tables)) == len(names)
    assert not [each for each in tables if ".." in Path(each).parts or Path(each).is_absolute()]


def test_class_names_of_cards() -> None:
    def names(feature: dict[str, Any]) -> dict[str, list[str]]:
        return card_labels(
            {"dataset_info": [{"config_name": "x", "features": [{"name": "y", **feature}]}]}, "x"
        )

    assert names({"dtype": {"class_label": {"names": ["a", "b"]}}}) == {"y": ["a", "b"]}
    assert names({"sequence": {"class_label": {"names": {"1": "b", "0": "a"}}}}) == {"y": ["a", "b"]}
    assert names({"list": {"dtype": {"class_label": {"names": {"0": "a"}}}}}) == {"y": ["a"]}
    assert names({"dtype": {"class_label": {"names": {"99999999999": "a"}}}}) == {}
    assert names({"dtype": "string"}) == {}


@pytest.mark.parametrize(
    ("value", "name"),
    [(1, "b"), ("1", "b"), (-1, None), (7, "7"), ("b", "b"), (0.9, 0.9), (None, None), ([0], ["a"])],
)
def test_a_class_by_its_number(value: Any, name: Any) -> None:
    assert class_name(value, ["a", "b"]) == name

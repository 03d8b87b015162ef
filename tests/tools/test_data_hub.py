"""Data sets of the Hugging Face hub, fetched with the hub's own client from a small hub on loopback."""

from pathlib import Path
from typing import Any

import pytest

from tests.tools.hub_server import NAMES, HubServer, intents, packed
from tools.data.hub import fetch_dataset
from tools.data.hub_choice import HubName, hub_name
from tools.data.inspect import inspect_file
from tools.data.read import read_table
from tools.errors import BadArgument, BadData, NotFound, Unsupported


def wanted(name: str) -> HubName:
    found = hub_name(name)
    assert found, name
    return found


def fetch(hub: HubServer, name: str, cache: Path, **how: Any) -> Path:
    return fetch_dataset(wanted(name), cache, endpoint=hub.url, **how)


def test_shards_become_one_table_with_named_labels(hub: HubServer, tmp_path: Path) -> None:
    said: list[str] = []
    path = fetch(hub, "hf:PolyAI/banking77", tmp_path, tell=said.append)
    frame = read_table(path)
    assert list(frame.columns) == ["text", "label"] and len(frame) == 42
    assert frame["label"].tolist() == [NAMES[n % 3] for n in range(42)]
    assert frame["text"][41] == "where is my card number 41"
    assert path.name == "banking77-train.parquet" and path.is_relative_to(tmp_path)
    assert "PolyAI/banking77 (default, train), 0.1 MB, file 1 of 2" in said[0] and "file 2 of 2" in said[1]
    assert not (tmp_path / "datasets/polyai--banking77/partial").exists()
    found = inspect_file(path)
    assert found["task"] == "text-classification" and found["labels"]["card_arrival"] == 14


def test_a_split_is_named_and_fetched_alone(hub: HubServer, tmp_path: Path) -> None:
    path = fetch(hub, "hf:PolyAI/banking77/test", tmp_path)
    assert len(read_table(path)) == 9 and path.name == "banking77-test.parquet"
    assert not [each for each in hub.seen if "/train/" in each]
    assert fetch(hub, "hf:PolyAI/banking77/default/test", tmp_path) == path


def test_what_was_fetched_is_there_without_the_hub(
    hub: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = fetch(hub, "hf:PolyAI/banking77", tmp_path)
    hub.seen.clear()
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    assert fetch(hub, "hf:PolyAI/banking77", tmp_path, offline=True) == path
    assert fetch(hub, "PolyAI/banking77", tmp_path) == path
    assert fetch(hub, "hf:polyai/Banking77/train", tmp_path) == path
    with pytest.raises(NotFound, match=r"banking77/test is not on this machine.*offline"):
        fetch(hub, "hf:PolyAI/banking77/test", tmp_path, offline=True)
    with pytest.raises(BadArgument, match="no split tset. Did you mean test"):
        fetch(hub, "hf:PolyAI/banking77/tset", tmp_path, offline=True)
    assert hub.seen == []


def test_offline_without_it(hub: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NotFound, match="hub must not be asked"):
        fetch(hub, "hf:PolyAI/banking77", tmp_path, offline=True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)  # the client's own variable
    with pytest.raises(Unsupported, match="hub cannot be reached"):
        fetch(hub, "hf:PolyAI/banking77", tmp_path)
    assert hub.seen == []


@pytest.mark.parametrize(
    ("about", "error", "words"),
    [
        ({"status": 404, "error": "RepoNotFound"}, NotFound, "There is no data set a/set at the hub"),
        ({"status": 404}, NotFound, "There is no data set a/set at the hub"),
        ({"status": 401}, Unsupported, "no such data set. Check the id; .* run hf auth login"),
        ({"status": 403}, Unsupported, "does not let this account read a/set.*hf auth login"),
        ({"status": 403, "error": "GatedRepo"}, Unsupported, "gated. Accept its terms .* hf auth login"),
        ({"gated": True}, Unsupported, r"a/set .*gated. Accept its terms .* hf auth login"),
        ({"status": 500}, Unsupported, "hub cannot be reached.*Try later, or give a file"),
    ],
)
def test_what_the_hub_refuses(
    hub: HubServer, tmp_path: Path, about: dict[str, Any], error: type[Exception], words: str
) -> None:
    hub.add("a/set", {"default/train/0000.parquet": intents(0, 3)}, **about)
    with pytest.raises(error, match=words):
        fetch(hub, "hf:a/set", tmp_path)


def test_a_name_the_hub_cannot_have(hub: HubServer, tmp_path: Path) -> None:
    with pytest.raises(BadArgument, match="no Hugging Face id"):
        fetch(hub, "hf:a/b--c", tmp_path)


def test_a_hub_that_is_away(hub: HubServer, tmp_path: Path) -> None:
    with pytest.raises(Unsupported, match="hub cannot be reached, so PolyAI/banking77 cannot be fetched"):
        fetch_dataset(HubName("PolyAI/banking77"), tmp_path, endpoint="http://127.0.0.1:9")


def test_several_configurations(hub: HubServer, tmp_path: Path) -> None:
    parts = ("cola/train", "cola/test", "sst2/train", "sst2/validation", "sst2/test")
    hub.add("nyu/glue", {f"{part}/0000.parquet": intents(n, 3) for n, part in enumerate(parts)})
    assert fetch(hub, "hf:nyu/glue/sst2", tmp_path).name == "glue-sst2-train.parquet"
    assert fetch(hub, "hf:nyu/glue/cola/test", tmp_path).name == "glue-cola-test.parquet"
    for name, words in {
        "hf:nyu/glue": r"several configurations. Known are cola, sst2. Write hf:nyu/glue/CONFIG/SPLIT",
        "hf:nyu/glue/train": "several configurations, and none is called train. Known are cola, sst2",
        "hf:nyu/glue/ssst2/test": "no configuration ssst2. Did you mean sst2",
        "hf:nyu/glue/sst2/dev": "no split dev. Known are test, train, validation. Write hf:nyu/glue/sst2/SPLIT",
    }.items():
        with pytest.raises(BadArgument, match=words):
            fetch(hub, name, tmp_path)


def test_several_splits_and_none_for_training(hub: HubServer, tmp_path: Path) -> None:
    hub.add("a/parts", {f"default/{name}/0000.parquet": intents(0, 3) for name in ("easy", "hard")})
    with pytest.raises(BadArgument, match="several splits. Known are easy, hard. Write hf:a/parts/SPLIT"):
        fetch(hub, "hf:a/parts", tmp_path)
    hub.add("a/single", {"default/test/0000.parquet": intents(0, 3)})
    assert fetch(hub, "hf:a/single", tmp_path).name == "single-test.parquet"


def test_the_beginning_of_a_large_set_is_told(hub: HubServer, tmp_path: Path) -> None:
    hub.add("a/large", {"default/partial-train/0000.parquet": intents(0, 3)})
    said: list[str] = []
    assert fetch(hub, "hf:a/large/train", tmp_path, tell=said.append).name == "large-train.parquet"
    assert "beginning of a/large (default, train) alone" in said[-1]


def test_too_large_is_said_before_anything_is_fetched(
    hub: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tools.data.hub_choice.LIMIT", len(intents(42, 9)))
    words = "train.* has .* at most .* are fetched. Use hf:PolyAI/banking77/default/test"
    with pytest.raises(BadData, match=words):
        fetch(hub, "hf:PolyAI/banking77", tmp_path)
    assert not [each for each in hub.seen if "resolve" in each]
    assert fetch(hub, "hf:PolyAI/banking77/test", tmp_path).is_file()


def test_nothing_that_can_be_read(hub: HubServer, tmp_path: Path) -> None:
    hub.add("a/script", main={"script.py": b"raise SystemExit", "data.tar.gz": b"\x1f\x8b"})
    with pytest.raises(BadData, match="no table that can be read; there is script.py, data.tar.gz"):
        fetch(hub, "hf:a/script", tmp_path)
    assert not [each for each in hub.seen if "resolve" in each]


def test_a_damaged_file_is_fetched_anew_the_next_time(hub: HubServer, tmp_path: Path) -> None:
    hub.add("a/broken", {"default/train/0000.parquet": b"PAR1 not really PAR1"})
    with pytest.raises(BadData, match="broken-train cannot be read as one Parquet table"):
        fetch(hub, "hf:a/broken", tmp_path)
    hub.add("a/broken", {"default/train/0000.parquet": intents(0, 3)})
    assert len(read_table(fetch(hub, "hf:a/broken", tmp_path))) == 3


def test_a_download_that_broke_off_goes_on(hub: HubServer, tmp_path: Path) -> None:
    shards = {f"default/train/000{n}.parquet": intents(3 * n, 3) for n in range(2)}
    hub.add("a/long", shards)

    def stop(text: str) -> None:
        if "file 2" in text:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(hub, "hf:a/long", tmp_path, tell=stop)
    hub.seen.clear()
    assert len(read_table(fetch(hub, "hf:a/long", tmp_path))) == 6
    assert [each for each in hub.seen if each.startswith("GET /datasets")] == [
        next(each for each in hub.seen if each.startswith("GET /datasets") and each.endswith("0001.parquet"))
    ]


def test_the_card_names_labels_that_the_files_do_not(hub: HubServer, tmp_path: Path) -> None:
    label = {"class_label": {"names": {"0": "no", "1": "yes"}}}
    card = {
        "dataset_info": {"features": [{"name": "text", "dtype": "string"}, {"name": "y", "dtype": label}]}
    }
    plain = packed({"text": ["one", "two", "three"], "y": [1, 0, -1]})
    hub.add("a/carded", {"default/train/0000.parquet": plain}, card=card)
    assert read_table(fetch(hub, "hf:a/carded", tmp_path))["y"].tolist() == ["yes", "no", None]
    hub.add("a/csv", main={"train.csv": b"text,y\none,1\ntwo,0\nthree,1\n"}, card=card)
    assert read_table(fetch(hub, "hf:a/csv", tmp_path))["y"].tolist() == ["yes", "no", "yes"]


def test_lists_of_classes_and_shards_of_other_types(hub: HubServer, tmp_path: Path) -> None:
    tags = {"tags": {"feature": {"names": ["O", "B-PER"], "_type": "ClassLabel"}, "_type": "Sequence"}}
    first = packed({"tokens": [["Ann", "came"], ["He"]], "tags": [[1, 0], None], "n": [1, 2]}, tags)
    second = packed({"tokens": [["Bob"]], "tags": [[1]], "n": [None]}, tags)
    hub.add("a/ner", {"default/train/0000.parquet": first, "default/train/0001.parquet": second})
    frame = read_table(fetch(hub, "hf:a/ner", tmp_path))
    assert frame["tags"].tolist() == [["B-PER", "O"], None, ["B-PER"]]
    assert frame["tokens"].tolist() == [["Ann", "came"], ["He"], ["Bob"]]
    assert frame["n"].tolist() == [1, 2, None]


def test_pictures_are_left_out_or_refused(hub: HubServer, tmp_path: Path) -> None:
    pictures = [{"bytes": b"\x89PNG", "path": "a.png"}] * 2
    hub.add(
        "a/captions", {"default/train/0000.parquet": packed({"image": pictures, "text": ["a cat", "a dog"]})}
    )
    assert list(read_table(fetch(hub, "hf:a/captions", tmp_path)).columns) == ["text"]
    hub.add("a/pictures", {"default/train/0000.parquet": packed({"image": pictures, "label": [0, 1]})})
    with pytest.raises(BadData, match=r"pictures-train holds pictures.*\(image\).*zip archive"):
        fetch(hub, "hf:a/pictures", tmp_path)


def test_a_repository_of_plain_files(hub: HubServer, tmp_path: Path) -> None:
    files = {
        "dataset_infos.json": b"{}",
        "data/train-a.jsonl": b'{"text": "one", "label": "x"}\n',
        "data/train-b.jsonl": b'{"text": "two", "label": "y", "note": "late"}\n',
        "data/train.csv": b"text,label\nnever,read\n",
        "data/dev.csv": b"text;label\nthree;x\nfour;y\n",
    }
    hub.add("a/plain", main=files)
    path = fetch(hub, "hf:a/plain", tmp_path)
    assert path.name == "plain-train.jsonl"
    assert read_table(path).to_dict("records") == [
        {"text": "one", "label": "x", "note": None},
        {"text": "two", "label": "y", "note": "late"},
    ]
    dev = fetch(hub, "hf:a/plain/validation", tmp_path)
    assert dev.name == "plain-validation.csv" and read_table(dev)["label"].tolist() == ["x", "y"]

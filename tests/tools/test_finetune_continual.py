"""A classifier that learns on: old rows are replayed, what is forgotten is measured, other labels are a transfer."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.tools.tiny_models import sentences, tiny_bert, write_csv
from tools.finetune.plan import make_plan
from tools.finetune.run import train
from tools.finetune.spec import FinetuneSpec

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def first(tmp_path_factory) -> Path:
    """A model of three labels, beside its data."""
    folder = tmp_path_factory.mktemp("first")
    data = write_csv(folder / "old.csv", sentences(120))
    spec = FinetuneSpec(
        data, "first", "tiny", tiny_bert(folder / "tiny"), method="full", epochs=8, learning_rate=5e-3
    )
    train(spec, folder / "model", folder / "work", lambda progress: None)
    return folder


def _go_on(first: Path, folder: Path, rows: list, method: str = "full") -> dict:
    data = write_csv(folder / "new.csv", rows)
    spec = FinetuneSpec(data, "second", "first", first / "model", method=method, epochs=4, learning_rate=5e-3)
    return train(spec, folder / "model", folder / "work", lambda progress: None)


@pytest.mark.parametrize("method", ["full", "head"])
def test_old_rows_are_replayed_and_what_was_forgotten_is_told(first, tmp_path, method):
    new = [row for row in sentences(150, seed=5) if row[1] != "money"]
    result = _go_on(first, tmp_path, new, method)
    lost = result["forgetting"]
    assert lost["rows"] == 12
    assert lost["replayed"] > 50
    assert lost["after"] > 0.8
    info = json.loads((tmp_path / "model" / "assistant.json").read_text())
    assert info["labels"] == ["cards", "money", "orders"]
    assert "What it forgot" in (tmp_path / "model" / "report.html").read_text()
    behind = json.loads((tmp_path / "model" / "lineage.json").read_text())
    assert [Path(each["data"]).name for each in behind] == ["new.csv", "old.csv"]


def test_without_the_old_data_it_says_so(first, tmp_path):
    data = first / "old.csv"
    kept = data.read_bytes()
    data.write_bytes(kept + b"one more row,cards\n")
    try:
        result = _go_on(first, tmp_path, [row for row in sentences(90, seed=5) if row[1] != "money"])
    finally:
        data.write_bytes(kept)
    assert "forgetting" not in result
    assert "may forget" in result["warnings"][0]


def test_old_lineages_know_no_hash_of_folders_and_test_files(tmp_path):
    from tools.finetune.continual import _as_it_was

    (tmp_path / "data").mkdir()
    (tmp_path / "test.csv").write_text("text,label\n")
    old = {"data": str(tmp_path / "data"), "sha256": None, "test_data": str(tmp_path / "test.csv")}
    assert _as_it_was(old) and _as_it_was(old | {"test_data": None})
    assert not _as_it_was(old | {"sha256": "other"}) and not _as_it_was(old | {"test_sha256": "other"})
    for gone in ("data", "test_data"):
        assert not _as_it_was(old | {gone: str(tmp_path / "gone")})


def test_other_labels_are_a_transfer(first, tmp_path):
    renamed = [(text, label.upper()) for text, label in sentences(90, seed=5)]
    result = _go_on(first, tmp_path, renamed)
    assert "forgetting" not in result
    info = json.loads((tmp_path / "model" / "assistant.json").read_text())
    assert info["labels"] == ["CARDS", "MONEY", "ORDERS"]
    assert result["metrics"]["accuracy"] > 0.8


def test_nothing_is_measured_on_rows_that_were_trained_on():
    from tools.finetune.continual import Earlier, with_replay
    from tools.finetune.examples import Parts

    rows = sentences(120)
    old = Earlier(["cards", "money", "orders"], 64, train=rows[:50], test=rows[50:60])
    # The new file holds the old one: its parts cut across the earlier ones.
    new = Parts(rows[20:55] + rows[60:100], rows[45:48] + rows[100:105], rows[:10] + rows[105:])
    parts, _ = with_replay(new, old, seed=1)
    train, learned = {text for text, _ in parts.train}, {text for text, _ in old.train}
    assert not train & {text for text, _ in old.test}
    assert not train & {text for text, _ in parts.test + parts.validation}
    assert not learned & {text for text, _ in parts.test + parts.validation}
    own_file, _ = with_replay(new, old, seed=1, held_apart=False)
    assert own_file.test == new.test


def test_a_classifier_as_base_of_another_task_keeps_its_tokens_apart(first):
    from transformers import AutoModel, AutoTokenizer

    from tools.finetune.averaging import averages, plain_config

    config = plain_config(first / "model")
    assert config.num_hidden_layers == 2
    assert not averages(config)
    model = AutoModel.from_pretrained(first / "model", config=config).eval()
    tokens = AutoTokenizer.from_pretrained(first / "model")("stolen card pin", return_tensors="pt")
    assert model(**tokens).last_hidden_state[0].std(dim=0).max() > 0.1


def test_labels_that_will_be_lost_are_told_and_a_new_version_keeps_its_own(first, tmp_path):
    new = [
        (text, {"cards": "invoice", "orders": "hiring"}.get(label, label))
        for text, label in sentences(90, seed=5)
    ]
    data = write_csv(tmp_path / "new.csv", new)
    other = FinetuneSpec(data, "other", "first", first / "model", method="full", epochs=2, learning_rate=5e-3)
    told = " ".join(make_plan(other)["warnings"])
    assert "are lost: cards, orders." in told and "first@new" in told
    version = replace(other, name="first@2")
    assert make_plan(version)["warnings"] == []
    train(version, tmp_path / "model", tmp_path / "work", lambda progress: None)
    info = json.loads((tmp_path / "model" / "assistant.json").read_text())
    assert info["labels"] == ["cards", "hiring", "invoice", "money", "orders"]
    (first / "old.csv").rename(first / "moved.csv")
    try:
        told = " ".join(make_plan(version)["warnings"])
    finally:
        (first / "moved.csv").rename(first / "old.csv")
    assert "old.csv is gone or was changed" in told and "lost (cards, orders)" in told

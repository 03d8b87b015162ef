"""Models leave as folders, adapters and GGUF, written whole or not at all. ONNX has a file of its own."""

import json
import sys
from pathlib import Path

import pytest
import torch

from tests.tools.exports import THREE, generator, head_model, snippet, trained
from tests.tools.tiny_models import tiny_bert
from tools.errors import BadArgument, NotFound, Unsupported, WorkFailed
from tools.finetune.export import export
from tools.finetune.task import find_task
from tools.models.card import write_info
from tools.models.export import CONVERTER

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory):
    """Trained folders by task."""
    return trained(tmp_path_factory.mktemp)


def test_an_adapter_on_its_base_is_the_model(models, tmp_path):
    """The card's lines, with the base where it is here."""
    source = models("text-classification")
    out = tmp_path / "out"
    export(source, out, "adapter")
    assert not (out / "model.safetensors").exists()
    settings = json.loads((out / "adapter_config.json").read_text())
    assert settings["base_model_name_or_path"] == "base"  # the folder's name, not the way to it
    assert str(source.parents[1]) not in snippet(out)
    code = snippet(out).replace('base = "base"', f"base = {str(source.parents[1] / 'base')!r}")
    made: dict = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(out)
        exec(code, made)
    loaded = find_task("text-classification").load(source, "cpu")
    inputs = loaded.encode(THREE)
    with torch.inference_mode():
        found, wanted = made["model"](**inputs).logits, loaded.module(**inputs)
    assert found.numpy() == pytest.approx(wanted.numpy(), abs=1e-4)


def test_an_adapter_without_an_added_layer(models, tmp_path):
    source, out = models("embedding"), tmp_path / "out"
    export(source, out, "adapter")
    assert not (out / "added.safetensors").exists()
    made: dict = {}
    code = snippet(out).replace('base = "base"', f"base = {str(source.parents[1] / 'base')!r}")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(out)
        exec(code, made)
    loaded = find_task("embedding").load(source, "cpu")
    rows = loaded.encoder.tokenizer(THREE, padding=True, return_tensors="pt")
    inputs = {name: rows[name] for name in ("input_ids", "attention_mask")}
    with torch.inference_mode():
        found, wanted = (
            each(**inputs).last_hidden_state.numpy() for each in (made["model"], loaded.encoder.model)
        )
    assert found == pytest.approx(wanted, abs=1e-4)


def test_a_model_without_an_adapter(tmp_path):
    with pytest.raises(Unsupported, match="made by head, which leaves no adapter"):
        export(head_model(tmp_path / "mine"), tmp_path / "out", "adapter")
    assert not (tmp_path / "out").exists()


def converter(folder: Path, body: str) -> Path:
    """A program in the place of llama.cpp's converter: it notes its arguments, then does what the body says."""
    folder.mkdir()
    file = folder / CONVERTER
    note = "import json, pathlib, sys\n"
    note += "pathlib.Path(__file__).with_name('called').write_text(json.dumps(sys.argv[1:]))\n"
    file.write_text(f"#!{sys.executable}\n{note}{body}\n")
    file.chmod(0o755)
    return file


WRITES = "open(sys.argv[sys.argv.index('--outfile') + 1], 'wb').write(b'GGUF and more')"


@pytest.mark.parametrize("where", ["path", "folder", "file"])
def test_the_converter_is_called(where, tmp_path, monkeypatch):
    source, file = generator(tmp_path / "mine"), converter(tmp_path / "llama.cpp", WRITES)
    monkeypatch.setenv("PATH", str(file.parent) if where == "path" else "")
    setting = {"path": None, "folder": file.parent, "file": file}[where]
    told = export(source, tmp_path / "out", "gguf", setting)
    assert told["file"] == "mine.gguf"
    assert (tmp_path / "out" / "mine.gguf").read_bytes() == b"GGUF and more"
    assert "llama-server -m mine.gguf" in (tmp_path / "out" / "README.md").read_text()
    model, *options = json.loads((file.parent / "called").read_text())
    assert model == str(source)
    assert options[0] == "--outfile" and options[2:] == ["--outtype", "auto", "--model-name", "mine"]
    assert Path(options[1]).name == "mine.gguf"


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (
            "raise SystemExit('Model Mine is not supported')",
            "failed: Model Mine is not supported. Update llama.cpp",
        ),
        ("import sentencepeace", "No module named 'sentencepeace'. pip install sentencepeace where"),
        ("raise SystemExit(3)", "failed: exit code 3"),
        ("pass", "wrote no GGUF file"),
        (WRITES.replace("GGUF", "JUNK"), "wrote no GGUF file"),
    ],
)
def test_the_converter_fails(body, told, tmp_path):
    source, file = generator(tmp_path / "mine"), converter(tmp_path / "llama.cpp", body)
    with pytest.raises(WorkFailed) as failed:
        export(source, tmp_path / "out", "gguf", file)
    assert told in str(failed.value)
    assert {path.name for path in tmp_path.iterdir()} == {"mine", "llama.cpp"}


def test_gguf_without_llama_cpp(tmp_path, monkeypatch):
    source = generator(tmp_path / "mine")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Unsupported, match="git clone .* set ASSISTANT_LLAMA_CPP to that folder"):
        export(source, tmp_path / "out", "gguf")
    with pytest.raises(NotFound, match="ASSISTANT_LLAMA_CPP is set, but there is no"):
        export(source, tmp_path / "out", "gguf", tmp_path / "mine")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("task", "form", "told"),
    [
        ("text-classification", "gguf", "GGUF is for text-generation models"),
        ("text-generation", "onnx", "there is no ONNX export. Use --format gguf or folder"),
        ("masked-lm", "onnx", "there is no ONNX export. Use --format folder"),
    ],
)
def test_forms_that_a_task_has_not(task, form, told, tmp_path):
    write_info(tiny_bert(tmp_path / "mine"), {"name": "mine", "task": task, "base": "b", "method": "full"})
    with pytest.raises(Unsupported) as refused:
        export(tmp_path / "mine", tmp_path / "out", form)
    assert told in str(refused.value)
    assert not (tmp_path / "out").exists()


def test_a_folder_is_copied_whole_without_its_lineage(models, tmp_path):
    source = models("text-classification")
    assert (source / "lineage.json").exists()
    (tmp_path / "out").mkdir()  # empty, which is as good as new
    assert "check" not in export(source, tmp_path / "out")
    kept = {str(path.relative_to(source)) for path in source.rglob("*")} - {"lineage.json"}
    assert {str(path.relative_to(tmp_path / "out")) for path in (tmp_path / "out").rglob("*")} == kept


@pytest.mark.parametrize("form", ["folder", "adapter", "onnx", "gguf"])
def test_a_target_with_something_in_it_is_left_alone(form, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").write_text("mine")
    with pytest.raises(BadArgument, match="exists already"):
        export(generator(tmp_path / "source"), tmp_path / "out", form)
    assert (tmp_path / "out" / "mine").read_text() == "mine"
    with pytest.raises(NotFound, match="is gone"):
        export(tmp_path / "nowhere", tmp_path / "other", form)

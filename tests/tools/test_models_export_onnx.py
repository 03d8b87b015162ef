"""Models leave as ONNX: the same probabilities without torch, proven before anything is left behind."""

import json
import subprocess
import sys
from pathlib import Path

import numpy
import onnxruntime
import pytest
import torch

from tests.tools.exports import LABELS, THREE, head_model, snippet, trained
from tools.errors import Unsupported, WorkFailed
from tools.finetune import onnx
from tools.finetune.export import export
from tools.finetune.task import find_task

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory):
    """Trained folders by task."""
    return trained(tmp_path_factory.mktemp)


@pytest.fixture(scope="module")
def exported(models, tmp_path_factory: pytest.TempPathFactory):
    """The ONNX folder of a task's model, and what was told of it."""
    made: dict[str, tuple[Path, dict]] = {}

    def of(task: str) -> tuple[Path, dict]:
        if task not in made:
            out = tmp_path_factory.mktemp("onnx") / "out"
            made[task] = out, export(models(task), out, "onnx")
        return made[task]

    return of


def printed(folder: Path) -> str:
    """What the card's Python prints, in a process that may not import torch."""
    code = "import sys; sys.modules['torch'] = sys.modules['transformers'] = None\n" + snippet(folder)
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def onnx_outputs(folder: Path, texts: list[str], reader) -> tuple[numpy.ndarray, dict[str, torch.Tensor]]:
    """What the file gives for texts, and what went in."""
    rows = reader.tokenizer(
        texts, padding=True, truncation=True, max_length=reader.max_length, return_tensors="pt"
    )
    inputs = {name: rows[name] for name in ("input_ids", "attention_mask")}
    session = onnxruntime.InferenceSession(folder / "model.onnx", providers=["CPUExecutionProvider"])
    return session.run(None, {name: tensor.numpy() for name, tensor in inputs.items()})[0], inputs


@pytest.mark.parametrize("texts", [THREE[:1], THREE[1:2], THREE], ids=["one short", "one", "three"])
def test_an_onnx_classifier_gives_the_same_probabilities(texts, models, exported):
    source, (out, told) = models("text-classification"), exported("text-classification")
    assert json.loads((source / "config.json").read_text())["averages_tokens"]
    assert told["path"] == str(out) and told["format"] == "onnx"
    assert told["check"]["largest_difference"] < 1e-5 and told["check"]["examples"] > 10
    loaded = find_task("text-classification").load(source, "cpu")
    logits, inputs = onnx_outputs(out, texts, loaded)
    with torch.inference_mode():
        wanted = loaded.module(**inputs).softmax(-1)
    assert torch.from_numpy(logits).softmax(-1).numpy() == pytest.approx(wanted.numpy(), abs=1e-5)
    assert wanted.std(-1).min() > 0.01  # no two classes alike, so that the comparison says something


def test_an_onnx_folder_has_what_it_needs_and_nothing_of_this_machine(exported):
    out, _ = exported("text-classification")
    names = {path.name for path in out.iterdir()}
    assert names >= {"model.onnx", "config.json", "labels.json", "tokenizer.json", "README.md"}
    assert not names & {"model.safetensors", "adapter", "lineage.json"}
    assert json.loads((out / "labels.json").read_text()) == LABELS
    raw = (out / "model.onnx").read_bytes()
    assert b"site-packages" not in raw and b".py" not in raw
    assert [path.name for path in out.parent.iterdir()] == ["out"]


def test_the_card_of_an_onnx_classifier_runs_without_torch(models, exported):
    out, _ = exported("text-classification")
    texts = ["where is my parcel?", "I want my money back, please"]
    found = find_task("text-classification").load(models("text-classification"), "cpu").predict(texts)
    told = [line.split("\t")[:2] for line in printed(out).splitlines()]
    assert told == [[text, entry["label"]] for text, entry in zip(texts, found, strict=True)]


def test_an_onnx_tagger(models, exported):
    out, told = exported("token-classification")
    assert told["check"]["largest_difference"] < 1e-5
    loaded = find_task("token-classification").load(models("token-classification"), "cpu")
    logits, inputs = onnx_outputs(out, THREE, loaded)
    with torch.inference_mode():
        wanted = loaded.model(**inputs).logits
    assert logits == pytest.approx(wanted.numpy(), abs=1e-4)
    words = ["Anna", "lost", "my", "card", "today", "."]
    lines = [f"{word}\t{tag}" for word, (tag, _) in zip(words, loaded.tags(words), strict=True)]
    assert printed(out).splitlines() == lines


def test_an_onnx_embedder(models, exported):
    out, told = exported("embedding")
    assert told["check"]["largest_difference"] < 1e-5
    loaded = find_task("embedding").load(models("embedding"), "cpu")
    for texts in (THREE[:1], THREE):
        vectors, _ = onnx_outputs(out, texts, loaded.encoder)
        assert vectors == pytest.approx(loaded.embed(texts), abs=0.02)  # which may compute in bf16
        assert numpy.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)
    first, second = (numpy.fromstring(row.strip("[] "), sep=" ") for row in printed(out).splitlines())
    assert first[0] == pytest.approx(1, abs=1e-4) and first[1] == pytest.approx(second[0], abs=1e-4)


def test_an_onnx_image_classifier(models, exported):
    import zipfile

    source, (out, told) = models("image-classification"), exported("image-classification")
    assert told["check"]["largest_difference"] < 1e-5
    with zipfile.ZipFile(source.parents[1] / "data.zip") as archive:
        (out / "picture.png").write_bytes(archive.read("one/1.png"))
    (entry,) = find_task("image-classification").load(source, "cpu").predict([str(out / "picture.png")])
    name, label, share = printed(out).split("\t")
    assert (name, label) == ("picture.png", entry["label"])
    assert float(share) == pytest.approx(entry["score"], abs=0.02)


def test_an_onnx_head_on_an_encoder_that_is_no_bert(tmp_path):
    source = head_model(tmp_path / "mine")
    assert (source / "head.safetensors").exists()
    assert export(source, tmp_path / "out", "onnx")["check"]["largest_difference"] < 1e-5
    loaded = find_task("text-classification").load(source, "cpu")
    logits, inputs = onnx_outputs(tmp_path / "out", THREE, loaded)
    with torch.inference_mode():
        assert logits == pytest.approx(loaded.module(**inputs).numpy(), abs=1e-4)
    assert json.loads((tmp_path / "out" / "config.json").read_text())["id2label"]["2"] == "orders"


def test_several_labels_a_text_are_told_by_the_threshold(tmp_path):
    source = head_model(tmp_path / "mine", threshold=0.05)
    export(source, tmp_path / "out", "onnx")
    logits, _ = onnx_outputs(
        tmp_path / "out", ["where is my parcel?"], find_task("text-classification").load(source, "cpu")
    )
    given = [
        label for label, logit in zip(LABELS, logits[0], strict=True) if 1 / (1 + numpy.exp(-logit)) >= 0.05
    ]
    assert len(given) > 1
    assert printed(tmp_path / "out").splitlines()[0].endswith(f"\t{given}")


def test_an_onnx_file_that_says_something_else_is_not_left_behind(models, tmp_path, monkeypatch):
    monkeypatch.setattr(onnx, "LIMIT", -1.0)
    with pytest.raises(WorkFailed, match="does not say the same"):
        export(models("text-classification"), tmp_path / "out", "onnx")
    assert not list(tmp_path.iterdir())


def test_a_difference_is_found(models, exported):
    """The comparison would see a file of other weights."""
    out, _ = exported("text-classification")
    loaded = find_task("text-classification").load(models("text-classification"), "cpu")
    with torch.no_grad():
        loaded.module.model.classifier.bias[0] += 1.0
    with pytest.raises(WorkFailed, match="does not say the same"):
        onnx.check(out / "model.onnx", onnx.MAKERS["text-classification"](loaded, {}))


def test_without_onnxruntime_it_is_said_that_nothing_was_compared(models, exported, monkeypatch):
    out, _ = exported("text-classification")
    loaded = find_task("text-classification").load(models("text-classification"), "cpu")
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    told = onnx.check(out / "model.onnx", onnx.MAKERS["text-classification"](loaded, {}))
    assert told["check"] is None and "pip install onnxruntime" in told["note"]


def test_without_the_extra(models, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxscript", None)
    told = r"need onnxscript, which is not installed. pip install 'startup-assistant\[onnx\]'"
    with pytest.raises(Unsupported, match=told):
        export(models("text-classification"), tmp_path / "out", "onnx")
    assert not list(tmp_path.iterdir())


def test_a_model_that_torch_cannot_follow(models, tmp_path, monkeypatch):
    def forward(self, input_ids, attention_mask):
        return self.model(input_ids).logits if input_ids.sum() > 5 else attention_mask  # the data decides

    monkeypatch.setattr("tools.finetune.classifier.Logits.forward", forward)
    with pytest.raises(Unsupported, match="torch cannot turn this kind of model into ONNX"):
        export(models("text-classification"), tmp_path / "out", "onnx")
    assert not list(tmp_path.iterdir())

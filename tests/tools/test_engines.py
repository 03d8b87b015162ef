"""Engines under a trained model: measured, chosen, kept, and left where they no longer fit."""

import json
import logging
import os
import shutil
from pathlib import Path

import numpy
import pytest

from tests.tools.tiny_models import tiny_bert
from tests.tools.trained import ROWS, train_head
from tools.errors import BadArgument, WorkFailed
from tools.serving.engines import choice, int8, kept
from tools.serving.engines.choice import calibrate
from tools.serving.engines.onnx_int8 import OnnxModule
from tools.serving.engines.openvino import GRAPH, OpenVinoModule
from tools.serving.predictor import load

pytest.importorskip("openvino")
TEXTS = [text for group in ROWS.values() for text in group] + ["long " * 300, "x"]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return train_head(tmp_path_factory.mktemp("models") / "router")


@pytest.fixture
def folder(trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(choice, "SECONDS", 0.05)
    monkeypatch.setattr(choice, "installed", lambda: ["openvino", "int8"])  # ONNX takes seconds more
    return Path(shutil.copytree(trained, tmp_path / "router"))


@pytest.fixture(scope="module")
def calibrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny model for which OpenVINO was chosen."""
    folder = tmp_path_factory.mktemp("models")
    made = train_head(folder / "tiny", base=tiny_bert(folder / "base"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(choice, "SECONDS", 0.02)
        patch.setattr(choice, "WORTH", 0.0)
        assert calibrate(made)
    return made


@pytest.fixture
def tiny(calibrated: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(calibrated, tmp_path / "tiny"))


def test_both_are_measured_and_the_quicker_that_says_the_same_is_kept(folder: Path, monkeypatch) -> None:
    monkeypatch.setattr(choice, "WORTH", 0.0)  # however slow this machine is just now
    found = calibrate(folder)
    assert found and found["engine"] == "openvino"
    plain, quick, rounded = found["measured"]
    assert [each["engine"] for each in found["measured"]] == ["torch", "openvino", "int8"]
    assert rounded["same"] > 0.9 and 0 < rounded["difference"] < 0.2
    assert min(plain["milliseconds"], quick["milliseconds"], quick["texts_per_second"]) > 0
    assert quick["difference"] < choice.LIMIT
    assert kept.chosen(folder) == "openvino"
    served = load(folder, "cpu")
    assert isinstance(served.model.compute, OpenVinoModule)
    wanted = load(folder, "cpu", engine="torch").predict_proba(TEXTS)
    assert numpy.allclose(served.predict_proba(TEXTS), wanted, atol=0.02)
    assert [each["label"] for each in served.predict(["my parcel", "log in"])] == ["shipping", "password"]


def test_where_it_is_not_quicker_torch_stays(folder: Path, monkeypatch) -> None:
    monkeypatch.setattr(choice, "WORTH", 1e9)
    found = calibrate(folder)
    assert found and found["engine"] == "torch"
    assert not isinstance(load(folder, "cpu").model.compute, OpenVinoModule)


def test_an_engine_that_says_something_else_is_not_taken(folder: Path, monkeypatch) -> None:
    monkeypatch.setattr(choice, "WORTH", 0.0)
    monkeypatch.setattr(choice, "LIMIT", -1.0)
    assert calibrate(folder)["engine"] == "torch"


def test_weights_that_are_gone_are_told_where_they_are_needed(tiny: Path) -> None:
    served = load(tiny, "cpu", engine="openvino")
    (tiny / "model.safetensors").unlink()
    assert served.predict(["Where is my parcel?"])[0]["label"]  # the graph is in memory
    with pytest.raises(WorkFailed, match="cannot be read any more"):
        _ = served.model.module


def test_new_weights_are_not_computed_by_the_old_graph(folder: Path, monkeypatch) -> None:
    monkeypatch.setattr(choice, "WORTH", 0.0)
    calibrate(folder)
    weights = next(folder.glob("*.safetensors"))
    weights.write_bytes(weights.read_bytes())  # written anew
    assert kept.chosen(folder) == "torch"
    assert kept.read(folder) is None


@pytest.mark.parametrize("damage", ["garbage", "short weights", "no weights"])
def test_a_damaged_graph_is_made_anew(damage: str, tiny: Path, caplog) -> None:
    graph = tiny / kept.FOLDER / GRAPH
    weights = graph.with_suffix(".bin")
    size = weights.stat().st_size
    if damage == "garbage":
        graph.write_text("no graph")
    elif damage == "no weights":
        weights.unlink()
    else:
        os.truncate(weights, 1000)
    with caplog.at_level(logging.WARNING):
        served = load(tiny, "cpu")
    assert "damaged and made anew" in caplog.text
    assert isinstance(served.model.compute, OpenVinoModule)
    wanted = load(tiny, "cpu", engine="torch").predict_proba(TEXTS)
    assert numpy.allclose(served.predict_proba(TEXTS), wanted, atol=0.02)
    assert graph.read_text().startswith("<?xml") and weights.stat().st_size == size


def test_where_the_graph_cannot_be_made_torch_computes(tiny: Path, monkeypatch, caplog) -> None:
    import openvino

    (tiny / kept.FOLDER / GRAPH).write_text("no graph")

    def refuse(*_: object, **__: object) -> None:
        raise RuntimeError("no such operation")

    monkeypatch.setattr(openvino, "convert_model", refuse)
    with caplog.at_level(logging.WARNING):
        assert load(tiny, "cpu").predict(["Where is my parcel?"])[0]["label"] in ROWS
    assert "torch computes it" in caplog.text


def measured(name: str, speed: float, difference: float, **more: float) -> dict:
    """An engine ``speed`` times as fast as torch."""
    figures = {"engine": name, "milliseconds": 10 / speed, "texts_per_second": 100 * speed, "same": 0.99}
    return figures | {"difference": difference} | more


@pytest.mark.parametrize(
    ("quick", "rounded", "chosen", "offer"),
    [
        ((1.5, 0.01), (2.5, 0.1, 0.937, 0.936), "openvino", "int8"),
        ((1.5, 0.01), (1.6, 0.1, 0.937, 0.936), "openvino", None),  # hardly quicker
        ((1.5, 0.01), (2.5, 0.1, 0.937, 0.900), "openvino", None),  # too much is lost
        ((1.5, 0.01), (2.5, 0.1), "openvino", "int8"),  # by the answers that are the same
        ((1.5, 0.05), (1.0, 0.1), "torch", "openvino"),
        ((1.5, 0.01), (2.5, 0.01), "openvino", "int8"),  # it may say the same by chance
        ((1.0, 0.01), (0.9, 0.1), "torch", None),
    ],
)
def test_what_says_a_little_else_is_offered(
    quick: tuple, rounded: tuple, chosen: str, offer: str | None
) -> None:
    plain = {"engine": "torch", "milliseconds": 10.0, "texts_per_second": 100.0}
    third = measured("int8", *rounded[:2])
    if len(rounded) > 2:
        plain["accuracy"], third["accuracy"] = rounded[2:]
    found = choice._chosen([plain, measured("openvino", *quick), third])
    assert (found["engine"], found["offer"]) == (chosen, offer)
    told = kept.offered(found)
    assert (told or {}).get("engine") == offer
    if told and chosen == "openvino":
        assert told["alone"] == pytest.approx(2.5 / 1.5) and told["together"] == pytest.approx(2.5 / 1.5)


def test_weights_in_8_bits(tiny: Path, monkeypatch) -> None:
    monkeypatch.setattr(int8, "LEAST", 1)
    shutil.rmtree(tiny / kept.FOLDER)
    for engine in ("openvino", "int8"):
        assert isinstance(load(tiny, "cpu", engine=engine).model.compute, OpenVinoModule)
    whole, rounded = (tiny / kept.FOLDER / name for name in ("model.bin", "int8.bin"))
    assert rounded.stat().st_size < 0.85 * whole.stat().st_size
    wanted = load(tiny, "cpu", engine="torch").predict_proba(TEXTS)
    again = load(tiny, "cpu", engine="int8").predict_proba(TEXTS)  # from the kept graph
    assert 0 < abs(again - wanted).mean() < 0.1


def test_a_wish_is_kept_and_taken_back(tiny: Path) -> None:
    before = kept.read(tiny)
    assert choice.choose(tiny, "int8")["engine"] == "int8" == kept.chosen(tiny)
    assert kept.read(tiny)["wished"] and kept.read(tiny)["measured"] == before["measured"]
    load(tiny, "cpu")
    assert (tiny / kept.FOLDER / "int8.xml").exists() and not (tiny / kept.FOLDER / GRAPH).exists()
    assert "wished" not in choice.choose(tiny, "auto")
    with pytest.raises(BadArgument, match="no engine named fastest"):
        kept.check("fastest")


def test_onnx_runtime_is_a_third_that_is_taken_where_people_wish_it(tiny: Path, caplog) -> None:
    pytest.importorskip("onnxruntime")
    found = choice.choose(tiny, "onnx")
    assert [each["engine"] for each in found["measured"]] == ["torch", "openvino", "int8", "onnx"]
    assert "error" not in found["measured"][-1] and kept.chosen(tiny) == "onnx"
    served, graph = load(tiny, "cpu"), tiny / kept.FOLDER / "int8.onnx"
    assert isinstance(served.model.compute, OnnxModule) and not (tiny / kept.FOLDER / GRAPH).exists()
    wanted = load(tiny, "cpu", engine="torch").predict_proba(TEXTS)
    said = served.predict_proba(TEXTS)
    assert 0 < abs(said - wanted).mean() < 0.1
    whole = graph.read_bytes()
    assert numpy.allclose(load(tiny, "cpu").predict_proba(TEXTS), said) and not caplog.text
    graph.write_bytes(whole[:1000])
    assert numpy.allclose(load(tiny, "cpu").predict_proba(TEXTS), said)
    assert "damaged and made anew" in caplog.text and graph.read_bytes() == whole


def test_what_was_not_installed_then_is_measured_when_it_is_wished(tiny: Path, monkeypatch) -> None:
    before = json.loads((tiny / kept.FOLDER / kept.FILE).read_text())
    before["measured"] = [each for each in before["measured"] if each["engine"] != "int8"]
    (tiny / kept.FOLDER / kept.FILE).write_text(json.dumps(before))
    monkeypatch.setattr(choice, "SECONDS", 0.01)
    monkeypatch.setattr(choice, "installed", lambda: ["openvino", "int8"])
    assert choice.choose(tiny, "int8")["engine"] == "int8"
    monkeypatch.setattr(kept, "installed", list)
    assert kept.chosen(tiny) == "torch"


def test_accuracy_is_measured_on_rows_that_were_never_learned(tiny: Path, monkeypatch) -> None:
    rows = [(text, label) for label, texts in ROWS.items() for text in texts]
    monkeypatch.setattr("tools.finetune.continual.held_out", lambda folder: rows)
    monkeypatch.setattr(choice, "SECONDS", 0.01)
    plain = load(tiny, "cpu", engine="torch")
    right = sum(
        each["label"] == label
        for each, (_, label) in zip(plain.predict([t for t, _ in rows]), rows, strict=True)
    )
    found = calibrate(tiny)["measured"]
    assert found[0]["accuracy"] == round(right / len(rows), 4) and found[0]["rows"] == len(rows)
    assert all("accuracy" in each for each in found)


def test_damaged_choices_are_none(folder: Path) -> None:
    (folder / kept.FOLDER).mkdir()
    for text in (
        "",
        "[]",
        "{}",
        '{"engine": "openvino"}',
        json.dumps({"engine": "openvino", "made_from": []}),
    ):
        (folder / kept.FOLDER / kept.FILE).write_text(text)
        assert kept.chosen(folder) == "torch"


def test_models_of_other_tasks_have_no_choice(tmp_path: Path) -> None:
    from tools.models.card import write_info

    base = tiny_bert(tmp_path / "tagger")
    write_info(base, {"name": "t", "task": "masked-lm", "base": "x", "method": "full", "max_length": 16})
    assert calibrate(base) is None


def test_an_embedding_model_gives_the_same_vectors(tmp_path: Path, monkeypatch) -> None:
    from tools.models.card import write_info
    from tools.models.embedded import minilm_folder

    monkeypatch.setattr(choice, "SECONDS", 0.05)
    monkeypatch.setattr(choice, "WORTH", 0.0)
    monkeypatch.setattr(choice, "installed", lambda: ["openvino"])
    folder = Path(shutil.copytree(minilm_folder(), tmp_path / "vectors"))
    write_info(folder, {"name": "v", "task": "embedding", "base": "minilm", "method": "full"})
    found = calibrate(folder)
    assert found and found["engine"] == "openvino"
    wanted = load(folder, "cpu", engine="torch").embed(TEXTS)
    assert numpy.allclose((load(folder, "cpu").embed(TEXTS) * wanted).sum(-1), 1, atol=0.01)


def test_openvino_reports_to_nobody() -> None:
    import openvino.tools.ovc.telemetry_utils as telemetry

    assert telemetry.tm.__name__.endswith("stub")

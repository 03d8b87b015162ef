"""Many models on one encoder: mixed in a batch, each with its own answers, loaded and unloaded while they are used."""

import json
import shutil
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path

import numpy
import pytest

from tests.tools.tiny_models import sentences, tiny_bert
from tests.tools.trained import adapted, train_head
from tools.errors import NotFound
from tools.serving.cache import PredictorCache
from tools.serving.predictor import Predictor, load
from tools.serving.sharing.bank import ROOM
from tools.serving.sharing.bodies import Bodies

TEXTS = [text for text, _ in sentences(24)] + ["card " * 200, "x"]
ENGINES = ["torch", *(["openvino"] if find_spec("openvino") else [])]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_bert(tmp_path_factory.mktemp("models") / "base")


@pytest.fixture(scope="module")
def adapters(base: Path) -> list[Path]:
    """Ten, of two to five labels."""
    return [
        adapted(base.parent / f"adapter-{seed}", base, seed, labels=2 + seed % 4) for seed in range(ROOM + 2)
    ]


@pytest.fixture(scope="module")
def alone(adapters: list[Path]) -> dict[Path, numpy.ndarray]:
    """What each says with weights of its own."""
    return {folder: load(folder, "cpu", "torch").predict_proba(TEXTS) for folder in adapters}


def _cache(tmp_path: Path, most_bytes: int | None = None, engine: str = "torch") -> PredictorCache:
    bodies = Bodies(tmp_path / "engines")
    return PredictorCache(
        most_bytes=most_bytes, loader=lambda folder: load(folder, "cpu", engine, bodies=bodies)
    )


def _same(found: numpy.ndarray, wanted: numpy.ndarray) -> bool:
    return bool(numpy.allclose(found, wanted, atol=0.02))


@pytest.mark.parametrize("engine", ENGINES)
def test_adapters_mixed_in_a_batch_say_what_each_says_alone(engine, adapters, alone, tmp_path) -> None:
    cache = _cache(tmp_path, engine=engine)
    models = [cache.get(folder) for folder in adapters]  # more than there is room for at first
    (body,) = {id(each.model.body): each.model.body for each in models}.values()
    with body._lock:  # all of them wait, and go together
        asked = [each.ask("predict_proba", TEXTS) for each in models]
        told = [each.ask("predict", TEXTS[:3]) for each in models]
    for folder, found, said in zip(adapters, asked, told, strict=True):
        assert _same(numpy.stack(found.result(60)), alone[folder])
        labels = json.loads((folder / "assistant.json").read_text())["labels"]
        assert [each["label"] for each in said.result(60)] == [
            labels[i] for i in alone[folder][:3].argmax(-1)
        ]
    assert body.batcher.batches < len(models) * 2
    assert not _same(alone[adapters[0]], alone[adapters[4]])  # else nothing is shown
    assert {name for name, _ in cache.batchers()} == {*(each.name for each in models), "tiny (shared)"}
    assert sum(each.texts for each in (model.model for model in models)) == body.batcher.texts


def test_on_onnx_runtime_a_model_has_an_encoder_of_its_own(adapters, alone, tmp_path) -> None:
    pytest.importorskip("onnxruntime")
    served = _cache(tmp_path, engine="onnx").get(Path(shutil.copytree(adapters[0], tmp_path / "own")))
    assert not hasattr(served.model, "body")
    assert abs(served.predict_proba(TEXTS) - alone[adapters[0]]).mean() < 0.1


def test_the_answers_of_another_engine_start_do_not_change(adapters, alone, tmp_path) -> None:
    if "openvino" not in ENGINES:
        pytest.skip("OpenVINO is not installed")
    for _ in range(2):  # the second time from the graph that was kept
        found = _cache(tmp_path, engine="openvino").get(adapters[1]).predict_proba(TEXTS)
        assert _same(found, alone[adapters[1]])
    assert list((tmp_path / "engines").glob("*/model.xml"))


def test_heads_on_one_encoder_share_it_and_others_do_not(base: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    other = shutil.copytree(base, tmp_path / "other")
    weights = load_file(other / "model.safetensors")
    weights["encoder.layer.0.attention.self.query.weight"][0, 0] += 0.001
    save_file(weights, other / "model.safetensors", {"format": "pt"})
    rows = {
        label: tuple(text for text, mine in sentences(30) if mine == label) for label in ("cards", "money")
    }
    first = train_head(tmp_path / "first", "first", base=base)
    second = train_head(tmp_path / "second", "second", base=base, rows=rows)
    stranger = train_head(tmp_path / "stranger", "stranger", base=other)
    cache = _cache(tmp_path)
    models = [cache.get(folder) for folder in (first, second, stranger)]
    bodies = [each.model.body for each in models]
    assert bodies[0] is bodies[1] is not bodies[2]
    for model in models:
        assert _same(model.predict_proba(TEXTS), load(model.folder, "cpu", "torch").predict_proba(TEXTS))
    assert set(models[1].labels) == {"cards", "money"}


def test_one_text_asked_of_two_heads_is_read_once(base: Path, tmp_path: Path, monkeypatch) -> None:
    folders = [train_head(tmp_path / name, name, base=base) for name in ("a", "b")]
    cache = _cache(tmp_path)
    first, second = (cache.get(folder) for folder in folders)
    body, read = first.model.body, []
    ids = body._ids
    monkeypatch.setattr(body, "_ids", lambda texts: read.extend(texts) or ids(texts))
    with body._lock:
        asked = [each.ask("predict", ["where is my card"]) for each in (first, first, second)]
    assert len({each.result(60)[0]["score"] for each in asked}) == 1
    assert 1 <= len(read) <= 2  # the first one may have gone before the others came


def test_few_bytes_hold_few_adapters_and_all_answer_under_load(adapters, alone, tmp_path) -> None:
    cache = _cache(tmp_path, most_bytes=1)
    one = cache.get(adapters[3])  # of the most labels
    cache = _cache(tmp_path, most_bytes=one.model.body.size + 3 * one.size)
    del one
    wrong: list[Path] = []

    def ask(seed: int) -> None:
        dice = numpy.random.default_rng(seed)
        for number in dice.integers(0, len(adapters), 12):
            found = cache.get(adapters[number]).predict_proba(TEXTS[:4])
            if not _same(found, alone[adapters[number]][:4]):
                wrong.append(adapters[number])

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(ask, range(4)))
    assert not wrong
    for folder in adapters[:5]:  # in peace the limit holds
        cache.get(folder).predict(TEXTS[:1])
    assert cache.loaded() == adapters[2:5]
    body = cache.get(adapters[4]).model.body
    body.tidy()
    assert len(body._bank._owners) == 3


def test_what_computes_is_not_unloaded(adapters, tmp_path) -> None:
    cache = _cache(tmp_path, most_bytes=1)
    first = cache.get(adapters[0])
    with first.model.body._lock:
        waiting = first.ask("predict", TEXTS[:1])
        second = threading.Thread(target=cache.get, args=(adapters[1],))
        second.start()
        time.sleep(0.05)
    second.join(60)
    waiting.result(60)
    plain = Predictor(first.folder, first.info, object())
    assert not plain.busy
    with plain.lock:
        assert plain.busy


def test_unloading_frees_the_encoder_with_its_last_model(adapters, tmp_path) -> None:
    import gc
    import weakref

    cache = _cache(tmp_path)
    body = weakref.ref(cache.get(adapters[0]).model.body)
    assert cache.get(adapters[1]).model.body is body()
    cache.drop(adapters[0])
    assert body() is not None
    cache.drop(adapters[1])
    gc.collect()
    assert body() is None


def test_a_model_that_was_trained_anew_gives_its_new_answers(base: Path, tmp_path: Path) -> None:
    folder, cache = adapted(tmp_path / "router", base, 1), _cache(tmp_path)
    before = cache.get(folder).predict_proba(TEXTS)
    adapted(folder, base, 2)
    wanted = load(folder, "cpu", "torch").predict_proba(TEXTS)
    found = cache.get(folder)
    assert hasattr(found.model, "body")
    assert _same(found.predict_proba(TEXTS), wanted)
    assert not _same(wanted, before)


def test_a_deleted_adapter_is_one_clear_error_and_the_others_answer(adapters, alone, tmp_path) -> None:
    folder, cache = shutil.copytree(adapters[0], tmp_path / "doomed"), _cache(tmp_path)
    held = cache.get(folder)
    shutil.rmtree(folder)
    with pytest.raises(NotFound, match="files of model doomed are gone"):
        cache.get(folder)
    assert _same(held.predict_proba(TEXTS), alone[adapters[0]])  # who began may finish
    assert _same(cache.get(adapters[1]).predict_proba(TEXTS), alone[adapters[1]])


def test_a_base_that_has_changed_is_not_used(base: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    mine = shutil.copytree(base, tmp_path / "base")
    folder = adapted(tmp_path / "router", mine, 5)
    assert hasattr(_cache(tmp_path).get(folder).model, "body")
    weights = load_file(mine / "model.safetensors")
    weights["embeddings.word_embeddings.weight"] *= 1.01
    save_file(weights, mine / "model.safetensors", {"format": "pt"})
    wanted = load(folder, "cpu", "torch").predict_proba(TEXTS)
    for note in ("kept", "made anew"):
        found = _cache(tmp_path).get(folder)
        assert not hasattr(found.model, "body"), note
        assert _same(found.predict_proba(TEXTS), wanted)
        (folder / "engine" / "shared.json").unlink()


@pytest.mark.parametrize("method", ["dora", "full"])
def test_what_cannot_share_is_loaded_for_itself(method: str, base: Path, tmp_path: Path) -> None:
    found = _cache(tmp_path).get(adapted(tmp_path / method, base, 3, method))
    assert not hasattr(found.model, "body")
    assert len(found.predict(TEXTS)) == len(TEXTS)


def test_several_labels_a_text(base: Path, tmp_path: Path) -> None:
    folder = train_head(tmp_path / "tags", base=base)
    info = json.loads((folder / "assistant.json").read_text())
    (folder / "assistant.json").write_text(json.dumps(info | {"threshold": 0.3}))
    found, wanted = _cache(tmp_path).get(folder).predict(TEXTS), load(folder, "cpu", "torch").predict(TEXTS)
    for mine, theirs in zip(found, wanted, strict=True):
        assert mine["scores"] == pytest.approx(theirs["scores"], abs=0.02)
        assert mine["labels"] == [name for name, share in mine["scores"].items() if share >= 0.3]


def test_explanations_and_load_tests_go_on(adapters, tmp_path) -> None:
    from tools.explain.explain import explain
    from tools.serving.bench import bench

    model = _cache(tmp_path).get(adapters[2])
    small = model.size
    told = explain(model, "where is my card today")
    assert told["prediction"]["label"] == model.predict(["where is my card today"])[0]["label"]
    assert model.size > small  # its own weights are in memory now, and count
    assert bench(model, concurrency=2, requests=8)["requests"] == 8

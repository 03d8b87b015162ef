import shutil
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import numpy
import pytest

from tests.tools.trained import ROWS, train_head
from tools.errors import BadArgument, Busy, NotFound, Unsupported, WorkFailed
from tools.serving.bench import _tokens, bench
from tools.serving.cache import PredictorCache
from tools.serving.predictor import LONGEST, Predictor, load


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return train_head(tmp_path_factory.mktemp("models") / "router")


@pytest.fixture(scope="module")
def predictor(folder: Path) -> Predictor:
    return load(folder, "cpu")


def test_predictions_come_in_order_with_scores(predictor: Predictor) -> None:
    found = predictor.predict(["Where is my parcel?", "Please refund me", "I forgot my password"])
    assert [each["label"] for each in found] == ["shipping", "refund", "password"]
    for each in found:
        assert sum(each["scores"].values()) == pytest.approx(1, abs=1e-4)
        assert each["score"] == max(each["scores"].values()) == each["scores"][each["label"]]


def test_probabilities_do_not_depend_on_the_company(predictor: Predictor) -> None:
    texts = [text for group in ROWS.values() for text in group] * 20
    together = predictor.predict_proba(texts)
    alone = predictor.predict_proba(texts[:1])
    assert together.shape == (len(texts), 3)
    assert numpy.allclose(together[0], alone[0], atol=0.02)


def test_many_threads_get_their_own_answers(predictor: Predictor) -> None:
    texts = [text for group in ROWS.values() for text in group] * 2
    right = [each["label"] for each in predictor.predict(texts)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda text: predictor.predict([text])[0]["label"], texts))
    assert found == right


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        ([], "no text"),
        ([" "], "is empty"),
        (["fine", ""], "Text 2 is empty"),
        (["x" * (LONGEST + 1)], "at most"),
    ],
)
def test_bad_texts_are_refused(predictor: Predictor, texts: list[str], words: str) -> None:
    with pytest.raises(BadArgument, match=words):
        predictor.predict(texts)


def test_what_a_classifier_cannot_do_is_said(predictor: Predictor) -> None:
    with pytest.raises(Unsupported, match="generates no text"):
        predictor.generate([{"role": "user", "content": "hi"}])
    with pytest.raises(Unsupported, match="gives no embeddings"):
        predictor.embed(["hi"])


def test_a_damaged_model_is_one_clear_error(folder: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(folder, broken)
    (broken / "model.safetensors").write_bytes(b"not weights")
    with pytest.raises(WorkFailed, match="router cannot be loaded"):
        load(broken)
    for path in broken.glob("*.safetensors"):
        path.unlink()
    (broken / "pytorch_model.bin").write_bytes(b"\x80\x04.")
    with pytest.raises(Unsupported, match="pickled"):
        load(broken)


def _copies(folder: Path, where: Path, count: int) -> list[Path]:
    return [shutil.copytree(folder, where / f"m{number}") for number in range(count)]


def test_the_cache_keeps_a_few_and_drops_the_longest_unused(folder: Path, tmp_path: Path) -> None:
    first, second, third = _copies(folder, tmp_path, 3)
    cache = PredictorCache(most=2)
    kept = cache.get(first)
    cache.get(second)
    assert cache.get(first) is kept
    cache.get(third)
    assert cache.loaded() == [first, third]
    cache.drop(third)
    assert cache.loaded() == [first]


def test_the_cache_is_bounded_in_bytes_too(folder: Path, tmp_path: Path) -> None:
    first, second = _copies(folder, tmp_path, 2)
    cache = PredictorCache(most_bytes=1)
    cache.get(first)
    cache.get(second)
    assert cache.loaded() == [second]


def test_a_deleted_folder_is_noticed(folder: Path, tmp_path: Path) -> None:
    (copy,) = _copies(folder, tmp_path, 1)
    cache = PredictorCache()
    cache.get(copy)
    shutil.rmtree(copy)
    with pytest.raises(NotFound, match="are gone"):
        cache.get(copy)
    assert cache.loaded() == []


def test_threads_share_one_loading(folder: Path) -> None:
    calls: list[Path] = []
    gate = threading.Event()

    def slow(path: Path) -> Predictor:
        calls.append(path)
        gate.wait(5)
        return load(path, "cpu")

    cache = PredictorCache(loader=slow)
    with ThreadPoolExecutor(4) as pool:
        waiting = [pool.submit(cache.get, folder) for _ in range(4)]
        gate.set()
        found = {id(each.result()) for each in waiting}
    assert len(calls) == len(found) == 1


def test_bench_measures_under_load(predictor: Predictor) -> None:
    figures = bench(predictor, concurrency=4, requests=24)
    assert figures["requests"] == 24
    assert figures["requests_per_second"] > 0
    assert figures["tokens_per_second"] > figures["requests_per_second"]
    latency = figures["latency_ms"]
    assert 0 < latency["p50"] <= latency["p95"] <= latency["p99"]
    for wrong in ({"requests": 0}, {"concurrency": 10_000}, {"requests": 10**9}):
        with pytest.raises(BadArgument, match=next(iter(wrong))):
            bench(predictor, **wrong)


def test_bench_ends_when_the_time_is_up_and_makes_refused_requests_again(
    predictor: Predictor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tools.serving.bench.LIMIT_SECONDS", 0.5)
    monkeypatch.setattr("tools.serving.bench.PAUSE", 0.01)
    refuse, asked = iter([False, True, False, True]), []

    def ask(predictor: Predictor, text: str, caller: str = "") -> str:
        asked.append(text)
        if next(refuse, False):
            raise Busy("Full.", "Later.")
        time.sleep(0.01)
        return text

    monkeypatch.setattr("tools.serving.bench._ask", ask)
    began = time.perf_counter()
    figures = bench(predictor, concurrency=4, requests=1_000_000)
    assert time.perf_counter() - began < 2
    assert figures["refused"] == 2 and 20 < figures["requests"] == len(asked) - 3
    assert figures["requests_per_second"] > 30


def test_bench_draws_what_it_measured(predictor: Predictor, tmp_path: Path) -> None:
    from PIL import Image

    file = tmp_path / "speed.png"
    figures = bench(predictor, concurrency=6, requests=24, picture=file)
    assert [each["concurrency"] for each in figures["by_callers"]] == [1, 2, 4, 6]
    assert all(each["requests_per_second"] > 0 and each["p95"] > 0 for each in figures["by_callers"])
    assert figures["picture"] == figures["artifacts"][0]["path"] == str(file)
    with Image.open(file) as image:
        assert image.width > image.height > 200 and len(image.convert("RGB").getcolors(1 << 20)) > 10


def test_tokens_of_an_embedding_model_are_counted_by_its_own_tokenizer(tmp_path: Path) -> None:
    model = SimpleNamespace(encoder=SimpleNamespace(tokenizer=SimpleNamespace(encode=list)))
    assert _tokens(Predictor(tmp_path, {"name": "e", "task": "embedding"}, model), ["three", "two"]) == 8

"""Text generation on OpenVINO GenAI: the same model, many callers together, and what goes wrong."""

import json
import logging
import os
import shutil
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch

from tests.tools.tiny_models import tiny_gpt
from tools.errors import BadArgument, Busy, Unsupported, WorkFailed
from tools.models.card import write_info
from tools.serving.engines.kept import FOLDER
from tools.serving.generation import weights
from tools.serving.generation.engine import Engine
from tools.serving.generation.generator import TogetherGenerator, generator
from tools.serving.predictor import Predictor, load

pytest.importorskip("openvino_genai")

QUESTIONS = ("my card", "where is the refund", "help me please my order is late", "i can not bank today")
EXACT = {
    "INFERENCE_PRECISION_HINT": "f32",
    "DYNAMIC_QUANTIZATION_GROUP_SIZE": 0,
    "KV_CACHE_PRECISION": "f32",
}


def asked(text: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": text}]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tiny_gpt(tmp_path_factory.mktemp("models") / "writer")
    info = {"name": "writer", "task": "text-generation", "base": "smollm2", "method": "full"}
    write_info(made, info)
    return made


@pytest.fixture(scope="module")
def together(folder: Path) -> TogetherGenerator:
    model = generator(folder, "cpu")
    assert isinstance(model, TogetherGenerator)
    return model


@pytest.fixture
def copy(folder: Path, tmp_path: Path) -> Path:
    made = shutil.copytree(folder, tmp_path / "writer", ignore=shutil.ignore_patterns(FOLDER))
    assert not (made / FOLDER).exists()
    return made


def endless(model: TogetherGenerator, seed: int = 0) -> Iterator[str]:
    """An answer of many tokens: a tiny model seldom ends one by itself, a warm one hardly ever."""
    return model.generate(asked("my card"), 50, temperature=1.0, seed=seed)


@pytest.mark.parametrize("kind", ["llama", "qwen2", "qwen3", "untied"])
def test_the_weights_are_the_models(kind: str, tmp_path: Path) -> None:
    """Each token that the engine takes is the likeliest for transformers on weights rounded alike, or as good as."""
    from transformers import AutoModelForCausalLM

    made = tiny_gpt(tmp_path / kind)
    model = _rounded(AutoModelForCausalLM.from_pretrained(_as(kind, made)).eval())
    engine = Engine(weights.kept(made), weights.check(made), EXACT)
    for prompt in ([2, 9, 12, 30], [7, 8], list(range(5, 30))):
        taken = sum(engine.write(prompt, 12, [], {}), [])
        assert len(taken) == 12
        with torch.inference_mode():
            logits = model(torch.tensor([prompt + taken])).logits[0, len(prompt) - 1 : -1]
        lost = logits.max(-1).values - logits.gather(1, torch.tensor(taken)[:, None])[:, 0]
        assert float(lost.max()) < 0.005 * float(logits.std())


def _rounded(model: torch.nn.Module) -> torch.nn.Module:
    """Weights as 8 bits hold them."""
    from gguf import GGMLQuantizationType, dequantize, quantize

    with torch.no_grad():
        for weight in model.parameters():
            if weight.ndim == 2:
                held = quantize(weight.numpy(), GGMLQuantizationType.Q8_0)
                weight.copy_(torch.from_numpy(dequantize(held, GGMLQuantizationType.Q8_0)))
    return model


def _as(kind: str, folder: Path) -> Path:
    """Write other random weights of an architecture in place of the tiny llama's."""
    from transformers import AutoConfig, AutoModelForCausalLM, set_seed

    config = json.loads((folder / "config.json").read_text())
    if kind in ("qwen2", "qwen3"):
        config |= {"model_type": kind, "architectures": None, "head_dim": 16}
    if kind == "llama":
        config |= {"num_key_value_heads": 1, "num_attention_heads": 2, "attention_bias": True}
    config["tie_word_embeddings"] = kind != "untied"
    (folder / "config.json").write_text(json.dumps(config))
    set_seed(1)
    model = AutoModelForCausalLM.from_config(AutoConfig.from_pretrained(folder))
    with torch.no_grad():
        for parameter in model.parameters():  # norms and biases too, or one forgotten would not be noticed
            parameter.add_(0.2 * torch.randn_like(parameter))
    model.save_pretrained(folder)
    return folder


def test_the_answers_are_those_of_transformers(folder: Path, together: TogetherGenerator) -> None:
    plain = generator(folder, "cpu", "torch")
    assert not isinstance(plain, TogetherGenerator)
    for text in QUESTIONS:
        ours, theirs = ("".join(model.generate(asked(text), 3)) for model in (together, plain))
        assert ours and ours.split()[0] == theirs.split()[0]


def test_many_callers_are_served_together_and_get_their_own(together: TogetherGenerator) -> None:
    predictor = Predictor(Path("writer"), {"name": "writer", "task": "text-generation"}, together)
    alone = {text: "".join(predictor.generate(asked(text), 16)) for text in QUESTIONS}
    first = [predictor.generate(asked(text), 16) for text in QUESTIONS]
    begun = [next(stream) for stream in first]  # none has to end before the next begins
    rest = ["".join(stream) for stream in first]
    assert [a + b for a, b in zip(begun, rest, strict=True)] == list(alone.values())
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda text: "".join(predictor.generate(asked(text), 16)), QUESTIONS * 4))
    assert found == list(alone.values()) * 4
    answers = predictor.predict(QUESTIONS)
    assert [each["text"][:5] for each in answers] == [text.strip()[:5] for text in alone.values()]


def test_who_leaves_is_no_longer_written_for(together: TogetherGenerator) -> None:
    stream = endless(together)
    next(stream)
    assert together.engine.running == 1
    stream.close()
    assert together.engine.running == 0
    assert "".join(together.generate(asked("my card"), 5))


def test_too_many_are_turned_away(folder: Path) -> None:
    model = TogetherGenerator(folder, Engine(weights.kept(folder), weights.check(folder), waiting=2))
    streams = [endless(model, seed) for seed in range(2)]
    for stream in streams:
        next(stream)
    with pytest.raises(Busy, match="as many texts as it can") as turned:
        next(endless(model))
    assert turned.value.retry_after >= 1
    streams[0].close()
    assert next(endless(model))


def test_callers_take_turns_where_many_wait(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tools.serving.generation.engine.PLACES", 2)
    monkeypatch.setattr("tools.serving.generation.engine.STREAMS", 1)
    model = TogetherGenerator(folder, Engine(weights.kept(folder), weights.check(folder), waiting=8))
    held = model.generate(asked("my card"), 50, 1.0, seed=0, caller="big")
    next(held)
    with ThreadPoolExecutor(5) as pool:
        more = [pool.submit(list, model.generate(asked("my card"), 2, caller="big")) for _ in range(5)]
        while model.engine.running < 6:
            time.sleep(0.01)
        assert "".join(model.generate(asked("my card"), 2, caller="little")), "while the others wait"
        with pytest.raises(Busy):
            next(model.generate(asked("my card"), 2, caller="big"))
        assert not any(each.done() for each in more)
        held.close()
        assert all(each.result(20) for each in more)
    assert model.engine.running == 0 and model.size > 1_000_000


@pytest.mark.parametrize("engine", ["openvino", "torch"])
def test_a_conversation_that_the_template_does_not_take_is_the_callers_fault(
    folder: Path, engine: str
) -> None:
    model = generator(folder, "cpu", engine)
    model.tokenizer.chat_template = "{{ raise_exception('System role not supported') }}"
    with pytest.raises(BadArgument, match="does not take these messages: System role not supported") as error:
        next(model.generate(asked("hello")))
    assert error.value.param == "messages"


def test_transformers_keeps_to_the_window_and_turns_away_too(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tools.serving.predictor.WRITERS", 2)
    predictor = load(folder, "cpu", "torch")
    with pytest.raises(BadArgument, match="the model reads 64"):
        next(predictor.generate(asked("card " * 80)))
    held = predictor.generate(asked("my card"), 10_000, 1.0, seed=0)
    next(held)
    with ThreadPoolExecutor(1) as pool:
        waits = pool.submit(list, predictor.generate(asked("my card"), 2))
        while predictor._turns.held < 2:
            time.sleep(0.01)
        with pytest.raises(Busy):
            next(predictor.generate(asked("my card")))
        assert len("".join(held).split()) <= 64
        assert waits.result(20)


def test_top_p_takes_the_likeliest_alone(together: TogetherGenerator) -> None:
    sure = "".join(together.generate(asked("my card"), 12))
    assert "".join(together.generate(asked("my card"), 12, 2.0, seed=5, top_p=1e-4)) == sure
    assert "".join(together.generate(asked("my card"), 12, 2.0, seed=5)) != sure


def test_a_seed_gives_the_same_text(together: TogetherGenerator) -> None:
    found = ["".join(endless(together, seed)) for seed in (1, 1, 2)]
    assert found[0] == found[1] != found[2]


def test_a_stop_string_ends_an_answer_before_it(together: TogetherGenerator) -> None:
    whole = "".join(endless(together))
    word = whole.split()[3]
    cut = "".join(together.generate(asked("my card"), 50, 1.0, [word[:2] + word[2:], ""], seed=0))
    assert cut == whole[: whole.index(word)]
    across = whole.split()[1] + " " + whole.split()[2]  # over two tokens
    cut = "".join(together.generate(asked("my card"), 50, 1.0, [across], seed=0))
    assert cut == whole[: whole.index(across)]


def test_a_conversation_beyond_the_window_is_refused(together: TogetherGenerator) -> None:
    with pytest.raises(BadArgument, match="the model reads 64"):
        next(together.generate(asked("card " * 80)))
    answer = "".join(endless(together)).split()
    assert 0 < len(answer) <= 64


def test_characters_of_several_tokens_come_whole(together: TogetherGenerator) -> None:
    """With a tokenizer that spells bytes, as most chat models have."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    alphabet = {letter: i for i, letter in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))}
    spelling = Tokenizer(models.BPE(alphabet, []))
    spelling.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    spelling.decoder = decoders.ByteLevel()
    model = TogetherGenerator.__new__(TogetherGenerator)
    model.tokenizer, model._lock = PreTrainedTokenizerFast(tokenizer_object=spelling), threading.Lock()
    text = "naïve 退款 👍 ok"
    pieces = list(model._texts(iter([[each] for each in model.tokenizer(text)["input_ids"]]), []))
    assert "".join(pieces) == text
    assert all("\ufffd" not in piece for piece in pieces) and "退" in pieces and "👍" in pieces
    half = model.tokenizer("👍")["input_ids"][:2]
    assert "".join(model._texts(iter([half]), [])) == "\ufffd"


def test_a_process_that_is_killed_is_started_anew(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    model = TogetherGenerator(folder, Engine(weights.kept(folder), weights.check(folder)))
    stream = endless(model)
    next(stream)
    os.kill(model.engine._process._popen.pid, signal.SIGSTOP)  # so that it cannot end before
    os.kill(model.engine._process._popen.pid, signal.SIGKILL)
    with pytest.raises(WorkFailed, match="broke off"):
        "".join(stream)
    with caplog.at_level(logging.WARNING):
        assert "".join(model.generate(asked("my card"), 5))
    assert "started anew" in caplog.text


def test_its_process_ends_with_it(folder: Path) -> None:
    model = TogetherGenerator(folder, Engine(weights.kept(folder), weights.check(folder)))
    process = model.engine._process._popen
    assert process.poll() is None
    del model
    deadline = time.monotonic() + 10
    while process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    assert process.poll() is not None


def test_weights_are_converted_once_and_again_when_they_changed(copy: Path) -> None:
    file = weights.kept(copy)
    first = file.stat().st_mtime_ns
    assert weights.kept(copy).stat().st_mtime_ns == first
    os.utime(copy / "model.safetensors", ns=(1, 1))
    assert weights.kept(copy).stat().st_mtime_ns > first
    assert not list(copy.glob(f".{FOLDER}-*"))


@pytest.mark.parametrize("damage", ["short", "garbage", "no note"])
def test_a_damaged_file_is_made_anew(copy: Path, damage: str) -> None:
    file = weights.kept(copy)
    whole = file.read_bytes()
    if damage == "short":
        file.write_bytes(whole[:100])
    elif damage == "garbage":
        file.write_bytes(b"\xff" * len(whole))
    else:
        (copy / FOLDER / weights.MADE).write_text("{")
    model = generator(copy, "cpu")
    assert isinstance(model, TogetherGenerator)
    assert file.read_bytes() == whole
    assert "".join(model.generate(asked("my card"), 5))


def _falls_back(folder: Path, caplog: pytest.LogCaptureFixture, why: str) -> None:
    with caplog.at_level(logging.WARNING):
        predictor = load(folder, "cpu")
    assert not isinstance(predictor.model, TogetherGenerator)
    assert why in caplog.text
    assert "".join(predictor.generate(asked("my card"), 4))
    assert not (folder / FOLDER).exists() and not list(folder.glob(f".{FOLDER}-*"))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"hidden_act": "gelu"}, "gelu units"),
        ({"rope_parameters": {"rope_type": "linear", "factor": 2.0, "rope_theta": 1e4}}, "linear positions"),
    ],
)
def test_what_the_engine_cannot_read_is_left_to_transformers(
    copy: Path, caplog: pytest.LogCaptureFixture, change: dict, why: str
) -> None:
    config = json.loads((copy / "config.json").read_text())
    (copy / "config.json").write_text(json.dumps(config | change))
    _falls_back(copy, caplog, why)
    with pytest.raises(Unsupported, match=why):
        load(copy, "cpu", "openvino")


def test_another_architecture_is_left_to_transformers(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "gpt2"}))
    with pytest.raises(Unsupported, match="architecture gpt2"):
        weights.check(tmp_path)


def test_without_the_package_transformers_writes(
    copy: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tools.serving.generation.generator.find_spec", lambda name: None)
    _falls_back(copy, caplog, "openvino-genai is not installed")


def test_without_room_transformers_writes(
    copy: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    import errno

    import gguf

    def full(self: object, tensor: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(gguf.GGUFWriter, "write_tensor_data", full)
    _falls_back(copy, caplog, "No space left")

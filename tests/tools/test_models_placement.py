"""Where the weights of a language model go, by their size and the machine's memories; no GPU is needed to decide."""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.tools.tiny_models import tiny_gpt
from tools.errors import Unsupported
from tools.models import hardware, placement


@pytest.mark.parametrize(
    ("size", "stored", "gpu", "memory", "bitsandbytes", "where"),
    [
        (8, "bfloat16", 0, 16, True, "as it is"),
        (8, "bfloat16", 0, 8, True, "nowhere"),
        (8, "bfloat16", 24, 16, True, "gpu"),
        (32, "float32", 24, 16, False, "gpu"),  # 16 GB in 16 bits
        (32, "bfloat16", 24, 16, True, "four bits"),
        (32, "bfloat16", 24, 8, False, "nowhere"),
        (32, "bfloat16", 24, 32, False, "both"),
        (80, "bfloat16", 24, 16, True, "nowhere"),
        (32, "packed", 24, 32, True, "both"),  # packed once is enough
    ],
)
def test_where_a_model_is_put(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    size: int,
    stored: str,
    gpu: int,
    memory: int,
    bitsandbytes: bool,
    where: str,
) -> None:
    config = {"quantization_config": {"bits": 4}} if stored == "packed" else {"dtype": stored}
    (tmp_path / "config.json").write_text(json.dumps(config))
    found = hardware.Hardware(2, memory * 10**9, "A GPU" if gpu else None, gpu * 10**9)
    monkeypatch.setattr(placement, "hardware", lambda: found)
    monkeypatch.setattr(placement, "weights", lambda folder: size * 10**9)
    monkeypatch.setattr(placement, "free", lambda most: most)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: SimpleNamespace() if bitsandbytes else None)
    monkeypatch.setattr(placement, "four_bits", lambda: "nf4")
    monkeypatch.setattr(placement, "sixteen", lambda: "bf16")
    if where == "nowhere":
        with pytest.raises(Unsupported, match=f"needs {1.15 * size:.1f} GB") as caught:
            placement.placement(tmp_path)
        assert ("bitsandbytes" in caught.value.hint) == (gpu > 0 and not bitsandbytes)
        return
    dtype = "auto" if stored == "packed" else "bf16"
    assert (
        placement.placement(tmp_path)
        == {
            "as it is": {"dtype": "auto"},
            "gpu": {"device_map": {"": 0}, "dtype": dtype},
            "four bits": {"device_map": {"": 0}, "quantization_config": "nf4"},
            "both": {"device_map": "auto", "dtype": dtype},
        }[where]
    )


def test_what_others_took_of_the_gpu_is_not_free(monkeypatch: pytest.MonkeyPatch) -> None:
    assert placement.free(24) == 24  # no GPU to ask
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    monkeypatch.setattr("torch.cuda.mem_get_info", lambda: (5, 24))
    assert placement.free(24) == 5


def test_four_bits_are_asked_of_transformers_in_its_words() -> None:
    found = placement.four_bits()
    assert found.bnb_4bit_quant_type == "nf4" and found.load_in_4bit


@pytest.mark.parametrize("supported", [True, False])
def test_sixteen_bits_are_those_of_the_gpu(monkeypatch: pytest.MonkeyPatch, supported: bool) -> None:
    import torch

    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    monkeypatch.setattr("torch.cuda.is_bf16_supported", lambda: supported)
    assert placement.sixteen() is (torch.bfloat16 if supported else torch.float16)


def test_a_generator_for_a_gpu_is_loaded_where_it_is_put(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Real loading by accelerate's placement, with the CPU standing for the GPU."""
    import torch

    from tools.finetune.tasks import text_generation

    folder = tiny_gpt(tmp_path / "tiny")
    monkeypatch.setattr(
        text_generation, "placement", lambda _: {"device_map": {"": "cpu"}, "dtype": torch.bfloat16}
    )
    loaded = text_generation.LoadedGenerator(folder, "cuda")
    assert loaded.model.dtype == torch.bfloat16 and loaded.model.device.type == "cpu"
    assert isinstance("".join(loaded.generate([{"role": "user", "content": "where is"}], max_tokens=4)), str)

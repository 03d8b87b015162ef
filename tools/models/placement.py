"""Where a causal language model's weights go, and in how many bits: a GPU, a GPU and the CPU together, or the CPU."""

import importlib.util
import json
import math
from pathlib import Path
from typing import Any

from tools.errors import Unsupported
from tools.models.hardware import hardware

ROOM = 1.15  # of the weights' size: they, and what is computed with them
FOUR_BITS = 0.4  # of that: the weights' quarter, embeddings that stay in 16 bits, the cache
ELSEWHERE = "or a server: ASSISTANT_VLLM for deployed models, ASSISTANT_MODEL_BASE_URL for the chat model."


def placement(folder: Path) -> dict[str, Any]:
    """Keyword arguments of ``from_pretrained`` for where and how precisely the weights are held.

    In 16 bits where they fit what is free of the GPU; in 4 bits where they do not and bitsandbytes is there; else on
    GPU and CPU together. Without a GPU, and where they are packed already, as they are.

    Args:
        folder: the model's, with ``config.json`` and safetensors.

    Raises:
        Unsupported: none of these fits.
    """
    machine = hardware()
    stored = ROOM * weights(folder)
    if machine.gpu is None:
        if stored <= machine.memory:
            return {"dtype": "auto"}
        raise _too_large(folder, stored, False)
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    packed, room = "quantization_config" in config, free(machine.gpu_memory)
    needed = stored if packed else stored * 2 / _bytes(config)
    dtype = "auto" if packed else sixteen()
    if needed <= room:
        return {"device_map": {"": 0}, "dtype": dtype}
    four = not packed and FOUR_BITS * needed <= room
    if four and importlib.util.find_spec("bitsandbytes"):
        return {"device_map": {"": 0}, "quantization_config": four_bits()}
    if needed <= machine.memory + room:
        return {"device_map": "auto", "dtype": dtype}
    raise _too_large(folder, needed, four)


def weights(folder: Path) -> int:
    """Bytes of a model's weights."""
    return sum(path.stat().st_size for path in folder.glob("*.safetensors"))


def numbers(folder: Path) -> int:
    """How many numbers a model's weights are, whatever they are stored in."""
    from safetensors import safe_open

    count = 0
    for path in folder.glob("*.safetensors"):
        with safe_open(path, "pt") as part:  # the shapes alone are read
            count += sum(math.prod(part.get_slice(name).get_shape()) for name in part.keys())  # noqa: SIM118
    return count


def free(most: int) -> int:
    """Bytes of the GPU that nobody has taken; other models may lie there.

    Args:
        most: what is said where the GPU cannot be asked.
    """
    import torch

    return int(torch.cuda.mem_get_info()[0]) if torch.cuda.is_available() else most


def sixteen() -> Any:
    """The GPU's 16-bit numbers: bfloat16, or on old ones (before Ampere) float16."""
    import torch

    return torch.bfloat16 if torch.cuda.is_available() and torch.cuda.is_bf16_supported() else torch.float16


def four_bits() -> Any:
    """NormalFloat weights, quantized twice (Dettmers et al. 2023, QLoRA, arXiv:2305.14314)."""
    from transformers import BitsAndBytesConfig

    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=sixteen(),
    )


def _bytes(config: dict[str, Any]) -> int:
    """Of a stored number."""
    stored = str(config.get("dtype") or config.get("torch_dtype") or "bfloat16")
    return {"float32": 4, "float64": 8}.get(stored.removeprefix("torch."), 2)


def _too_large(folder: Path, needed: float, four: bool) -> Unsupported:
    """What is told where a model does not fit, in 4 bits it would where ``four`` says so."""
    return Unsupported(
        f"{folder.name} needs {needed / 1e9:.1f} GB of memory; this machine has {hardware().describe()}.",
        "Install bitsandbytes to hold it in 4 bits: pip install 'startup-assistant[gpu]'."
        if four
        else f"Choose a smaller model, {ELSEWHERE}",
    )

"""A local chat model's weights: whether they fit, where they go, and in how many bits."""

from pathlib import Path
from typing import Any

from assistant.errors import ModelUnavailable

ROOM = 1.15  # of the weights' size: they, and what is computed with them
FOUR_BITS = 0.4  # of that: the weights' quarter, embeddings that stay in 16 bits, the cache


def load(folder: Path) -> tuple[Any, Any]:
    """Tokenizer and model of a folder, on the GPU where there is one (in 4 bits where that needs and can be).

    Raises:
        ModelUnavailable: it does not fit, has no chat template, or cannot be read.
    """
    from transformers import AutoModelForCausalLM, AutoTokenizer

    where = placement(folder)
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
        model = AutoModelForCausalLM.from_pretrained(
            folder, use_safetensors=True, trust_remote_code=False, **where
        ).eval()
    except (OSError, ValueError, RuntimeError, KeyError, ImportError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise ModelUnavailable(
            f"The model in {folder.name} cannot be loaded: {reason}",
            "It has to be a causal language model with safetensors weights.",
        ) from error
    if not tokenizer.chat_template:
        raise ModelUnavailable(
            f"{folder.name} has no chat template.", "Choose an instruction-tuned (chat) model."
        )
    return tokenizer, model


def placement(folder: Path) -> dict[str, Any]:
    """Keyword arguments for where and how precisely the weights are held.

    As they are where they fit the GPU; in 4 bits where they do not and bitsandbytes is there; else on GPU and CPU
    together. Without a GPU, as they are.

    Raises:
        ModelUnavailable: none of these fits.
    """
    from tools.models.hardware import hardware

    machine = hardware()
    needed = ROOM * weights(folder)
    if machine.gpu is None and needed <= machine.memory:
        return {"dtype": "auto"}
    if machine.gpu and needed > machine.gpu_memory and _quantizable(folder, needed, machine.gpu_memory):
        return {"device_map": {"": 0}, "quantization_config": _four_bits()}
    if machine.gpu and needed <= machine.memory + machine.gpu_memory:
        return {"device_map": "auto", "dtype": "auto"}
    smaller = machine.gpu and FOUR_BITS * needed <= machine.gpu_memory
    raise ModelUnavailable(
        f"{folder.name} needs {needed / 1e9:.1f} GB of memory; this machine has {machine.describe()}.",
        "Install bitsandbytes to hold it in 4 bits: pip install 'startup-assistant[gpu]'."
        if smaller
        else "Choose a smaller model, or a server through ASSISTANT_MODEL_BASE_URL.",
    )


def weights(folder: Path) -> int:
    """Bytes of a model's weights."""
    return sum(path.stat().st_size for path in folder.glob("*.safetensors"))


def _quantizable(folder: Path, needed: float, room: int) -> bool:
    import importlib.util
    import json

    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    packed_already = "quantization_config" in config
    there = importlib.util.find_spec("bitsandbytes") is not None
    return there and not packed_already and FOUR_BITS * needed <= room


def _four_bits() -> Any:
    """NormalFloat weights, quantized twice (Dettmers et al. 2023, QLoRA, arXiv:2305.14314)."""
    import torch
    from transformers import BitsAndBytesConfig

    bf16 = torch.cuda.is_available() and torch.cuda.is_bf16_supported()
    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=torch.bfloat16 if bf16 else torch.float16,
    )

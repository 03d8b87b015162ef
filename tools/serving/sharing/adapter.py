"""A LoRA adapter, as training leaves it beside the merged weights. Imported only with torch."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file

ADAPTER = "adapter"
CONFIG, WEIGHTS = "adapter_config.json", "adapter_model.safetensors"
PREFIX = "base_model.model.bert."
DOWN, UP = ".lora_A.weight", ".lora_B.weight"
PLAIN = {  # what each of these must be, or the adapter is not simply two matrices a layer
    "peft_type": "LORA",
    "bias": "none",
    "use_dora": False,
    "use_rslora": False,
    "fan_in_fan_out": False,
    "rank_pattern": {},
    "alpha_pattern": {},
}
Pair = tuple[torch.Tensor, torch.Tensor]  # float [in, rank] and [rank, out], the scale in the second


@dataclass(frozen=True)
class Adapter:
    """Two matrices a layer, by the layer's name in the bare encoder.

    Attributes:
        base: the folder of what it was trained on.
    """

    base: Path
    rank: int
    pairs: dict[str, Pair]


def read_adapter(folder: Path) -> Adapter | None:
    """The adapter of a model's folder; None where it has none, or one of another kind."""
    try:
        config: dict[str, Any] = json.loads((folder / ADAPTER / CONFIG).read_text(encoding="utf-8"))
    except OSError:
        return None
    if any((config.get(key) or value) != value for key, value in PLAIN.items()):
        return None
    weights, scale = load_file(folder / ADAPTER / WEIGHTS), config["lora_alpha"] / config["r"]
    pairs = {}
    for name in [key for key in weights if key.endswith(DOWN)]:
        layer = name.removesuffix(DOWN)
        if not layer.startswith(PREFIX):
            return None
        down, up = weights[name].float(), weights[layer + UP].float()
        pairs[layer.removeprefix(PREFIX)] = (down.T, up.T * scale)
    return Adapter(Path(config["base_model_name_or_path"]), int(config["r"]), pairs)

"""Writing the trained part of the encoder: LoRA's matrices, the heads, and the rows of new words."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from assistant.brain.recipe.network import Network, Words
from assistant.brain.weights import FILE


def save(network: Network, characters: str, facts: dict[str, Any], file: Path = FILE) -> None:
    """Write what was trained, in half precision.

    Args:
        network: after training; its encoder still has the adapter around it.
        characters: the Chinese characters that became words, in the order of their rows.
        facts: kept beside the weights (``temperature``, …).
        file: where to.
    """
    from safetensors.torch import save_file

    tensors = {f"heads.{name}": value for name, value in network.heads.state_dict().items()}
    for name, module in network.encoder.named_modules():
        if isinstance(module, Words):
            tensors["words"] = module.more.detach()
        elif getattr(module, "lora_A", None):
            place = name.removeprefix("base_model.model.")
            tensors[f"down.{place}"] = module.lora_A["default"].weight.detach()
            tensors[f"up.{place}"] = module.lora_B["default"].weight.detach() * module.scaling["default"]
    file.parent.mkdir(parents=True, exist_ok=True)
    halves = {name: value.to(torch.float16).contiguous().cpu() for name, value in tensors.items()}
    save_file(
        halves, file, metadata={"facts": json.dumps({**facts, "characters": characters}, ensure_ascii=False)}
    )


def average(files: Sequence[Path], out: Path = FILE) -> None:
    """The average of several networks that began alike, as one file.

    Args:
        files: of :func:`save`.
        out: where to. Low-rank changes are laid side by side, so that their sum is the mean of the changes.
    """
    from safetensors.torch import load_file, save_file

    parts = [load_file(file) for file in files]
    share = 1 / len(parts)
    joined = {}
    for name in parts[0]:
        tensors = [part[name].float() for part in parts]
        if name.startswith("down."):
            joined[name] = torch.cat(tensors, dim=0)
        elif name.startswith("up."):
            joined[name] = torch.cat([tensor * share for tensor in tensors], dim=1)
        else:
            joined[name] = torch.stack(tensors).mean(0)
    out.parent.mkdir(parents=True, exist_ok=True)
    halves = {name: value.to(torch.float16).contiguous() for name, value in joined.items()}
    save_file(halves, out, metadata=_metadata(files[0]))


def _metadata(file: Path) -> dict[str, str]:
    from safetensors import safe_open

    with safe_open(file, "pt") as opened:
        return opened.metadata()

"""The methods: which weights are trained, and how they become one plain model again. Imported only with torch."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch  # noqa: TID253

from tools.errors import Unsupported

ADAPTERS = ("lora", "dora", "adalora", "qlora")
RANK = 16


def wrap(model: Any, method: str, task_type: str, steps: int, whole: tuple[str, ...] = ()) -> Any:
    """The model as the method trains it: itself, or with an adapter around it.

    Args:
        model: a transformers model.
        method: ``full`` or one of :data:`ADAPTERS`.
        task_type: peft's name (``SEQ_CLS``, ``TOKEN_CLS``, ``CAUSAL_LM``, ``FEATURE_EXTRACTION``).
        steps: optimizer steps of the run (AdaLoRA plans its ranks over them).
        whole: names of new layers that are trained whole.

    Raises:
        Unsupported: qlora without a CUDA GPU.
    """
    if method == "full":
        return model
    if method == "qlora" and not torch.cuda.is_available():
        raise Unsupported("qlora needs an NVIDIA GPU, and this machine has none.", "Use lora instead.")
    from peft import AdaLoraConfig, LoraConfig, get_peft_model

    present = [name for name in whole if any(n.split(".")[-1] == name for n, _ in model.named_modules())]
    common: dict[str, Any] = {
        "task_type": task_type,
        "lora_alpha": 2 * RANK,
        "lora_dropout": 0.05,
        "target_modules": _linear_layers(model, present),
        "modules_to_save": present or None,
    }
    config: Any
    if method == "adalora":
        config = AdaLoraConfig(
            init_r=RANK + 8, target_r=RANK, total_step=max(steps, 10), tinit=steps // 10, tfinal=steps // 3,
            deltaT=max(1, steps // 100), **common,
        )  # fmt: skip
    else:
        config = LoraConfig(r=RANK, use_dora=method == "dora", **common)
    return get_peft_model(model, config)


def _linear_layers(model: Any, excluded: list[str]) -> list[str]:
    """Full names of the layers that get an adapter: all linear ones but new layers and the output vocabulary."""
    head = model.get_output_embeddings() if hasattr(model, "get_output_embeddings") else None
    return [
        name
        for name, module in model.named_modules()
        if (isinstance(module, torch.nn.Linear) or type(module).__name__ == "Conv1D")
        and module is not head
        and not set(name.split(".")) & set(excluded)
    ]


def after_step(model: Any, method: str) -> Callable[[int], None] | None:
    """What must happen after each optimizer step: AdaLoRA moves rank between layers."""
    if method != "adalora":
        return None
    return lambda step: model.base_model.update_and_allocate(step)


def merge(model: Any, method: str, folder: Path) -> Any:
    """One plain model again; the adapter alone is kept in ``folder/adapter``."""
    if method == "full":
        return model
    model.save_pretrained(folder / "adapter", safe_serialization=True)
    return model.merge_and_unload()


def trainable(model: torch.nn.Module) -> int:
    """How many numbers are trained."""
    return sum(p.numel() for p in model.parameters() if p.requires_grad)

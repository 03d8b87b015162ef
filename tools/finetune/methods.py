"""The methods: which weights are trained, and how they become one plain model again. Imported only with torch."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from tools.errors import Unsupported

ADAPTERS = ("lora", "dora", "adalora", "qlora")
RANK = 16
# AdaLoRA writes an update as P·diag(E)·Q. peft starts P and Q as small noise and divides by the rank, and its penalty
# for P and Q that are not orthogonal then outweighs the task for hundreds of steps: short runs stay at the majority.
# Orthogonal P and Q from the start, a larger scale and a smaller penalty make it learn as fast as LoRA.
ADALORA_RANK = RANK + RANK // 2
ADALORA_SCALE = 16
ADALORA_PENALTY = 0.1


def wrap(model: Any, method: str, task_type: str | None, steps: int, whole: tuple[str, ...] = ()) -> Any:
    """The model as the method trains it: itself, or with an adapter around it.

    Args:
        model: a transformers model.
        method: ``full`` or one of :data:`ADAPTERS`.
        task_type: peft's name (``SEQ_CLS``, ``TOKEN_CLS``, ``CAUSAL_LM``, ``FEATURE_EXTRACTION``), if it has one.
        steps: optimizer steps of the run (AdaLoRA plans its ranks over them).
        whole: names of new layers that are trained whole.

    Raises:
        Unsupported: qlora without a CUDA GPU; a model without layers that the method can adapt.
    """
    if method == "full":
        return model
    if method == "qlora" and not torch.cuda.is_available():
        raise Unsupported("qlora needs an NVIDIA GPU, and this machine has none.", "Use lora instead.")
    from peft import AdaLoraConfig, LoraConfig, get_peft_model

    present = [name for name in whole if _trained_part(model, name)]
    targets = _linear_layers(model, present)
    if not targets and method != "adalora":  # peft's AdaLoRA knows linear layers alone
        targets = _convolutions(model, present)
    if not targets:
        kind = getattr(model.config, "model_type", "")
        raise Unsupported(
            f"{method} finds no layers to adapt in a model of the kind {kind}.", "Use full.", param="method"
        )
    common: dict[str, Any] = {
        "task_type": task_type,
        "lora_alpha": 2 * RANK,
        "lora_dropout": 0.0,  # so that a layer and its update are one product: tools.finetune.low_rank
        "target_modules": targets,
        "modules_to_save": present or None,
    }
    if method == "adalora":
        return _adalora(model, AdaLoraConfig(**common | _adalora_plan(steps)))
    return get_peft_model(model, LoraConfig(r=RANK, use_dora=method == "dora", **common))


def _trained_part(model: Any, name: str) -> bool:
    """Whether a model has a part of this name that is not frozen."""
    parts = [module for path, module in model.named_modules() if path.split(".")[-1] == name]
    return any(parameter.requires_grad for part in parts for parameter in part.parameters())


def _adalora_plan(steps: int) -> dict[str, Any]:
    """All ranks for a fifth of the steps, then fewer and fewer, and the last third with the ranks that are left."""
    return {
        "init_r": ADALORA_RANK,
        "target_r": RANK,
        "lora_alpha": ADALORA_RANK * ADALORA_SCALE,
        "orth_reg_weight": ADALORA_PENALTY,
        "total_step": steps,
        "tinit": steps // 5,
        "tfinal": steps // 3,
        "deltaT": max(1, steps // 50),
    }


def _adalora(model: Any, config: Any) -> Any:
    """A model with AdaLoRA around it, P and Q orthogonal; its penalty is part of the training loss alone."""
    from peft import get_peft_model

    wrapped = get_peft_model(model, config)
    for name, parameter in wrapped.named_parameters():
        if ".lora_A." in name or ".lora_B." in name:
            torch.nn.init.orthogonal_(parameter)

    def penalty(module: Any, _: Any) -> None:
        # Early stopping goes by the validation loss, which would move with the penalty and not with the task.
        config.orth_reg_weight = ADALORA_PENALTY if module.training else 0.0

    wrapped.base_model.register_forward_pre_hook(penalty)
    return wrapped


def _linear_layers(model: Any, excluded: list[str]) -> list[str]:
    """Full names of the layers that get an adapter: all linear ones but new, frozen and vocabulary layers."""
    head = model.get_output_embeddings() if hasattr(model, "get_output_embeddings") else None
    return [
        name
        for name, module in model.named_modules()
        if (isinstance(module, torch.nn.Linear) or type(module).__name__ == "Conv1D")
        and module is not head
        and (module.weight.requires_grad or hasattr(module.weight, "quant_state"))
        and not set(name.split(".")) & set(excluded)
    ]


def _convolutions(model: Any, excluded: list[str]) -> list[str]:
    """The same for models of convolutions, such as ResNet."""
    return [
        name
        for name, module in model.named_modules()
        if isinstance(module, torch.nn.Conv2d)
        and module.groups == 1
        and not set(name.split(".")) & set(excluded)
    ]


def after_step(model: Any, method: str) -> Callable[[int], None] | None:
    """What must happen after each optimizer step: AdaLoRA moves rank between layers."""
    return _Ranks(model) if method == "adalora" else None


class _Ranks:
    """AdaLoRA's ranks.

    Between steps the pattern of ranks is kept out of peft's configuration: with it, checkpoints would hold cut
    tensors, which do not fit the model (nor the optimizer's moments) of a resumed run.
    """

    def __init__(self, model: Any):
        self.model, self.config = model.base_model, model.peft_config["default"]
        self.pattern: dict[str, list[bool]] | None = None

    def __call__(self, step: int) -> None:
        for name, parameter in self.model.named_parameters():
            if ".lora_" in name and parameter.requires_grad and parameter.grad is None:
                parameter.grad = torch.zeros_like(parameter)  # a layer that the loss does not use
        if step > self.config.total_step - self.config.tfinal:  # resumed here, or the last third
            self.pattern = self.pattern or rank_pattern(self.model)
        self.config.rank_pattern = self.pattern
        self.model.update_and_allocate(step)
        self.pattern, self.config.rank_pattern = self.config.rank_pattern, None


def rank_pattern(model: Any) -> dict[str, list[bool]]:
    """Which ranks of each layer are in use, under peft's names: those whose singular value is not 0."""
    named = model.model.named_parameters()
    return {name: (p.detach().view(-1) != 0).tolist() for name, p in named if ".lora_E." in name}


def quantized(model: Any) -> bool:
    """Whether a model's weights are held in 4 bits."""
    return bool(getattr(model, "is_loaded_in_4bit", False))


def prepared(model: Any) -> Any:
    """A model of 4 bits made ready to be trained: its norms in 32 bits, what layers computed made again when needed."""
    from peft import prepare_model_for_kbit_training

    again = {"use_reentrant": False}
    return (
        prepare_model_for_kbit_training(model, gradient_checkpointing_kwargs=again)
        if quantized(model)
        else model
    )


def merge(model: Any, method: str, folder: Path, whole: Callable[[], Any] | None = None) -> Any:
    """One plain model again; the adapter alone is kept in ``folder/adapter``.

    Args:
        model: as :func:`wrap` made it, trained.
        method: as there.
        folder: of the new model.
        whole: loads the base anew in full precision, for one that was held in 4 bits: its weights would stay rounded.
    """
    if method == "full":
        return model
    if whole is not None and quantized(model.get_base_model()):
        from peft import PeftModel

        model.save_pretrained(folder / "adapter", safe_serialization=True)
        return PeftModel.from_pretrained(whole(), folder / "adapter").merge_and_unload()
    if method == "adalora":  # the ranks of the weights that were best, not of the last step
        model.peft_config["default"].rank_pattern = rank_pattern(model.base_model)
    model.save_pretrained(folder / "adapter", safe_serialization=True)
    return model.merge_and_unload()


def trainable(model: torch.nn.Module) -> int:
    """How many numbers are trained."""
    return sum(p.numel() for p in model.parameters() if p.requires_grad)

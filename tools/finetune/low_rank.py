"""LoRA's layers in one matrix product each way. Imported only with torch.

peft adds the product of the two small matrices to what a frozen layer gives: two more products of all tokens in the
forward pass, four in the backward pass, and sums of large tensors in between. Where nothing is dropped, that is the
same as one layer whose weights are the sum (Hu et al. 2021, "LoRA: Low-Rank Adaptation of Large Language Models",
4.1), and the small matrices' gradients take two thin products each (Cherniuk et al. 2023, "Run LoRA Run").
"""

from typing import Any

import torch
from torch import nn
from torch.nn import functional as F


class _Sum(torch.autograd.Function):
    """``values @ (weight + scale · up @ down).T + bias`` with gradients for ``values``, ``down`` and ``up``."""

    @staticmethod
    def forward(
        ctx: Any,
        values: torch.Tensor,
        weight: torch.Tensor,
        bias: torch.Tensor | None,
        down: torch.Tensor,
        up: torch.Tensor,
        scale: float,
    ) -> torch.Tensor:
        ctx.save_for_backward(values, weight, down, up)
        ctx.scale = scale
        return F.linear(values, torch.addmm(weight, up, down, alpha=scale), bias)

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        values, weight, down, up = ctx.saved_tensors
        above = gradients[0].reshape(-1, gradients[0].shape[-1])
        below = values.reshape(-1, values.shape[-1])
        given = None
        if ctx.needs_input_grad[
            0
        ]:  # the sum is made again: keeping it would double the memory of the weights
            given = (above @ torch.addmm(weight, up, down, alpha=ctx.scale)).view_as(values)
        to_down = (above @ up).T @ below * ctx.scale
        to_up = above.T @ (below @ down.T) * ctx.scale
        return given, None, None, to_down, to_up, None


def summed(layer: nn.Module) -> bool:
    """Whether a layer is one of LoRA that :func:`forward` computes: plain weights, one adapter, nothing dropped."""
    from peft.tuners.lora import Linear

    if (
        type(layer) is not Linear
        or type(layer.base_layer) is not nn.Linear
        or len(layer.active_adapters) != 1
    ):
        return False
    name = layer.active_adapters[0]
    dropped = getattr(layer.lora_dropout[name], "p", 0.0)
    frozen = not any(each.requires_grad for each in layer.base_layer.parameters())
    plain = name not in layer.lora_variant and layer.lora_A[name].bias is layer.lora_B[name].bias is None
    return frozen and plain and not dropped and not layer.merged and not layer.disable_adapters


def forward(layer: Any, values: torch.Tensor) -> torch.Tensor:
    """What peft's layer gives, which :func:`summed` has approved.

    Args:
        layer: of LoRA.
        values: float [..., inputs].

    Returns:
        float [..., outputs].
    """
    if torch.is_autocast_enabled("cpu") or not torch.is_grad_enabled():
        return type(layer).forward(layer, values)
    name, base = layer.active_adapters[0], layer.base_layer
    small = layer.lora_A[name].weight, layer.lora_B[name].weight
    return _Sum.apply(values, base.weight, base.bias, *small, layer.scaling[name])

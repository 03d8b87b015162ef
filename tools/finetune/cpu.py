"""Training on a processor without what costs most there: dropout masks, fused attention, LoRA's thin products.

torch draws one random number after the other for each number that dropout looks at: a third of the time of a LoRA step
of MiniLM. Eight masks can come from one draw. The backward pass of its fused attention for processors takes longer than
plain matrix products at the lengths of messages. Imported only with torch.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import torch
from torch import nn
from transformers import AttentionInterface, PreTrainedModel
from transformers.masking_utils import AttentionMaskInterface, eager_mask

from tools.finetune import low_rank

PLAIN = "plain_products"  # transformers' name of our attention
STEPS = 256  # of a byte: shares of dropout are rounded to its steps, 0.1 to 0.1016


class _Drop(torch.autograd.Function):
    """Zero some entries, and scale the others so that the mean stays."""

    @staticmethod
    def forward(ctx: Any, values: torch.Tensor, cut: int) -> torch.Tensor:
        count = values.numel()
        draws = torch.empty((count + 7) // 8, dtype=torch.int64).random_(-(2**63), None)
        draws = draws.view(torch.uint8)[:count].view(values.shape)
        ctx.save_for_backward(draws)
        ctx.cut = cut
        return _kept(values, draws, cut)

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor, None]:
        (draws,) = ctx.saved_tensors
        return _kept(gradients[0], draws, ctx.cut), None


def _kept(values: torch.Tensor, draws: torch.Tensor, cut: int) -> torch.Tensor:
    """The values whose draw is at least ``cut``, scaled; 0 for the others.

    By the backward pass of torch's threshold function, the one selection that torch does many numbers at a time: a
    product with a mask of booleans takes three times as long.
    """
    chosen = torch.ops.aten.threshold_backward(values, draws.to(values.dtype), cut - 0.5)
    return chosen.mul_(STEPS / (STEPS - cut))


def drop(values: torch.Tensor, share: float) -> torch.Tensor:
    """Dropout (Srivastava et al. 2014) with a byte of the random generator for each number.

    Args:
        values: of any shape, on the processor.
        share: of the numbers that become 0; rounded to steps of 1/256.
    """
    cut = round(share * STEPS)
    return _Drop.apply(values, cut) if 0 < cut < STEPS else nn.functional.dropout(values, share)


class Dropout(nn.Dropout):
    """torch's layer with :func:`drop`."""

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        """The input, with some entries zeroed while training."""
        return drop(input, self.p) if self.training else input


def attend(
    module: nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    scaling: float | None = None,
    dropout: float = 0.0,
    **_: Any,
) -> tuple[torch.Tensor, None]:
    """Scaled dot-product attention in plain matrix products, in the shape of transformers' attention interface.

    Args:
        module: the attention layer; its ``num_key_value_groups`` says how many query heads share a key.
        query: float [n, heads, tokens, width].
        key: float [n, key heads, tokens, width].
        value: as ``key``.
        attention_mask: added to the scores, float, broadcast to [n, heads, tokens, tokens].
        scaling: of the scores; 1/√width where left out.
        dropout: share of the weights that are zeroed.

    Returns:
        float [n, tokens, heads, width], and None for the weights.
    """
    groups = getattr(module, "num_key_value_groups", 1)
    if groups > 1:
        key, value = key.repeat_interleave(groups, 1), value.repeat_interleave(groups, 1)
    scores = (query * (scaling or query.shape[-1] ** -0.5)) @ key.transpose(2, 3)
    if attention_mask is not None:
        scores = scores + attention_mask
    weights = scores.softmax(-1).to(value.dtype)
    if module.training:
        weights = drop(weights, dropout)
    return (weights @ value).transpose(1, 2).contiguous(), None


AttentionInterface.register(PLAIN, attend)
AttentionMaskInterface.register(PLAIN, eager_mask)


@contextmanager
def fast(model: nn.Module) -> Iterator[None]:
    """While it lasts, a model on the processor is trained the quick way; elsewhere nothing changes."""
    if next(model.parameters()).device.type != "cpu" or torch.cuda.is_available():
        yield
        return
    layers = [
        (parent, name, layer)
        for parent in model.modules()
        for name, layer in parent.named_children()
        if type(layer) is nn.Dropout
    ]
    fused = [
        each
        for each in model.modules()
        if isinstance(each, PreTrainedModel) and each.config._attn_implementation == "sdpa"
    ]
    for parent, name, layer in layers:
        setattr(parent, name, Dropout(layer.p).train(layer.training))
    for each in fused:
        each.set_attn_implementation(PLAIN)
    adapted: list[Any] = [each for each in model.modules() if low_rank.summed(each)]
    for each in adapted:
        each.forward = partial(low_rank.forward, each)
    try:
        yield
    finally:
        for parent, name, layer in layers:
            setattr(parent, name, layer.train(parent.training))
        for each in fused:
            each.set_attn_implementation("sdpa")
        for each in adapted:
            del each.forward

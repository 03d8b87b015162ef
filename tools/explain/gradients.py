"""Captum's layer integrated gradients over word embeddings, for many texts at once. Imported only with torch.

The method is that of Sundararajan, Taly and Yan 2017, "Axiomatic Attribution for Deep Networks".
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch

STEPS = 20
# Tokens of the interpolated copies that go through the model at once. Attention grows with the square of the length, so
# long texts go in smaller groups: this bounds the memory at any length.
TOKENS_AT_ONCE = 2048
SQUARES_AT_ONCE = 512 * 512

# (token ids, mask, number of each row's text) -> what is shared out, float [n]
Forward = Callable[[torch.Tensor, torch.Tensor, torch.Tensor], torch.Tensor]


@dataclass(frozen=True)
class Row:
    """One text's token ids, and which of them the tokenizer has added (1)."""

    ids: Sequence[int]
    special: Sequence[int]


def integrated_gradients(
    forward: Forward,
    layer: torch.nn.Module,
    rows: Sequence[Row],
    filler: int,
    device: str,
    steps: int = STEPS,
) -> list[tuple[list[float], float]]:
    """Share out what ``forward`` gives among the tokens, on the way from an empty text to each text.

    Args:
        forward: must be differentiable.
        layer: the word embeddings.
        rows: n texts.
        filler: the token that an empty text is made of (padding).
        device: where the model is.
        steps: points of the integral.

    Returns:
        For each text the signed attribution of each token, and the convergence delta: how far they are from adding up
        to the difference between the text and the empty one.
    """
    found: list[tuple[list[float], float]] = [([], 0.0)] * len(rows)
    for group in _groups([len(row.ids) for row in rows]):
        values, deltas = _together(forward, layer, [rows[i] for i in group], group, filler, device, steps)
        for place, i in enumerate(group):
            found[i] = values[place][: len(rows[i].ids)].tolist(), abs(float(deltas[place]))
    return found


def _room(length: int) -> int:
    """How many copies of a text go through the model at once."""
    return max(1, min(TOKENS_AT_ONCE // length, SQUARES_AT_ONCE // length**2))


def _groups(lengths: Sequence[int]) -> list[list[int]]:
    """Indices of texts of about the same length that fit together, the longest first."""
    groups: list[list[int]] = []
    for i in sorted(range(len(lengths)), key=lambda i: -lengths[i]):
        longest = lengths[groups[-1][0]] if groups else 0
        if groups and len(groups[-1]) < _room(longest) and lengths[i] >= 0.8 * longest - 2:
            groups[-1].append(i)
        else:
            groups.append([i])
    return groups


def _together(
    forward: Forward,
    layer: torch.nn.Module,
    rows: Sequence[Row],
    numbers: Sequence[int],
    filler: int,
    device: str,
    steps: int,
) -> tuple[torch.Tensor, torch.Tensor]:
    from captum.attr import LayerIntegratedGradients

    longest = max(len(row.ids) for row in rows)
    ids = torch.tensor([_filled(row.ids, filler, longest) for row in rows], device=device)
    special = torch.tensor(
        [_filled(row.special, 0, longest) for row in rows], device=device, dtype=torch.bool
    )
    mask = torch.tensor([_filled([1] * len(row.ids), 0, longest) for row in rows], device=device)
    with torch.enable_grad():
        found, delta = LayerIntegratedGradients(forward, layer).attribute(
            ids,
            baselines=torch.where(special, ids, torch.full_like(ids, filler)),
            additional_forward_args=(mask, torch.tensor(list(numbers), device=device)),
            n_steps=steps,
            internal_batch_size=max(len(rows), _room(longest)),
            return_convergence_delta=True,
        )
    return found.detach().sum(-1), delta.detach().reshape(len(rows), -1).sum(-1)


def _filled(row: Sequence[int], filler: int, length: int) -> list[Any]:
    return [*row, *[filler] * (length - len(row))]

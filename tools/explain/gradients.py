"""Captum's integrated gradients over word embeddings, for many texts at once. Imported only with torch.

The method is that of Sundararajan, Taly and Yan 2017, "Axiomatic Attribution for Deep Networks".
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from tools.explain.passes import SPARE, groups, room

STEPS = 20  # of the integral
TOKENS_OF_PART = 8_192  # on all points together, forth and back: a second or two

# (token ids, mask, number of each row's text) -> what is shared out, float [n]
Forward = Callable[[torch.Tensor, torch.Tensor, torch.Tensor], torch.Tensor]


@dataclass(frozen=True)
class Row:
    """One text's token ids, which of them the tokenizer has added (1), and the points of its integral."""

    ids: Sequence[int]
    special: Sequence[int]
    steps: int = STEPS


def integrated_gradients(
    forward: Forward,
    layer: torch.nn.Module,
    rows: Sequence[Row],
    filler: int,
    device: str,
    numbers: Sequence[int] | None = None,
) -> list[tuple[list[float], float]]:
    """Share out what ``forward`` gives among the tokens, on the way from an empty text to each text.

    Args:
        forward: must be differentiable.
        layer: the word embeddings.
        rows: n texts.
        filler: the token that an empty text is made of (padding).
        device: where the model is.
        numbers: what ``forward`` knows the texts by; their places where left out.

    Returns:
        For each text the signed attribution of each token, and the convergence delta: how far they are from adding up
        to the difference between the text and the empty one.
    """
    found: list[tuple[list[float], float]] = [([], 0.0)] * len(rows)
    for group in _alike(rows):
        known = [numbers[i] for i in group] if numbers else group
        values, deltas = _together(forward, layer, [rows[i] for i in group], known, filler, device)
        for place, i in enumerate(group):
            found[i] = values[place][: len(rows[i].ids)].tolist(), abs(float(deltas[place]))
    return found


def parts(rows: Sequence[Row]) -> list[list[int]]:
    """Indices of rows that are computed at a stretch, those that are alike beside each other."""
    found: list[list[int]] = []
    weight = 0
    for i in sorted(range(len(rows)), key=lambda i: (rows[i].steps, -len(rows[i].ids))):
        own = rows[i].steps * len(rows[i].ids)
        if found and weight + own <= TOKENS_OF_PART:
            found[-1].append(i)
            weight += own
        else:
            found.append([i])
            weight = own
    return found


def _alike(rows: Sequence[Row]) -> list[list[int]]:
    """Indices of rows with as many steps, and of about the same length."""
    by_steps: dict[int, list[int]] = {}
    for i, row in enumerate(rows):
        by_steps.setdefault(row.steps, []).append(i)
    return [
        [members[i] for i in group]
        for steps, members in by_steps.items()
        for group in groups([len(rows[i].ids) for i in members], SPARE // steps)
    ]


def _together(
    forward: Forward,
    layer: torch.nn.Module,
    rows: Sequence[Row],
    numbers: Sequence[int],
    filler: int,
    device: str,
) -> tuple[torch.Tensor, torch.Tensor]:
    from captum.attr import IntegratedGradients

    longest = max(len(row.ids) for row in rows)
    ids = torch.tensor([_filled(row.ids, filler, longest) for row in rows], device=device)
    special = torch.tensor(
        [_filled(row.special, 0, longest) for row in rows], device=device, dtype=torch.bool
    )
    mask = torch.tensor([_filled([1] * len(row.ids), 0, longest) for row in rows], device=device)
    empty = torch.where(special, ids, torch.full_like(ids, filler))
    given = ids, mask, torch.tensor(list(numbers), device=device)
    with torch.no_grad():
        ends = layer(torch.cat([ids, empty]))
    forward, size = _from_vectors(forward, layer), room(longest)
    with torch.enable_grad():
        found = IntegratedGradients(forward).attribute(
            ends[: len(rows)],
            baselines=ends[len(rows) :],
            additional_forward_args=given,
            n_steps=rows[0].steps,
            internal_batch_size=max(len(rows), size),
        )
    # Captum's own delta, and its layer method, would go through the model four more times for each text.
    both = zip(
        *(each.split(size) for each in (ends, *(torch.cat([each, each]) for each in given))), strict=True
    )
    with torch.no_grad():
        whole, nothing = torch.cat([forward(*part) for part in both]).chunk(2)
    values = found.detach().sum(-1)
    return values, values.sum(-1) - (whole - nothing)


def _from_vectors(forward: Forward, layer: torch.nn.Module) -> Callable[..., torch.Tensor]:
    """The same function of the word embeddings, which are put in the place of those that the layer gives."""

    def given(vectors: torch.Tensor, *rest: torch.Tensor) -> torch.Tensor:
        hook = layer.register_forward_hook(lambda *_: vectors)
        try:
            return forward(*rest)
        finally:
            hook.remove()

    return given


def _filled(row: Sequence[int], filler: int, length: int) -> list[Any]:
    return [*row, *[filler] * (length - len(row))]

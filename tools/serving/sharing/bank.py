"""The adapters on one encoder, stacked, so that each row of a batch goes through its own. Imported only with torch.

A row's two matrices are gathered from the stacks and multiplied with all rows at once (as Chen et al. 2023, "Punica",
do on a GPU with a kernel of their own): a batch with fifty adapters costs what a batch with one does.
"""

import weakref
from collections import deque
from typing import Any

import torch

from tools.finetune.pooling import pool
from tools.serving.sharing.adapter import Adapter

ROOM = 8  # adapters there is room for at first


class Bank:
    """Adapters of one rank, kept as long as what they belong to. Guarded by the encoder's lock.

    Args:
        layers: input and output width of each adapted layer, by name.
        rank: of the adapters.
        device: where they are.

    Attributes:
        tensors: the stacks, two a layer: bf16 [room, in, rank] and [room, rank, out].
    """

    def __init__(self, layers: dict[str, tuple[int, int]], rank: int, device: str):
        self._layers, self._rank, self._device = layers, rank, device
        self._owners: list[int] = []  # by place
        self._gone: deque[int] = (
            deque()
        )  # written without the lock, wherever an owner happens to be collected
        self.tensors = self._stacks(ROOM)

    @property
    def nbytes(self) -> int:
        """Bytes of one adapter."""
        return sum(stack[0].nbytes for stack in self.tensors)

    def add(self, owner: Any, adapter: Adapter) -> None:
        """Take an adapter in, for as long as its owner lives.

        Raises:
            ValueError: it adapts a layer that the encoder has not.
        """
        if strange := adapter.pairs.keys() - self._layers.keys():
            raise ValueError(f"the encoder has no layer {min(strange)}")
        self.tidy()
        if len(self._owners) == len(self.tensors[0]):
            self._resize(2 * len(self._owners))
        place = len(self._owners)
        for number, name in enumerate(self._layers):
            for stack, matrix in zip(
                self.tensors[2 * number : 2 * number + 2], adapter.pairs.get(name, (None, None)), strict=True
            ):
                if matrix is None:
                    stack[place].zero_()
                else:
                    stack[place].copy_(matrix)
        self._owners.append(id(owner))
        weakref.finalize(owner, self._gone.append, id(owner))

    def place(self, owner: Any) -> int:
        """Where in the stacks an owner's adapter is, until the next call of :meth:`add` or :meth:`tidy`."""
        return self._owners.index(id(owner))

    def tidy(self) -> None:
        """Drop the adapters whose owners are gone: the last ones fill the gaps, and room that is not used is freed."""
        while self._gone:
            place, last = self._owners.index(self._gone.popleft()), len(self._owners) - 1
            if place != last:
                for stack in self.tensors:
                    stack[place] = stack[last]
            self._owners[place] = self._owners[last]
            self._owners.pop()
        room = len(self.tensors[0])
        while room > ROOM and len(self._owners) <= room // 4:
            room //= 2
        if room < len(self.tensors[0]):
            self._resize(room)

    def _resize(self, room: int) -> None:
        stacks, kept = self._stacks(room), len(self._owners)
        for new, old in zip(stacks, self.tensors, strict=True):
            new[:kept] = old[:kept]
        self.tensors = stacks

    def _stacks(self, room: int) -> list[torch.Tensor]:
        made = []
        for width_in, width_out in self._layers.values():
            for shape in ((room, width_in, self._rank), (room, self._rank, width_out)):
                made.append(torch.zeros(shape, dtype=torch.bfloat16, device=self._device))
        return made


class AdaptedLinear(torch.nn.Module):
    """A linear layer with an adapter for each row of the batch."""

    def __init__(self, plain: torch.nn.Linear):
        super().__init__()
        self.plain = plain
        self.places: torch.Tensor
        self.stacks: tuple[torch.Tensor, ...]

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Float [n, tokens, in] to [n, tokens, out]."""
        down, up = (stack.index_select(0, self.places).to(x.dtype) for stack in self.stacks)
        return self.plain(x) + torch.bmm(torch.bmm(x, down), up)


class Adapted(torch.nn.Module):
    """An encoder whose linear layers are adapted; gives unit vectors.

    Args:
        encoder: changed in place.

    Attributes:
        layers: input and output width of each linear layer, by name.
    """

    def __init__(self, encoder: torch.nn.Module):
        super().__init__()
        self.layers: dict[str, tuple[int, int]] = {}
        self._adapted = []
        for name, plain in list(encoder.named_modules()):
            if isinstance(plain, torch.nn.Linear) and not name.startswith("pooler"):
                parent, _, last = name.rpartition(".")
                layer = AdaptedLinear(plain)
                setattr(encoder.get_submodule(parent), last, layer)
                self.layers[name] = plain.in_features, plain.out_features
                self._adapted.append(layer)
        self.encoder = encoder

    def forward(
        self,
        input_ids: torch.Tensor,
        attention_mask: torch.Tensor,
        places: torch.Tensor,
        *stacks: torch.Tensor,
    ) -> torch.Tensor:
        """Unit vectors, float [n, width].

        Args:
            input_ids: int64 [n, tokens].
            attention_mask: int64 [n, tokens].
            places: int64 [n], each row's adapter.
            stacks: see :attr:`Bank.tensors`.
        """
        for number, layer in enumerate(self._adapted):
            layer.places, layer.stacks = places, stacks[2 * number : 2 * number + 2]
        hidden = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        return pool(hidden.float(), attention_mask)

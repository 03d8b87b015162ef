"""Batches of long rows, taken in parts: they are few, but one of them alone would set how much memory a run takes.

Imported only with torch.
"""

import inspect
import math
from typing import Any

import torch
from transformers import Trainer

from tools.finetune import ranks
from tools.finetune.language import IGNORED
from tools.finetune.packing import packed, packs

MOST_TOKENS = 2_048  # of a part; padded ones count


class PartedTrainer(Trainer):
    """Hugging Face's Trainer; a step over more tokens than fit adds up the gradients of its parts.

    The loss is a mean over the rows that the model sees, as encoders have it.
    """

    _share = 1.0  # of the batch, that the part makes

    def training_step(
        self, model: torch.nn.Module, inputs: dict[str, Any], num_items_in_batch: Any = None
    ) -> torch.Tensor:
        """The loss of a batch, after its gradients were added."""
        parts = self._parts(inputs)
        if len(parts) == 1:
            return super().training_step(model, inputs, num_items_in_batch)
        losses = []
        for share, part in parts:
            self._share = share
            losses.append(super().training_step(model, part, num_items_in_batch))
        self._share = 1.0
        return torch.stack(losses).sum()

    def compute_loss(self, model: torch.nn.Module, inputs: dict[str, Any], *args: Any, **options: Any) -> Any:
        """The loss, a mean over rows, weighed by the share that the part has in its batch."""
        loss: Any = super().compute_loss(model, inputs, *args, **options)
        return loss if self._share == 1.0 else loss * self._share

    def _weight(self, rows: int, all_rows: int) -> float:
        return rows / all_rows

    def _parts(self, inputs: dict[str, Any]) -> list[tuple[float, dict[str, Any]]]:
        """Shares and inputs of the parts; in a group all processes must take as many, so there is one."""
        ids = inputs.get("input_ids")
        if ids is None or ids.device.type != "cpu" or ranks.world() > 1:
            return [(1.0, inputs)]
        rows = len(ids)
        size = math.ceil(rows / math.ceil(ids.numel() / MOST_TOKENS))
        cuts = range(0, rows, size)
        return [
            (
                self._weight(min(size, rows - at), rows),
                {name: each[at : at + size] for name, each in inputs.items()},
            )
            for at in cuts
        ]


def _keeps(model: Any) -> bool:
    """Whether a language model can leave out logits (adapters hand the wish on)."""
    base = model.get_base_model() if hasattr(model, "get_base_model") else model
    return "logits_to_keep" in inspect.signature(base.forward).parameters


class TokenPartedTrainer(PartedTrainer):
    """The same where the loss is a sum over tokens, divided by those of the whole batch, as language models have it.

    While training, short rows are packed on a GPU, and logits are computed only where some row has something to learn:
    not for most of the prompts.
    """

    def compute_loss(self, model: torch.nn.Module, inputs: dict[str, Any], *args: Any, **options: Any) -> Any:
        """The loss of the next tokens that are learned."""
        count = options.get("num_items_in_batch")
        if not model.training or count is None or not _keeps(self.accelerator.unwrap_model(model)):
            return super().compute_loss(model, inputs, *args, **options)
        if "attention_mask" in inputs and packs(self.accelerator.unwrap_model(model)):
            inputs = packed(inputs) | {"use_cache": False}  # with a cache, positions tell no rows apart
        wanted = inputs["labels"][:, 1:]
        places = (wanted != IGNORED).any(0).nonzero().squeeze(1)
        given = {name: each for name, each in inputs.items() if name != "labels"}
        logits = model(**given, logits_to_keep=places).logits
        wanted = wanted[:, places]
        learned = wanted != IGNORED
        total = torch.nn.functional.cross_entropy(logits[learned].float(), wanted[learned], reduction="sum")
        # The tokens were counted over all processes, whose gradients are averaged (as Trainer's own loss has it).
        return total / count * self.accelerator.num_processes

    def _weight(self, rows: int, all_rows: int) -> float:
        return 1.0

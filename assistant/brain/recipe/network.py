"""The encoder with its heads, to be trained: one pass over a message gives tool, act, slots and pointers.

Joint intent classification and slot filling over one encoder, after Chen, Zhuo and Wang 2019, "BERT for Joint Intent
Classification and Slot Filling" (JointBERT); further heads say what a pointing phrase points at, whether a message is a
wish of its own or an answer, and what a question asks for.
"""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from assistant.brain.labels import ACTS, ASKS, POINTERS, TAGS, TOOLS
from knowledge.loading import loaded

IGNORED = -100  # the label of tokens that are not judged
DROPOUT = 0.1


@dataclass
class Output:
    """Logits.

    Of a message: tools ``[n, 19]``, acts ``[n, 4]``, asks ``[n, 15]``; of each token: tags ``[n, tokens, 27]`` and
    pointers ``[n, tokens, 16]``.
    """

    tool: torch.Tensor
    act: torch.Tensor
    asks: torch.Tensor
    tags: torch.Tensor
    pointers: torch.Tensor


class Words(nn.Module):
    """Word embeddings of the base, which stay as they are, and rows for words that the base does not know.

    Args:
        base: float ``[words, width]``.
        more: float ``[further words, width]``; their ids go on where the base's end.
    """

    def __init__(self, base: torch.Tensor, more: torch.Tensor):
        super().__init__()
        self.base = nn.Parameter(base, requires_grad=False)
        self.more = nn.Parameter(more)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        """Vectors of token ids of any shape."""
        known = len(self.base)
        first = nn.functional.embedding(ids.clamp(max=known - 1), self.base)
        second = nn.functional.embedding((ids - known).clamp(min=0), self.more)
        return torch.where((ids < known).unsqueeze(-1), first, second)


class Heads(nn.Module):
    """What is read off the encoder's hidden states.

    Args:
        width: of the hidden states.
    """

    def __init__(self, width: int):
        super().__init__()
        self.mix = nn.Linear(2 * width, width)
        self.tool = nn.Linear(width, len(TOOLS))
        self.act = nn.Linear(width, len(ACTS))
        self.asks = nn.Linear(width, len(ASKS))
        self.tags = nn.Linear(width, len(TAGS))
        self.pointers = nn.Linear(width, len(POINTERS))
        self.drop = nn.Dropout(DROPOUT)

    def forward(self, hidden: torch.Tensor, message: torch.Tensor) -> Output:
        """Logits.

        Args:
            hidden: float ``[n, tokens, width]``.
            message: bool ``[n, tokens]``, true for the tokens of the message itself.
        """
        weights = message.unsqueeze(-1).to(hidden.dtype)
        mean = (hidden * weights).sum(1) / weights.sum(1).clamp(min=1)
        whole = self.drop(torch.tanh(self.mix(torch.cat([hidden[:, 0], mean], dim=-1))))
        words = self.drop(hidden)
        return Output(
            self.tool(whole), self.act(whole), self.asks(whole), self.tags(words), self.pointers(words)
        )


class Network(nn.Module):
    """Encoder and heads.

    Args:
        encoder: a BERT-like encoder whose word embeddings are :class:`Words`.
        heads: see :class:`Heads`.
    """

    def __init__(self, encoder: nn.Module, heads: Heads):
        super().__init__()
        self.encoder, self.heads = encoder, heads

    def forward(
        self,
        input_ids: torch.Tensor,
        attention_mask: torch.Tensor,
        token_type_ids: torch.Tensor,
        **labels: torch.Tensor,
    ) -> dict[str, torch.Tensor]:
        """Logits by name; with labels (``tool``, ``act``, ``asks``, ``tags``, ``pointers``) also the ``loss``."""
        hidden = self.encoder(
            input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids
        ).last_hidden_state
        out = self.heads(hidden, (attention_mask == 1) & (token_type_ids == 0))
        logits = {
            "tool_logits": out.tool,
            "act_logits": out.act,
            "asks_logits": out.asks,
            "tags_logits": out.tags,
            "pointers_logits": out.pointers,
        }
        return {"loss": _loss(out, labels), **logits} if labels else logits


def _loss(out: Output, labels: dict[str, torch.Tensor]) -> torch.Tensor:
    """The sum of the cross-entropies; tools with a little smoothing, so that confidence stays calibrated."""
    entropy = nn.functional.cross_entropy
    tool = entropy(out.tool.float(), labels["tool"], label_smoothing=0.05)
    act = entropy(out.act.float(), labels["act"])
    asks = entropy(out.asks.float(), labels["asks"])
    tags = entropy(out.tags.float().flatten(0, 1), labels["tags"].flatten(), ignore_index=IGNORED)
    pointers = entropy(
        out.pointers.float().flatten(0, 1),
        labels["pointers"].flatten(),
        ignore_index=IGNORED,
        reduction="sum",
    ) / (labels["pointers"] != IGNORED).sum().clamp(min=1)
    return tool + 0.5 * act + 0.5 * asks + tags + 0.5 * pointers


def base_encoder(folder: Path) -> Any:
    """The base's encoder without its pooler, in float32.

    Args:
        folder: of the base model.
    """
    from transformers import AutoModel
    from transformers.utils import logging

    shown, told = logging.is_progress_bar_enabled(), logging.get_verbosity()
    logging.disable_progress_bar()
    logging.set_verbosity_error()  # it reports the pooler that is left out
    try:
        return loaded(
            AutoModel,
            folder,
            add_pooling_layer=False,
            use_safetensors=True,
            trust_remote_code=False,
            dtype="float32",
        )
    finally:
        logging.set_verbosity(told)
        if shown:
            logging.enable_progress_bar()


def pad(rows: list[list[int]], filler: int, multiple: int = 1) -> torch.Tensor:
    """Rows of numbers as one int64 tensor ``[n, longest]``, where a multiple is given rounded up to it."""
    longest = math.ceil(max(map(len, rows)) / multiple) * multiple
    return torch.tensor([row + [filler] * (longest - len(row)) for row in rows])

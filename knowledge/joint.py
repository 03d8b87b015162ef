"""The upper half of the encoder reads a question and a sentence as one text. Imported only with torch.

The lower half reads each by itself, so that its states can be kept (after MacAvaney et al. 2020, "Efficient Document
Re-Ranking for Transformers by Precomputing Term Representations", PreTTR); the layers above start as the encoder's own
and are trained. That is slower than :mod:`knowledge.verifier` and sees more, so it reads only the likeliest sentences.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils.rnn import pad_sequence

if TYPE_CHECKING:
    import numpy as np

WIDTH, HEADS, WIDE, LAYERS = 384, 12, 1536, 3  # of all-MiniLM-L6-v2; three of its six layers
DROPOUT, EPSILON = 0.1, 1e-12
# Where the parts of torch's layer come from in a BERT layer.
PARTS = {
    "self_attn.out_proj": "attention.output.dense",
    "linear1": "intermediate.dense",
    "linear2": "output.dense",
    "norm1": "attention.output.LayerNorm",
    "norm2": "output.LayerNorm",
}


class Joint(nn.Module):
    """One logit for each pair of a question and a sentence."""

    def __init__(self) -> None:
        super().__init__()
        layer = nn.TransformerEncoderLayer(
            WIDTH, HEADS, WIDE, DROPOUT, "gelu", layer_norm_eps=EPSILON, batch_first=True
        )
        self.layers = nn.TransformerEncoder(layer, LAYERS, enable_nested_tensor=False)
        self.side = nn.Parameter(torch.zeros(2, WIDTH))  # which of the two a token is of
        self.mix, self.out = nn.Linear(2 * WIDTH, WIDTH), nn.Linear(WIDTH, 1)
        self.drop = nn.Dropout(DROPOUT)

    def forward(self, asked: Sequence[torch.Tensor], said: Sequence[torch.Tensor]) -> torch.Tensor:
        """Logits ``[n]``, above 0 where the sentence is more likely than not an answer.

        Args:
            asked, said: of each pair the states of its tokens after the encoder's lower half, ``[tokens, 384]``.
        """
        first, second = self.side
        pairs = [torch.cat([one + first, other + second]) for one, other in zip(asked, said, strict=True)]
        count = torch.tensor([len(each) for each in pairs])
        states = pad_sequence(pairs, batch_first=True)
        there = torch.arange(states.shape[1])[None] < count[:, None]
        states = self.layers(states, src_key_padding_mask=~there)
        mean = (states * there[..., None]).sum(1) / count[:, None]
        whole = F.gelu(self.mix(torch.cat([states[:, 0], mean], -1)))
        logits: torch.Tensor = self.out(self.drop(whole)).squeeze(-1)
        return logits


def begin(tensors: "Mapping[str, np.ndarray]") -> Joint:
    """A network whose layers are the upper ones of an encoder.

    Args:
        tensors: the encoder's weights, named as in transformers (:func:`knowledge.bert.read`).
    """
    joint, found = Joint(), {}
    for number in range(LAYERS):
        old, new = f"encoder.layer.{LAYERS + number}", f"layers.layers.{number}"
        for kind in ("weight", "bias"):
            rows = [tensors[f"{old}.attention.self.{part}.{kind}"] for part in ("query", "key", "value")]
            found[f"{new}.self_attn.in_proj_{kind}"] = torch.cat([torch.from_numpy(each) for each in rows])
            for part, place in PARTS.items():
                found[f"{new}.{part}.{kind}"] = torch.from_numpy(tensors[f"{old}.{place}.{kind}"])
    joint.load_state_dict(found, strict=False)
    return joint

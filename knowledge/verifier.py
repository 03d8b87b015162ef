"""The quick network that reads a question and a sentence together: does the one answer the other? Needs torch.

The frozen encoder reads both by themselves, so that a sentence's token vectors can be kept; two blocks in which the
question's tokens attend to the sentence's (after Humeau et al. 2020, "Poly-encoders", and MacAvaney et al. 2020,
"PreTTR") compare them. Each token also knows how alike the most similar one on the other side is, in its vector and as
a bare word.
"""

import math
from collections.abc import Sequence

import torch
from torch import nn
from torch.nn import functional as F

from knowledge.embed import Tokens

WIDTH, BLOCKS, HEADS, DROPOUT = 96, 2, 4, 0.1
DEEP = 384  # of the encoder's vectors
BARE = 10.0  # the encoder's word vectors are that much shorter than its hidden states
NOWHERE = -1e4

Side = tuple[
    torch.Tensor, torch.Tensor, torch.Tensor
]  # hidden states and word vectors [n, tokens, 384], mask [n, tokens]


class Block(nn.Module):
    """The question's tokens attend to the sentence's, and think about it."""

    def __init__(self) -> None:
        super().__init__()
        self.before, self.after = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.wish, self.offer, self.out = (
            nn.Linear(WIDTH, WIDTH),
            nn.Linear(WIDTH, 2 * WIDTH),
            nn.Linear(WIDTH, WIDTH),
        )
        self.up, self.down = nn.Linear(WIDTH, 2 * WIDTH), nn.Linear(2 * WIDTH, WIDTH)
        self.drop = nn.Dropout(DROPOUT)

    def forward(self, asked: torch.Tensor, said: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """The question's tokens, ``[n, a, WIDTH]``, after attending to ``said``, ``[n, b, WIDTH]``, where unmasked."""
        n, a, b = len(asked), asked.shape[1], said.shape[1]
        wish = self.wish(self.before(asked)).view(n, a, HEADS, -1).transpose(1, 2)
        keys, values = self.offer(said).view(n, b, 2, HEADS, -1).permute(2, 0, 3, 1, 4)
        weights = (wish @ keys.transpose(2, 3)) / math.sqrt(WIDTH // HEADS)
        weights = weights.masked_fill(~mask[:, None, None, :], NOWHERE).softmax(-1)
        asked = asked + self.drop(self.out((weights @ values).transpose(1, 2).reshape(n, a, WIDTH)))
        return asked + self.drop(self.down(F.gelu(self.up(self.after(asked)))))


class Network(nn.Module):
    """One logit for each pair of a question and a sentence."""

    def __init__(self) -> None:
        super().__init__()
        self.deep, self.word = nn.Linear(DEEP, WIDTH), nn.Linear(DEEP, WIDTH, bias=False)
        self.asked_seen, self.said_seen = nn.Linear(6, WIDTH), nn.Linear(4, WIDTH)
        self.asked_side = nn.Parameter(torch.zeros(WIDTH))
        self.asked_norm, self.said_norm = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.blocks = nn.ModuleList(Block() for _ in range(BLOCKS))
        self.norm, self.mix, self.out = (
            nn.LayerNorm(WIDTH),
            nn.Linear(2 * WIDTH + 4, WIDTH),
            nn.Linear(WIDTH, 1),
        )
        self.drop = nn.Dropout(DROPOUT)

    def forward(self, question: Side, sentence: Side) -> torch.Tensor:
        """Logits ``[n]``, above 0 where the sentence is more likely than not an answer."""
        (asked, asked_word, mine), (said, said_word, theirs) = question, sentence
        first, second, back = _alike(asked, said, mine, theirs)
        first_word, second_word, back_word = _alike(asked_word, said_word, mine, theirs)
        count = mine.sum(1)
        shares = [(each * mine).sum(1) / count for each in (first, first_word)]
        worst = [each.masked_fill(~mine, 1).min(1).values for each in (first, first_word)]
        mine_all, theirs_all = ([s[:, None].expand(-1, m.shape[1]) for s in shares] for m in (mine, theirs))
        seen = torch.stack([first, second, first_word, second_word, *mine_all], -1)
        q = self.deep(asked) + self.word(asked_word) + self.asked_side + self.asked_seen(seen)
        seen = torch.stack([back, back_word, *theirs_all], -1)
        t = self.deep(said) + self.word(said_word) + self.said_seen(seen)
        q, t = self.drop(self.asked_norm(q)), self.drop(self.said_norm(t))
        for block in self.blocks:
            q = block(q, t, theirs)
        q = self.norm(q)
        mean = (q * mine[..., None]).sum(1) / count[:, None]
        most = q.masked_fill(~mine[..., None], NOWHERE).max(1).values
        whole = self.drop(torch.cat([mean, most, torch.stack([*shares, *worst], -1)], -1))
        return self.out(self.drop(F.gelu(self.mix(whole)))).squeeze(-1)


def _alike(
    asked: torch.Tensor, said: torch.Tensor, mine: torch.Tensor, theirs: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Cosines of each token of the question to the sentence's two most similar, and back to the most similar one."""
    cosines = F.normalize(asked, dim=-1) @ F.normalize(said, dim=-1).transpose(1, 2)
    two = cosines.masked_fill(~theirs[:, None, :], -1).topk(2, dim=2).values
    return two[..., 0], two[..., 1], cosines.masked_fill(~mine[:, :, None], -1).max(1).values


def side(tokens: Sequence[Tokens]) -> Side:
    """Texts of different length as one batch."""
    from torch.nn.utils.rnn import pad_sequence

    hidden = pad_sequence([each.hidden.float() for each in tokens], batch_first=True)
    words = pad_sequence([each.words.float() * BARE for each in tokens], batch_first=True)
    mask = pad_sequence([torch.ones(len(each.words), dtype=torch.bool) for each in tokens], batch_first=True)
    return hidden, words, mask

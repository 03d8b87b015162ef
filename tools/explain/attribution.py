"""How much each word spoke for a label: by integrated gradients, and by leaving words out. For many texts at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tools.explain.words import Word, gather, split_words, without

if TYPE_CHECKING:
    import numpy
    import torch


@dataclass(frozen=True)
class Reading:
    """What a model reads of a text.

    Attributes:
        text: the part that is within the model's window.
        words: its words.
        ids: its tokens.
        special: which of them the tokenizer has added (1).
        spans: the characters of each token.
    """

    text: str
    words: list[Word]
    ids: list[int]
    special: list[int]
    spans: list[tuple[int, int]]

    def without(self, removed: set[int]) -> str:
        """The text without some words."""
        return without(self.text, self.words, removed)


def read(model: Any, text: str) -> Reading:
    """What a model reads of a text; the rest is beyond its window.

    Args:
        model: has ``tokenizer`` and ``max_length``.
        text: any text.
    """
    encoded = model.tokenizer(
        text,
        truncation=True,
        max_length=model.max_length,
        return_offsets_mapping=True,
        return_special_tokens_mask=True,
    )
    spans = encoded["offset_mapping"]
    cut = len(encoded["input_ids"]) >= model.max_length
    end = max((end for _, end in spans), default=0) if cut else len(text)
    return Reading(
        text[:end],
        split_words(text[:end]),
        encoded["input_ids"],
        encoded["special_tokens_mask"],
        spans,
    )


@dataclass(frozen=True)
class Asked:
    """What is explained: a text, the label's column, and the label's probability for the whole text."""

    reading: Reading
    target: int
    probability: float


Values = tuple[list[float], float | None]  # one a word, signed; the convergence delta where there is one


def attribute(model: Any, asked: Sequence[Asked], method: str) -> list[Values]:
    """The attribution of each word of each text.

    Args:
        model: a ``tools.finetune.task.Classifier``; nobody else may use it meanwhile.
        asked: what is explained.
        method: one of ``tools.explain.explain.METHODS``.
    """
    if method == "occlusion":
        return [(values, None) for values in occlusion(model, asked)]
    gradients = integrated_gradients(model, asked)
    if method == "integrated-gradients":
        return gradients
    return [
        (_mean(_scaled(values), _scaled(left_out)), delta)
        for (values, delta), left_out in zip(gradients, occlusion(model, asked), strict=True)
    ]


def _mean(first: list[float], second: list[float]) -> list[float]:
    return [(a + b) / 2 for a, b in zip(first, second, strict=True)]


def _scaled(values: list[float]) -> list[float]:
    """Values of which the largest is 1 or -1, as figures of two kinds cannot be added otherwise."""
    most = max(map(abs, values), default=0.0) or 1.0
    return [value / most for value in values]


def integrated_gradients(model: Any, asked: Sequence[Asked]) -> list[Values]:
    """Captum's layer integrated gradients over the word embeddings, from an empty text to each text.

    What is shared out among the words is the label's log-probability: it does not saturate as the probability does,
    and unlike the bare logit it tells what speaks for this label rather than for all of them.
    """
    import torch

    from tools.explain import gradients
    from tools.finetune.cpu import fast
    from tools.finetune.encoder import autocast

    targets = torch.tensor([each.target for each in asked], device=model.device)
    log = torch.nn.functional.logsigmoid if several(model) else torch.nn.LogSoftmax(-1)

    def log_probability(ids: "torch.Tensor", mask: "torch.Tensor", numbers: "torch.Tensor") -> "torch.Tensor":
        with autocast(model.device):
            logits = model.module(ids, mask)
        logs = log(logits.float())
        return logs.gather(-1, targets[numbers].unsqueeze(-1)).squeeze(-1)

    model.module.requires_grad_(False)  # the weights' own gradients are not wanted
    rows = [gradients.Row(each.reading.ids, each.reading.special) for each in asked]
    filler = model.tokenizer.pad_token_id or 0
    with fast(model.module):
        found = gradients.integrated_gradients(
            log_probability, model.embedding_layer, rows, filler, model.device
        )
    return [
        (gather(each.reading.words, each.reading.spans, values), delta)
        for each, (values, delta) in zip(asked, found, strict=True)
    ]


def occlusion(model: Any, asked: Sequence[Asked]) -> list[list[float]]:
    """How far the label's probability falls when a word is left out: needs no gradients, fits any classifier.

    After Zeiler and Fergus 2014, and Li, Monroe and Jurafsky 2016, "Understanding Neural Networks through
    Representation Erasure".
    """
    shorter = [[each.reading.without({place}) for place in range(len(each.reading.words))] for each in asked]
    return [
        [each.probability - share for share in left]
        for each, left in zip(asked, shares(model, shorter, asked), strict=True)
    ]


def shares(model: Any, texts: Sequence[Sequence[str]], asked: Sequence[Asked]) -> list[list[float]]:
    """The probability of each one's label for its changed texts, all computed together.

    Args:
        model: anything with ``predict_proba``.
        texts: for each of ``asked`` some texts.
        asked: whose label counts.
    """
    found = probabilities(model, [text for group in texts for text in group])
    shared, at = [], 0
    for group, each in zip(texts, asked, strict=True):
        shared.append(found[at : at + len(group), each.target].tolist())
        at += len(group)
    return shared


def probabilities(model: Any, texts: Sequence[str]) -> "numpy.ndarray":
    """Class probabilities, each different text computed once.

    Args:
        model: a ``tools.finetune.task.Classifier``.
        texts: n texts; empty ones are allowed.
    """
    different = list(dict.fromkeys(texts))
    rows = {text: row for row, text in enumerate(different)}
    found = model.predict_proba(different)
    return found[[rows[text] for text in texts]]


def several(model: Any) -> bool:
    """Whether a text may have several labels."""
    return getattr(model, "threshold", None) is not None

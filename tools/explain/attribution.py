"""How much each word spoke for a label: by integrated gradients, and by leaving words out. For many texts at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from tools.explain.faithful import RANDOM_ORDERS
from tools.explain.passes import others_turn, probabilities, several
from tools.explain.words import Word, gather, without, words_up_to

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class Reading:
    """What a model reads of a text.

    Attributes:
        text: the part that is within the model's window.
        words: its words; one that the window's end cuts is the part of it that is read.
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
        words_up_to(text, end),
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


FEWEST_STEPS, FEWEST_TRIALS = 5, 5  # whatever the effort


class Effort(NamedTuple):
    """What may be read for a text.

    Attributes:
        steps: tokens on the integral's points, by :func:`combined`.
        trials: tokens of texts that lack one word, by :func:`combined`.
        search: tokens for the order of the strongest words, by :func:`combined`: of texts so short that all words were
            left out.
        orders: random ones, that faithfulness stands beside.
    """

    steps: int = 240
    trials: int = 320
    search: int = 400
    orders: int = RANDOM_ORDERS


USUAL = Effort()
# For each of many texts, the fewest steps and trials: takes less than half the time (docs/explain.md has the figures).
LEAST = Effort(steps=0, trials=0, search=0, orders=1)


class Values(NamedTuple):
    """The attributions of a text's words.

    Attributes:
        values: one a word, signed.
        delta: the convergence delta, where an integral was computed.
        steps: its points.
    """

    values: list[float]
    delta: float | None = None
    steps: int | None = None


def attribute(model: Any, asked: Sequence[Asked], method: str, effort: Effort = USUAL) -> list[Values]:
    """The attribution of each word of each text.

    Args:
        model: a ``tools.finetune.task.Classifier``; nobody else may use it meanwhile.
        asked: what is explained.
        method: one of ``tools.explain.explain.METHODS``.
        effort: what may be read for each.
    """
    if method == "occlusion":
        return [Values(values) for values in occlusion(model, asked)]
    if method == "integrated-gradients":
        return integrated_gradients(model, asked)
    return combined(model, asked, effort)


def combined(model: Any, asked: Sequence[Asked], effort: Effort) -> list[Values]:
    """Both ways together: the mean of their figures; of short texts the order of the strongest words is then tried out.

    All within bounds of how much is read for a text: longer ones get fewer steps of the integral, and only the words
    that are strongest by it are left out.
    """
    from tools.explain.gradients import STEPS
    from tools.explain.search import sharpened

    steps = [min(STEPS, max(FEWEST_STEPS, effort.steps // len(each.reading.ids))) for each in asked]
    gradients = integrated_gradients(model, asked, steps)
    slopes = [_scaled(each.values) for each in gradients]
    places = [_strongest(each, values, effort) for each, values in zip(asked, slopes, strict=True)]
    left_out = occlusion(model, asked, places)
    means, rest = [], []
    for slope, tried, drops in zip(slopes, places, left_out, strict=True):
        both = dict(zip(tried, _scaled(drops), strict=True))
        means.append([(value + both.get(place, value)) / 2 for place, value in enumerate(slope)])
        rest.append(effort.search if len(tried) == len(slope) else 0)
    return [
        of._replace(values=values)
        for values, of in zip(sharpened(model, asked, means, rest), gradients, strict=True)
    ]


def _strongest(asked: Asked, values: Sequence[float], effort: Effort) -> list[int]:
    """The words that are left out: all, or as many as may be read for."""
    most = max(FEWEST_TRIALS, effort.trials // len(asked.reading.ids))
    return sorted(range(len(values)), key=lambda place: -abs(values[place]))[:most]


def _scaled(values: list[float]) -> list[float]:
    """Values of which the largest is 1 or -1, as figures of two kinds cannot be added otherwise."""
    most = max(map(abs, values), default=0.0) or 1.0
    return [value / most for value in values]


def integrated_gradients(
    model: Any, asked: Sequence[Asked], steps: Sequence[int] | None = None
) -> list[Values]:
    """Captum's integrated gradients over the word embeddings, from an empty text to each text.

    What is shared out among the words is the label's log-probability: it does not saturate as the probability does,
    and unlike the bare logit it tells what speaks for this label rather than for all of them.

    Args:
        model: a ``tools.finetune.task.Classifier``.
        asked: n texts.
        steps: points of each one's integral; ``tools.explain.gradients.STEPS`` where left out.
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
    steps = steps or [gradients.STEPS] * len(asked)
    rows = [
        gradients.Row(each.reading.ids, each.reading.special, count)
        for each, count in zip(asked, steps, strict=True)
    ]
    filler = model.tokenizer.pad_token_id or 0
    found: list[tuple[list[float], float]] = [([], 0.0)] * len(rows)
    for part in gradients.parts(rows):
        others_turn()
        with fast(model.module):
            shared_out = gradients.integrated_gradients(
                log_probability, model.embedding_layer, [rows[i] for i in part], filler, model.device, part
            )
        for i, each in zip(part, shared_out, strict=True):
            found[i] = each
    return [
        Values(gather(each.reading.words, each.reading.spans, values), delta, count)
        for each, (values, delta), count in zip(asked, found, steps, strict=True)
    ]


def occlusion(
    model: Any, asked: Sequence[Asked], places: Sequence[Sequence[int]] | None = None
) -> list[list[float]]:
    """How far the label's probability falls when a word is left out: needs no gradients, fits any classifier.

    After Zeiler and Fergus 2014, and Li, Monroe and Jurafsky 2016, "Understanding Neural Networks through
    Representation Erasure".

    Args:
        model: anything with ``predict_proba``.
        asked: n texts.
        places: the words of each that are left out, all where left out.
    """
    places = places or [range(len(each.reading.words)) for each in asked]
    shorter = [
        [each.reading.without({place}) for place in some] for each, some in zip(asked, places, strict=True)
    ]
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

"""How much each word spoke for a label: by integrated gradients, and by leaving words out."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tools.explain.words import Word, gather, split_words, without

if TYPE_CHECKING:
    import numpy
    import torch

STEPS = 20
# Interpolated copies that go through the model at once: bounds the memory of long texts.
TOKENS_AT_ONCE = 4096


def read_part(model: Any, text: str) -> int:
    """The number of characters of the text that the model reads; the rest is beyond its window.

    Args:
        model: a ``tools.finetune.task.Classifier``.
        text: any text.
    """
    encoded = _encoded(model, text)
    if len(encoded["input_ids"]) < model.max_length:
        return len(text)
    return max((end for _, end in encoded["offset_mapping"]), default=0)


def _encoded(model: Any, text: str) -> Any:
    return model.tokenizer(
        text,
        truncation=True,
        max_length=model.max_length,
        return_offsets_mapping=True,
        return_special_tokens_mask=True,
    )


def integrated_gradients(
    model: Any, text: str, target: int, steps: int = STEPS
) -> tuple[list[Word], list[float], float]:
    """Captum's layer integrated gradients over the word embeddings, from an empty text to this one.

    What is shared out among the words is the label's log-probability: it does not saturate as the probability does,
    and unlike the bare logit it tells what speaks for this label rather than for all of them.

    Args:
        model: a ``tools.finetune.task.Classifier``; nobody else may use it meanwhile.
        text: what the model reads of it is explained.
        target: the label's column.
        steps: points of the integral.

    Returns:
        The words, the signed attribution of each, and the convergence delta (how far the attributions are from
        adding up to what they should).
    """
    import torch
    from captum.attr import LayerIntegratedGradients

    def log_probability(ids: "torch.Tensor", mask: "torch.Tensor") -> "torch.Tensor":
        logits = model.module(ids, mask).float()
        if getattr(model, "threshold", None) is not None:  # each label for itself
            return torch.nn.functional.logsigmoid(logits)[:, target]
        return logits.log_softmax(-1)[:, target]

    encoded = _encoded(model, text)
    ids = torch.tensor([encoded["input_ids"]], device=model.device)
    method = LayerIntegratedGradients(log_probability, model.embedding_layer)
    with torch.enable_grad():
        found, delta = method.attribute(
            ids,
            baselines=_empty(model, ids, encoded["special_tokens_mask"]),
            additional_forward_args=(torch.ones_like(ids),),
            n_steps=steps,
            internal_batch_size=max(1, TOKENS_AT_ONCE // ids.shape[1]),
            return_convergence_delta=True,
        )
    words = _read_words(model, text)
    values = gather(words, encoded["offset_mapping"], found.sum(-1)[0].tolist())
    return words, values, float(delta.abs().sum())


def _empty(model: Any, ids: "torch.Tensor", special: Sequence[int]) -> "torch.Tensor":
    """The empty text of the same length: padding everywhere but at the tokens the tokenizer has added.

    Unknown words count as ordinary tokens here, so that they get their share too.
    """
    import torch

    kept = torch.tensor([special], device=ids.device, dtype=torch.bool)
    return torch.where(kept, ids, torch.full_like(ids, model.tokenizer.pad_token_id or 0))


def _read_words(model: Any, text: str) -> list[Word]:
    limit = read_part(model, text)
    return [word for word in split_words(text) if word.start < limit]


def occlusion(model: Any, text: str, target: int, probability: float) -> tuple[list[Word], list[float], None]:
    """How far the label's probability falls when a word is left out: needs no gradients, fits any classifier.

    Args:
        model: anything with ``predict_proba``, ``tokenizer`` and ``max_length``.
        text: what the model reads of it is explained.
        target: the label's column.
        probability: of the label for the whole text.
    """
    words = _read_words(model, text)
    shorter = [without(text, words, {place}) for place in range(len(words))]
    if not shorter:
        return words, [], None
    return words, [probability - float(left) for left in probabilities(model, shorter)[:, target]], None


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

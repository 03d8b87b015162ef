"""Explanations against Captum's layer integrated gradients as its documentation calls it, and against random orders.

Ours shares out the log-probability in 20 steps and also predicts and measures each explanation's faithfulness by
deleting words (ERASER's AOPC); the peer shares out the logit in 50 steps and does nothing else.
"""

from collections.abc import Iterable
from statistics import mean
from typing import Any, NamedTuple

from tests.benchmarks import tickets
from tests.benchmarks.measure import each, rates, sized
from tests.benchmarks.row import Row

PEER = "captum LayerIntegratedGradients, defaults"


class Attributed(NamedTuple):
    """A text, the predicted label's column, and each sub-word's attribution and characters."""

    text: str
    target: int
    values: list[float]
    spans: list[tuple[int, int]]


def run() -> Iterable[Row]:
    from tools.explain.explain import explain
    from tools.serving.predictor import load

    predictor = load(tickets.trained().folder)
    texts = [text for text, _ in tickets.parts()[1]][: sized(30, 6)]
    ours: list[dict[str, Any]] = []
    theirs: list[Attributed] = []
    speed = rates(
        each(lambda text: ours.append(explain(predictor, text))),
        each(lambda text: theirs.append(plain(predictor.model, text))),
        texts,
    )
    yield Row("explain: texts one by one (ours with faithfulness)", *speed, PEER)
    yield from _faithfulness(ours, [comprehensiveness(predictor.model, found) for found in theirs])


def _faithfulness(ours: list[dict[str, Any]], captums: list[float]) -> Iterable[Row]:
    def average(key: str) -> float:
        return mean(found["faithfulness"][key] for found in ours)

    whole = mean(found["prediction"]["score"] for found in ours)
    mine, name = average("comprehensiveness"), f"explain: comprehensiveness, {len(ours)} texts"
    yield Row(name, mine, mean(captums), PEER, unit="")
    yield Row(name, mine, average("random_comprehensiveness"), "words in random order", unit="")
    left = whole - average("sufficiency"), whole - average("random_sufficiency")
    yield Row("explain: probability left by the top words alone", *left, "random words", unit="")


def plain(model: Any, text: str) -> Attributed:
    """Captum's attributions of the sub-words for the predicted label."""
    import torch
    from captum.attr import LayerIntegratedGradients

    encoded = model.tokenizer(text, truncation=True, max_length=model.max_length, return_offsets_mapping=True)
    ids = torch.tensor([encoded["input_ids"]])
    mask = torch.ones_like(ids)
    with torch.inference_mode():
        target = int(model.module(ids, mask).argmax())
    method = LayerIntegratedGradients(model.module, model.embedding_layer)
    padding = torch.full_like(ids, model.tokenizer.pad_token_id)
    found = method.attribute(ids, baselines=padding, target=target, additional_forward_args=(mask,))
    return Attributed(text, target, found.sum(-1)[0].tolist(), encoded["offset_mapping"])


def comprehensiveness(model: Any, found: Attributed) -> float:
    """That of the peer's attributions, measured as ours is."""
    from tools.explain.faithful import faithfulness
    from tools.explain.words import gather, split_words

    words = split_words(found.text)
    attributions = gather(words, found.spans, found.values)
    probability = float(model.predict_proba([found.text])[0, found.target])
    measured = faithfulness(model.predict_proba, found.text, words, attributions, found.target, probability)
    return measured["comprehensiveness"]

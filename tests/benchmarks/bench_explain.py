"""Explanations against Captum's layer integrated gradients as its documentation calls it, and against random orders.

Ours shares out the log-probability in 20 steps and also predicts and measures each explanation's faithfulness by
deleting words (ERASER's AOPC); the peer shares out the logit in 50 steps and does nothing else.
"""

import statistics
from collections.abc import Iterable
from typing import Any

from tests.benchmarks import tickets
from tests.benchmarks.measure import each, rates, sized
from tests.benchmarks.row import Row

PEER = "captum LayerIntegratedGradients, defaults"


def run() -> Iterable[Row]:
    from tools.explain.explain import explain
    from tools.serving.predictor import load

    predictor = load(tickets.trained().folder)
    texts = [text for text, _ in tickets.parts()[1]][: sized(30, 6)]
    speed = rates(
        each(lambda text: explain(predictor, text)), each(lambda text: plain(predictor.model, text)), texts
    )
    yield Row("explain: texts one by one (ours with faithfulness)", *speed, PEER)
    ours = [explain(predictor, text) for text in texts]
    theirs = [faithful(predictor.model, text) for text in texts]
    name, whole = (
        f"explain: comprehensiveness, {len(texts)} texts",
        [each["prediction"]["score"] for each in ours],
    )
    mine = _mean(each["faithfulness"]["comprehensiveness"] for each in ours)
    yield Row(name, mine, _mean(each["comprehensiveness"] for each in theirs), PEER, unit="")
    chance = _mean(each["faithfulness"]["random_comprehensiveness"] for each in ours)
    yield Row(name, mine, chance, "words in random order", unit="")
    kept, random_kept = (
        _mean(p - each["faithfulness"][key] for p, each in zip(whole, ours, strict=True))
        for key in ("sufficiency", "random_sufficiency")
    )
    yield Row("explain: probability left by the top words alone", kept, random_kept, "random words", unit="")


def _mean(values: Iterable[float]) -> float:
    return statistics.mean(values)


def plain(model: Any, text: str) -> tuple[int, list[float], list[tuple[int, int]]]:
    """The predicted column, and Captum's attribution and characters of each sub-word."""
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
    return target, found.sum(-1)[0].tolist(), encoded["offset_mapping"]


def faithful(model: Any, text: str) -> dict[str, float]:
    """The faithfulness of the peer's attributions, measured as ours is."""
    from tools.explain.faithful import faithfulness
    from tools.explain.words import gather, split_words

    target, values, spans = plain(model, text)
    words = split_words(text)
    attributions = gather(words, spans, values)
    probability = float(model.predict_proba([text])[0, target])
    return faithfulness(model.predict_proba, text, words, attributions, target, probability)

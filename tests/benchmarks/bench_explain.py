"""Explanations against Captum's layer integrated gradients as its documentation calls it, and against random orders.

Ours (``combined``) also predicts and measures each explanation's faithfulness by deleting words (ERASER's AOPC); the
peer shares out the logit in 50 steps and does nothing else. ``BENCH_DATA`` may name
a training file with the columns text and category (such as Banking77's): 30 rows a label train a ``full`` model, others
are explained. The sample tickets stand in where it is left out.
"""

import os
import resource
import sys
from collections.abc import Iterable
from pathlib import Path
from statistics import mean
from typing import Any, NamedTuple

from tests.benchmarks import tickets
from tests.benchmarks.measure import each, milliseconds, rates, shuffled, sized
from tests.benchmarks.row import Row

PEER = "captum LayerIntegratedGradients, defaults"
A_LABEL = 30  # rows of BENCH_DATA that are learned from


class Attributed(NamedTuple):
    """A text, the predicted label's column, and each sub-word's attribution and characters."""

    text: str
    target: int
    values: list[float]
    spans: list[tuple[int, int]]


def run() -> Iterable[Row]:
    from tools.explain.explain import explain, explain_many
    from tools.serving.predictor import load

    folder, held = _model()
    predictor = load(folder, engine="torch")
    texts = held[: sized(100, 6)]
    ours: list[dict[str, Any]] = []
    theirs: list[Attributed] = []
    speed = rates(
        each(lambda text: ours.append(explain(predictor, text))),
        each(lambda text: theirs.append(plain(predictor.model, text))),
        texts,
    )
    yield Row("explain: texts one by one (ours with faithfulness)", *speed, PEER)
    yield from _faithfulness(ours, [comprehensiveness(predictor.model, found) for found in theirs])
    occluded = explain_many(predictor, texts, "occlusion")
    gained = mean(found["faithfulness"]["comprehensiveness"] for found in occluded)
    name = "explain: comprehensiveness, combined"
    yield Row(
        name, mean(found["faithfulness"]["comprehensiveness"] for found in ours), gained, "occlusion", unit=""
    )
    together = rates(
        lambda part: explain_many(predictor, part),
        each(lambda text: explain(predictor, text)),
        texts,
        rounds=3,
    )
    yield Row("explain: texts together", *together, "ours, one by one")
    many = [found["faithfulness"] for found in explain_many(predictor, texts)]
    for measure in ("comprehensiveness", "sufficiency"):
        own, chance = (mean(each[key] for each in many) for key in (measure, f"random_{measure}"))
        name, less = f"explain: {measure}, texts together", measure == "sufficiency"
        yield Row(name, own, chance, "words in random order", unit="", lower_is_better=less)
    yield from _latency(predictor)
    yield _memory(predictor)


def _model() -> tuple[Path, list[str]]:
    """The trained model's folder, and texts it has not learned from."""
    if "BENCH_DATA" not in os.environ:
        return tickets.trained().folder, [text for text, _ in tickets.parts()[1]]
    import csv
    from collections import defaultdict

    from tools.finetune.run import train
    from tools.finetune.spec import FinetuneSpec

    by_label: dict[str, list[str]] = defaultdict(list)
    with Path(os.environ["BENCH_DATA"]).open(encoding="utf-8", newline="") as file:
        for row in shuffled(list(csv.DictReader(file))):
            by_label[row["category"]].append(row["text"])
    learned = tickets.folder() / "explain.csv"
    with learned.open("w", encoding="utf-8", newline="") as file:
        rows = [(text, label) for label, texts in by_label.items() for text in texts[:A_LABEL]]
        csv.writer(file).writerows([("text", "category"), *rows])
    output = tickets.folder() / "explained"
    train(
        FinetuneSpec(learned, "explained", method="full"),
        output,
        tickets.folder() / "explain-work",
        lambda _: None,
    )
    return output, shuffled([text for texts in by_label.values() for text in texts[A_LABEL:]])


def _faithfulness(ours: list[dict[str, Any]], captums: list[float]) -> Iterable[Row]:
    def average(key: str) -> float:
        return mean(found["faithfulness"][key] for found in ours)

    mine, name = average("comprehensiveness"), f"explain: comprehensiveness, {len(ours)} texts"
    yield Row(name, mine, mean(captums), PEER, unit="")
    yield Row(name, mine, average("random_comprehensiveness"), "words in random order", unit="")
    left, name = average("random_sufficiency"), f"explain: sufficiency, {len(ours)} texts"
    yield Row(name, average("sufficiency"), left, "words in random order", unit="", lower_is_better=True)


def _latency(predictor: Any) -> Iterable[Row]:
    """The median time for a text of 40 tokens, beside what is wanted of it and Captum's plain call in 20 steps."""
    from tools.explain.explain import explain
    from tools.explain.gradients import STEPS

    words = [
        " ".join(f"{word} {number}" for word in ("refund", "my", "card", "please")) for number in range(11)
    ]
    texts = [" ".join(words[i:] + words[:i])[:128] for i in range(sized(16, 3))]
    ours, captums = milliseconds(
        lambda text: explain(predictor, text),
        lambda text: plain(predictor.model, text, STEPS),
        texts,
        warming=min(5, len(texts) - 1),
    )
    name = "explain: median of one text of 40 tokens"
    yield Row(name, ours, 250.0, "the target", "ms", True)
    yield Row(name, ours, captums, f"captum LayerIntegratedGradients, {STEPS} steps", "ms", True)


def _memory(predictor: Any) -> Row:
    """How far the process grows for a text that fills the model's window."""
    from tools.explain.explain import explain

    scale = 1 if sys.platform == "darwin" else 1024
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * scale
    explain(predictor, "please refund my card " * 200)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * scale - before
    return Row("explain: growth at a full window", grown / 1e6, 1000.0, "the target", "MB", True)


def plain(model: Any, text: str, steps: int = 50) -> Attributed:
    """Captum's attributions of the sub-words for the predicted label, in its own number of steps or another."""
    import torch
    from captum.attr import LayerIntegratedGradients

    encoded = model.tokenizer(text, truncation=True, max_length=model.max_length, return_offsets_mapping=True)
    ids = torch.tensor([encoded["input_ids"]])
    mask = torch.ones_like(ids)
    with torch.inference_mode():
        target = int(model.module(ids, mask).argmax())
    method = LayerIntegratedGradients(model.module, model.embedding_layer)
    padding = torch.full_like(ids, model.tokenizer.pad_token_id)
    found = method.attribute(
        ids, baselines=padding, target=target, additional_forward_args=(mask,), n_steps=steps
    )
    return Attributed(text, target, found.sum(-1)[0].tolist(), encoded["offset_mapping"])


def comprehensiveness(model: Any, found: Attributed) -> float:
    """That of the peer's attributions, measured as ours is."""
    from tools.explain.faithful import faithfulness, perturbations
    from tools.explain.words import gather, split_words, without

    words = split_words(found.text)
    parts = perturbations(gather(words, found.spans, found.values))
    rows = model.predict_proba([found.text, *(without(found.text, words, part) for part in parts)])
    whole, *left = rows[:, found.target].tolist()
    return faithfulness(whole, left)["comprehensiveness"]

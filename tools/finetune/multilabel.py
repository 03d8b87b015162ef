"""How a text classifier with several labels a text is trained: one yes or no for each label. Imported only with torch.

The same encoder, warm start and methods as for single labels; the loss is the binary cross-entropy of each label.
"""

from collections import Counter
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy
from transformers import set_seed

from tools.finetune import frozen, head
from tools.finetune.classification import save_head, tokenized, train_model
from tools.finetune.classifier import TextClassifier
from tools.finetune.encoder import FrozenEncoder
from tools.finetune.examples import Parts
from tools.finetune.frozen import Weights
from tools.finetune.machine import best_device
from tools.finetune.multi_metrics import choose_threshold, indicator, multilabel, multilabel_evaluation
from tools.finetune.task import Outcome, Run

Example = tuple[str, tuple[str, ...]]
NEVER = -10.0  # the logit of a label that no training row has, or (negated) that all have


@dataclass(frozen=True)
class _Known:
    """What the frozen encoder tells: its weights and their metrics, and probabilities of the validation rows."""

    weights: Weights
    baseline: dict[str, dict[str, float]]
    encoder: FrozenEncoder
    vectors: dict[str, numpy.ndarray]


def train(run: Run, parts: Parts[Example]) -> Outcome:
    """One whole run."""
    set_seed(run.spec.seed)
    labels = sorted({name for _, names in parts.train for name in names})
    known = _frozen(run, parts, labels)
    if run.plan["method"] == "head":
        save_head(run, known.encoder, labels, known.weights, several=True)
        trained, length = sum(part.size for part in known.weights), known.encoder.max_length
        curve: list[dict[str, float]] = []
    else:
        read = partial(_features, rows=(parts.train, parts.validation), labels=labels)
        trained, length, curve = train_model(run, labels, known.weights, read, _score, several=True)
    run.report.tell("Measuring on the held-out rows")
    saved = TextClassifier(run.staging, labels, length, best_device(), threshold=0.5)
    threshold = 0.5
    if parts.validation:
        truth = indicator(_sets(parts.validation), labels)
        threshold = choose_threshold(truth, saved.predict_proba(_texts(parts.validation)))
    found = saved.predict_proba(_texts(parts.test))
    metrics, evaluation = multilabel_evaluation(
        _texts(parts.test), _sets(parts.test), found, labels, threshold
    )
    info = {"labels": labels, "max_length": length, "threshold": threshold}
    return Outcome(metrics, known.baseline, trained, info, evaluation | {"curve": curve})


def _texts(rows: list[Example]) -> list[str]:
    return [text for text, _ in rows]


def _sets(rows: list[Example]) -> list[tuple[str, ...]]:
    return [names for _, names in rows]


def _frozen(run: Run, parts: Parts[Example], labels: list[str]) -> _Known:
    """A logistic regression for each label on the frozen encoder, and what untrained ways get on the held-out rows."""
    encoder = FrozenEncoder(run.base)
    vectors = frozen.vectors_of(run, encoder, parts)
    run.report.phase("Fitting the classifier", len(labels))
    truth = indicator(_sets(parts.train), labels)
    lines = []
    for number in range(len(labels)):
        lines.append(_line(vectors["train"], truth[:, number]))
        run.report.advance(number + 1)
    weight = numpy.stack([line for line, _ in lines]).astype(numpy.float32)
    bias = numpy.array([start for _, start in lines], dtype=numpy.float32)
    wanted = indicator(_sets(parts.test), labels)
    usual = Counter(tuple(sorted(names)) for names in _sets(parts.train)).most_common(1)[0][0]
    baseline = {
        "majority": multilabel(wanted, indicator([usual] * len(wanted), labels)),
        "frozen_encoder": multilabel(wanted, vectors["test"] @ weight.T + bias >= 0),
    }
    run.report.tell(f"A first result without fine-tuning: F1 {baseline['frozen_encoder']['f1_micro']:.1%}")
    return _Known((weight, bias), baseline, encoder, vectors)


def _line(vectors: numpy.ndarray, truth: numpy.ndarray) -> tuple[numpy.ndarray, float]:
    """Weight and bias of one label's yes or no."""
    if truth.min() == truth.max():
        return numpy.zeros(vectors.shape[1]), NEVER if truth.max() == 0 else -NEVER
    fitted = head.regression(vectors, truth.tolist())
    return fitted.coef_[0], float(fitted.intercept_[0])


def _features(
    tokenizer: Any, length: int, rows: tuple[list[Example], ...], labels: list[str]
) -> list[list[dict[str, Any]]]:
    """Token ids, and 0.0 or 1.0 for each label, of each group of rows."""
    truths = (indicator(_sets(group), labels).astype(float).tolist() for group in rows)
    return [
        tokenized(tokenizer, length, _texts(group), truth) for group, truth in zip(rows, truths, strict=True)
    ]


def _score(prediction: Any) -> dict[str, float]:
    """The F1 over all labels that early stopping goes by."""
    truth, guess = prediction.label_ids.astype(int), (prediction.predictions >= 0).astype(int)
    return {"score": multilabel(truth, guess)["f1_micro"]}

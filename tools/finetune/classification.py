"""How a text classifier is trained: baselines, then the model, then the measuring. Imported only with torch."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy
from transformers import (
    AutoConfig,
    AutoModelForSequenceClassification,
    DataCollatorWithPadding,
    set_seed,
)

from knowledge.loading import loaded
from tools.finetune import averaging, continual, frozen, head, methods, pseudo
from tools.finetune.classifier import TextClassifier
from tools.finetune.encoder import FrozenEncoder, load_tokenizer, max_length
from tools.finetune.examples import Parts
from tools.finetune.fit import Material, fit, steps_of
from tools.finetune.frozen import Frozen, Weights
from tools.finetune.label_errors import told as doubts_told
from tools.finetune.machine import PAD_TO, best_device
from tools.finetune.metrics import classifier_evaluation
from tools.finetune.names import FEW, with_names
from tools.finetune.task import Outcome, Run
from tools.finetune.weaknesses import weaknesses
from tools.finetune.weighted import by_labels

Example = tuple[str, str]
Trained = tuple[int, int, list[dict[str, float]]]  # trainable parameters, tokens read, curve


def train(run: Run, parts: Parts[Example]) -> Outcome:
    """One whole run of text classification."""
    set_seed(run.spec.seed)
    old = continual.earlier(run, parts)
    replayed = 0
    if old:
        parts, replayed = continual.with_replay(parts, old, run.spec.seed, run.spec.test_data is None)
    more = [] if run.spec.search else pseudo.unlabeled(run, parts)
    if len(more) >= pseudo.WORTH and parts.validation:
        outcome, labels = pseudo.train_with(run, parts, more, _train)
    else:
        outcome, labels = _train(run, parts)
    if not old:
        return outcome
    run.report.tell("Measuring on the earlier held-out rows")
    lost = continual.forgetting(run, old, labels, outcome.info["max_length"], replayed)
    return replace(
        outcome,
        evaluation=outcome.evaluation | {"forgetting": lost},
        warnings=outcome.warnings + continual.told(old, lost),
    )


def _train(run: Run, parts: Parts[Example], whole: bool = True) -> tuple[Outcome, list[str]]:
    """Train and measure; the labels in the order of the logits.

    Args:
        run: the run.
        parts: the rows.
        whole: whether the validation rows may be learned from too: by a head, once they have chosen its strength, and
            where rows are few.
    """
    labels = sorted({label for _, label in parts.train})
    if whole and _all_count(run, parts, labels):
        known = [row for row in parts.validation if row[1] in labels]
        parts = replace(parts, train=parts.train + known, validation=[])
    parts, named = with_names(parts)
    if run.plan["method"] in ("head", "few-shot"):
        encoder = _encoder(run, parts, labels)
        vectors = frozen.vectors_of(run, encoder, parts)
        doubt = run.plan["method"] == "head" and len(parts.train) <= head.CHOOSING_ROWS
        found = frozen.measure(parts, vectors, labels, named, doubt)
        weights = _train_head(run, parts, vectors, labels, whole)
        save_head(run, encoder, labels, weights)
        trained: Trained = sum(part.size for part in weights), encoder.max_length, []
        # The vectors are there already, so only the layer on top is applied to them.
        probabilities = head.probabilities(*weights, vectors["test"])
    else:
        found = frozen.stored(run, parts, labels, named)
        seen = [row for row in parts.validation if row[1] in labels]
        read = partial(_features, rows=(parts.train, seen), labels=labels)
        trained = train_model(run, labels, found.weights, read, accuracy)
        run.report.tell("Measuring on the held-out rows")
        saved = TextClassifier(run.staging, labels, trained[1], best_device())
        probabilities = saved.predict_proba([text for text, _ in parts.test])
    outcome = _outcome(parts, labels, found, trained, probabilities, named)
    return replace(outcome, warnings=outcome.warnings + _limits(run, parts)), labels


def _limits(run: Run, parts: Parts[Example]) -> list[str]:
    """What a head goes without."""
    if run.plan["method"] not in ("head", "few-shot"):
        return []
    said = []
    if run.plan["method"] == "head" and len(parts.train) > head.CHOOSING_ROWS:
        said.append(
            f"Labels that look wrong were not looked for: with more than {head.CHOOSING_ROWS:,} rows head goes "
            "without, to be quick. full looks for them."
        )
    config = AutoConfig.from_pretrained(str(run.base), trust_remote_code=False)
    if not averaging.takes(config):
        said.append(
            f"transformers.pipeline does not know the classifier of this folder, as {run.plan['base']} "
            f"({config.model_type}) has no place for it: predict with the assistant, or train with full or lora."
        )
    return said


def _all_count(run: Run, parts: Parts[Example], labels: list[str]) -> bool:
    """Whether rows are so few that all weights shall learn from all of them, and none is kept to choose by.

    A validation row or two for each label cannot tell when to stop, and training that starts from a fitted classifier
    does not go far astray.
    """
    if run.plan["method"] in ("head", "few-shot") or run.spec.search is not None:
        return False
    warm = averaging.takes(AutoConfig.from_pretrained(str(run.base), trust_remote_code=False))
    return warm and len(parts.train) < FEW * len(labels)


def _encoder(run: Run, parts: Parts[Example], labels: list[str]) -> FrozenEncoder:
    """The encoder a head is put on; few-shot first pulls texts of one label together."""
    if run.plan["method"] == "few-shot":
        from tools.finetune.contrastive import tuned_encoder

        return tuned_encoder(run, parts.train, parts.validation)
    return FrozenEncoder(run.base)


def _labels(rows: list[Example]) -> list[str]:
    return [label for _, label in rows]


def _train_head(
    run: Run, parts: Parts[Example], vectors: dict[str, Any], labels: list[str], whole: bool
) -> Weights:
    """Choose the strength on the validation rows, then (for the ``whole``) learn from those too."""
    run.report.phase("Fitting the classifier", len(head.STRENGTHS) + 1)
    known = [i for i, (_, label) in enumerate(parts.validation) if label in labels]
    strength = head.USUAL
    if known:
        held = vectors["validation"][known], [parts.validation[i][1] for i in known]
        strength = head.choose_strength((vectors["train"], _labels(parts.train)), held, run.report.advance)
    known = known if whole else []
    everything = numpy.concatenate([vectors["train"], vectors["validation"][known]])
    answers = _labels(parts.train) + [parts.validation[i][1] for i in known]
    fitted = head.regression(everything, answers, strength)
    run.report.advance(len(head.STRENGTHS) + 1)
    return head.weights_of(fitted, labels)


def save_head(
    run: Run, encoder: FrozenEncoder, labels: list[str], weights: Weights, several: bool = False
) -> None:
    """Write a plain Hugging Face folder where the base allows it; ``several``: labels a text."""
    if not averaging.takes(encoder.model.config):
        head.save(run.staging, encoder, *weights)
        return
    model = build(encoder.base, labels, encoder.tokenizer, several)
    averaging.warm_start(model, *weights)
    model.save_pretrained(run.staging, safe_serialization=True)
    encoder.tokenizer.save_pretrained(run.staging)


def train_model(
    run: Run,
    labels: list[str],
    weights: Weights,
    read: Callable[[Any, int], list[list[dict[str, Any]]]],
    measure: Callable[[Any], dict[str, float]],
    several: bool = False,
) -> Trained:
    """Full fine-tuning or an adapter; either way a plain Hugging Face folder comes out.

    Args:
        run: the run.
        labels: in the order of the logits.
        weights: of the classifier on the frozen encoder, from which training starts where the base allows it.
        read: tokenizer and longest length to the rows to train on and to choose by.
        measure: see :class:`tools.finetune.fit.Material`.
        several: whether a text may have several labels.
    """
    method = run.plan["method"]
    tokenizer = load_tokenizer(run.base)
    model: Any = build(run.base, labels, tokenizer, several)
    if averaging.takes(model.config):
        averaging.warm_start(model, *weights)
    length = max_length(tokenizer, model.config)
    train, validation = read(tokenizer, length)
    steps = steps_of(run.plan, len(train))
    model = methods.wrap(model, method, "SEQ_CLS", steps, ("pooler", "classifier", "score", "pre_classifier"))
    trained = methods.trainable(model)
    given = [row["labels"] for row in train] if run.plan.get("weighted") and not several else []
    trainer, measure = by_labels(given, len(labels), measure)
    material = Material(
        model=model,
        train=train,
        validation=validation,
        collate=DataCollatorWithPadding(tokenizer, pad_to_multiple_of=PAD_TO),
        measure=measure,
        after_step=methods.after_step(model, method),
        trainer=trainer,
    )
    curve = fit(run, material)
    plain = methods.merge(model, method, run.staging)
    plain.config.use_cache = False
    plain.save_pretrained(run.staging, safe_serialization=True)
    tokenizer.save_pretrained(run.staging)
    return trained, length, curve


def build(base: Path | str, labels: list[str], tokenizer: Any, several: bool = False) -> Any:
    """The base model with a new classification layer.

    Args:
        base: folder or hub id.
        labels: in the order of the logits.
        tokenizer: the base's.
        several: whether a text may have several labels.
    """
    config = AutoConfig.from_pretrained(str(base), trust_remote_code=False)
    config.num_labels = len(labels)
    config.id2label = dict(enumerate(labels))
    config.label2id = {label: number for number, label in enumerate(labels)}
    config.problem_type = f"{'multi' if several else 'single'}_label_classification"
    config.pad_token_id = tokenizer.pad_token_id
    return loaded(
        AutoModelForSequenceClassification,
        str(base),
        config=config,
        ignore_mismatched_sizes=True,
        use_safetensors=True,
        dtype="float32",
    )


def _features(
    tokenizer: Any, length: int, rows: tuple[list[Example], ...], labels: list[str]
) -> list[list[dict[str, Any]]]:
    """Token ids and label numbers of each group of rows; padding comes later, batch by batch."""
    numbers = {label: number for number, label in enumerate(labels)}
    return [
        tokenized(tokenizer, length, [text for text, _ in group], [numbers[label] for _, label in group])
        for group in rows
    ]


def tokenized(tokenizer: Any, length: int, texts: list[str], targets: list[Any]) -> list[dict[str, Any]]:
    """Texts as token ids, each with its target."""
    if not texts:
        return []
    ids = tokenizer(texts, truncation=True, max_length=length)["input_ids"]
    return [{"input_ids": row, "labels": target} for row, target in zip(ids, targets, strict=True)]


def accuracy(prediction: Any) -> dict[str, float]:
    """The score that early stopping goes by."""
    return {"score": float((prediction.predictions.argmax(-1) == prediction.label_ids).mean())}


def _outcome(
    parts: Parts[Example],
    labels: list[str],
    found: Frozen,
    trained: Trained,
    probabilities: Any,
    named: int,
) -> Outcome:
    """What the run brought, by the saved model's probabilities of the held-out rows."""
    parameters, length, curve = trained
    texts, truth = [text for text, _ in parts.test], _labels(parts.test)
    metrics, evaluation = classifier_evaluation(texts, truth, probabilities, labels)
    weak = weaknesses(texts, truth, [labels[i] for i in probabilities.argmax(axis=1)])
    return Outcome(
        metrics=metrics,
        baseline=found.baseline,
        trainable_parameters=parameters,
        info={"labels": labels, "max_length": length},
        evaluation=evaluation | weak | {"curve": curve, "label_errors": found.errors},
        warnings=doubts_told(found.doubtful, len(parts.train) - named),
    )

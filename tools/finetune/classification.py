"""How a text classifier is trained: baselines, then the model, then the measuring. Imported only with torch."""

import json
from functools import partial
from typing import Any

from transformers import (  # noqa: TID253
    AutoConfig,
    AutoModelForSequenceClassification,
    DataCollatorWithPadding,
    set_seed,
)

from tools.finetune import baselines, head, methods
from tools.finetune.classifier import TextClassifier
from tools.finetune.encoder import FrozenEncoder, load_tokenizer, max_length
from tools.finetune.examples import Parts
from tools.finetune.fit import Material, fit, steps_of
from tools.finetune.machine import best_device
from tools.finetune.metrics import classifier_evaluation
from tools.finetune.task import Outcome, Run

Example = tuple[str, str]
Trained = tuple[int, int, list[dict[str, float]]]  # trainable parameters, tokens read, curve


def train(run: Run, parts: Parts[Example]) -> Outcome:
    """One whole run of text classification."""
    set_seed(run.spec.seed)
    labels = sorted({label for _, label in parts.train})
    if run.plan["method"] in ("head", "few-shot"):
        encoder = _encoder(run, parts, labels)
        vectors = _vectors(run, encoder, parts)
        baseline = _baselines(parts, vectors)
        trained = _train_head(run, encoder, parts, vectors, labels)
        # The vectors are there already, so only the saved layer on top is applied to them.
        probabilities = head.probabilities(run.staging, vectors["test"])
    else:
        baseline = _stored_baselines(run, parts)
        trained = _train_model(run, parts, labels)
        run.report.tell("Measuring on the held-out rows")
        saved = TextClassifier(run.staging, labels, trained[1], best_device())
        probabilities = saved.predict_proba([text for text, _ in parts.test])
    return _outcome(parts, labels, baseline, trained, probabilities)


def _encoder(run: Run, parts: Parts[Example], labels: list[str]) -> FrozenEncoder:
    """The encoder a head is put on; few-shot first pulls texts of one label together."""
    if run.plan["method"] == "few-shot":
        from tools.finetune.contrastive import tuned_encoder

        return tuned_encoder(run, parts.train, parts.validation)
    return FrozenEncoder(run.base)


def _vectors(run: Run, encoder: FrozenEncoder, parts: Parts[Example]) -> dict[str, Any]:
    """Vectors of all three parts, under one count of steps."""
    groups = {"train": parts.train, "validation": parts.validation, "test": parts.test}
    total = sum(len(rows) for rows in groups.values())
    run.report.phase("Reading the texts", total)
    vectors, before = {}, 0
    for name, rows in groups.items():
        vectors[name] = encoder.embed([text for text, _ in rows], partial(_told, run, before))
        before += len(rows)
    return vectors


def _told(run: Run, before: int, done: int) -> None:
    run.report.advance(before + done)


def _labels(rows: list[Example]) -> list[str]:
    return [label for _, label in rows]


def _baselines(parts: Parts[Example], vectors: dict[str, Any]) -> dict[str, dict[str, float]]:
    truth = _labels(parts.test)
    return {
        "majority": baselines.majority(_labels(parts.train), truth),
        "frozen_encoder": baselines.frozen(vectors["train"], _labels(parts.train), vectors["test"], truth),
    }


def _stored_baselines(run: Run, parts: Parts[Example]) -> dict[str, dict[str, float]]:
    """The baselines, computed once a run: a resumed run finds them in its folder."""
    file = run.workdir / "baselines.json"
    if not file.exists():
        encoder = FrozenEncoder(run.base)
        found = _baselines(parts, _vectors(run, encoder, parts))
        unfinished = file.with_suffix(".partial")
        unfinished.write_text(json.dumps(found))
        unfinished.replace(file)
        run.report.tell(
            f"A first result without fine-tuning: accuracy {found['frozen_encoder']['accuracy']:.1%}"
        )
    return json.loads(file.read_text())


def _train_head(
    run: Run, encoder: FrozenEncoder, parts: Parts[Example], vectors: dict[str, Any], labels: list[str]
) -> Trained:
    """Choose the strength on the validation rows, then learn from those too."""
    import numpy

    run.report.phase("Fitting the classifier", len(head.STRENGTHS) + 1)
    known = [i for i, (_, label) in enumerate(parts.validation) if label in labels]
    strength = 10.0
    if known:
        held = vectors["validation"][known], [parts.validation[i][1] for i in known]
        strength = head.choose_strength((vectors["train"], _labels(parts.train)), held, run.report.advance)
    everything = numpy.concatenate([vectors["train"], vectors["validation"][known]])
    answers = _labels(parts.train) + [parts.validation[i][1] for i in known]
    fitted = head.regression(everything, answers, strength)
    run.report.advance(len(head.STRENGTHS) + 1)
    head.save(run.staging, encoder, fitted, labels)
    return len(labels) * (everything.shape[1] + 1), encoder.max_length, []


def _train_model(run: Run, parts: Parts[Example], labels: list[str]) -> Trained:
    """Full fine-tuning or an adapter; either way a plain Hugging Face folder comes out."""
    method = run.plan["method"]
    tokenizer = load_tokenizer(run.base)
    model: Any = build(run, labels, tokenizer)
    length = max_length(tokenizer, model.config)
    steps = steps_of(run.plan, len(parts.train))
    model = methods.wrap(model, method, "SEQ_CLS", steps, ("pooler", "classifier", "score", "pre_classifier"))
    trained = methods.trainable(model)
    material = Material(
        model=model,
        train=_features(parts.train, tokenizer, labels, length),
        validation=_features(
            [row for row in parts.validation if row[1] in labels], tokenizer, labels, length
        ),
        collate=DataCollatorWithPadding(tokenizer, pad_to_multiple_of=None),
        measure=accuracy,
        after_step=methods.after_step(model, method),
    )
    curve = fit(run, material)
    plain = methods.merge(model, method, run.staging)
    plain.config.use_cache = False
    plain.save_pretrained(run.staging, safe_serialization=True)
    tokenizer.save_pretrained(run.staging)
    return trained, length, curve


def build(run: Run, labels: list[str], tokenizer: Any) -> Any:
    """The base model with a new classification layer (an old one of the same size is kept)."""
    config = AutoConfig.from_pretrained(str(run.base), trust_remote_code=False)
    config.num_labels = len(labels)
    config.id2label = dict(enumerate(labels))
    config.label2id = {label: number for number, label in enumerate(labels)}
    config.problem_type = "single_label_classification"
    config.pad_token_id = tokenizer.pad_token_id
    return AutoModelForSequenceClassification.from_pretrained(
        str(run.base), config=config, ignore_mismatched_sizes=True, use_safetensors=True, dtype="float32"
    )


def _features(rows: list[Example], tokenizer: Any, labels: list[str], length: int) -> list[dict[str, Any]]:
    """Token ids and label numbers; padding comes later, batch by batch."""
    if not rows:
        return []
    numbers = {label: number for number, label in enumerate(labels)}
    ids = tokenizer([text for text, _ in rows], truncation=True, max_length=length)["input_ids"]
    return [{"input_ids": row, "labels": numbers[label]} for row, (_, label) in zip(ids, rows, strict=True)]


def accuracy(prediction: Any) -> dict[str, float]:
    """The score that early stopping goes by."""
    return {"score": float((prediction.predictions.argmax(-1) == prediction.label_ids).mean())}


def _outcome(
    parts: Parts[Example],
    labels: list[str],
    baseline: dict[str, dict[str, float]],
    trained: Trained,
    probabilities: Any,
) -> Outcome:
    """What the run brought, by the saved model's probabilities of the held-out rows."""
    parameters, length, curve = trained
    texts, truth = [text for text, _ in parts.test], _labels(parts.test)
    metrics, evaluation = classifier_evaluation(texts, truth, probabilities, labels)
    return Outcome(
        metrics=metrics,
        baseline=baseline,
        trainable_parameters=parameters,
        info={"labels": labels, "max_length": length},
        evaluation=evaluation | {"curve": curve},
    )

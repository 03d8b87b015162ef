"""How a tagger is trained and used. Imported only with torch."""

from pathlib import Path
from typing import Any

import torch
from transformers import (
    AutoModelForTokenClassification,
    DataCollatorForTokenClassification,
    set_seed,
)

from knowledge.loading import loaded
from tools.data.spans import words_of
from tools.finetune import averaging, methods, tagged
from tools.finetune.encoder import autocast, load_tokenizer, max_length
from tools.finetune.examples import Parts
from tools.finetune.fit import Material, fit, steps_of
from tools.finetune.machine import PAD_TO, best_device
from tools.finetune.task import Outcome, Run
from tools.finetune.tasks.token_classification import (
    IGNORED,
    MAX_LENGTH,
    Sentence,
    entities,
    measures,
    word_baseline,
)


def train(run: Run, parts: Parts[Sentence]) -> Outcome:
    """One whole run of token classification."""
    set_seed(run.spec.seed)
    labels = sorted({tag for _, tags in parts.train for tag in tags})
    tokenizer = load_tokenizer(run.base)
    config = averaging.plain_config(run.base)
    config.num_labels = len(labels)
    config.id2label = dict(enumerate(labels))
    config.label2id = {label: number for number, label in enumerate(labels)}
    model: Any = loaded(
        AutoModelForTokenClassification,
        str(run.base),
        config=config,
        ignore_mismatched_sizes=True,
        use_safetensors=True,
        dtype="float32",
    )
    length = max_length(tokenizer, model.config, MAX_LENGTH)
    method, learned = run.plan["method"], _features(parts.train, tokenizer, labels, length)
    steps = steps_of(run.plan, len(learned))
    model = methods.wrap(model, method, "TOKEN_CLS", steps, ("classifier", "score"))
    trained = methods.trainable(model)
    material = Material(
        model=model,
        train=learned,
        validation=_features(parts.validation, tokenizer, labels, length),
        collate=DataCollatorForTokenClassification(tokenizer, pad_to_multiple_of=PAD_TO),
        measure=_accuracy,
        after_step=methods.after_step(model, method),
    )
    curve = fit(run, material)
    methods.merge(model, method, run.staging).save_pretrained(run.staging, safe_serialization=True)
    tokenizer.save_pretrained(run.staging)
    return _measure(run, parts, labels, length, trained, curve)


def _measure(
    run: Run,
    parts: Parts[Sentence],
    labels: list[str],
    length: int,
    trained: int,
    curve: list[dict[str, float]],
) -> Outcome:
    """Entities found by the saved model, and by each word's usual tag."""
    run.report.tell("Measuring on the held-out rows")
    tagger = Tagger(run.staging, labels, length, best_device())
    truth = [tags for _, tags in parts.test]
    scored = [tagger.tags(words) for words, _ in parts.test]
    guesses = [[tag for tag, _ in row] for row in scored]
    metrics, kinds = measures(truth, guesses)
    usual, _ = measures(truth, word_baseline(parts.train, parts.test))
    nothing, _ = measures(truth, [["O"] * len(tags) for tags in truth])
    return Outcome(
        metrics,
        {"majority": nothing, "usual_tag_of_the_word": usual},
        trained,
        {"labels": labels, "max_length": length},
        {
            "per_class": kinds,
            "intervals": tagged.intervals(truth, guesses),
            "mistakes": tagged.mistakes(parts.test, scored),
            "curve": curve,
        },
    )


def _features(rows: list[Sentence], tokenizer: Any, labels: list[str], length: int) -> list[dict[str, Any]]:
    """Token ids; the first piece of each word bears its tag, all else is ignored. Long rows become several."""
    numbers = {label: number for number, label in enumerate(labels)}
    found = []
    for words, tags in rows:
        start = 0
        while start < len(words):
            piece = words[start : start + length]  # more words do not fit
            cut = tokenizer(piece, is_split_into_words=True, truncation=True, max_length=length)
            places = cut.word_ids()
            bearing = [
                numbers.get(tags[start + word], IGNORED) if word is not None and word != before else IGNORED
                for word, before in zip(places, [None, *places], strict=False)
            ]
            if any(label != IGNORED for label in bearing):
                found.append({"input_ids": cut["input_ids"], "labels": bearing})
            start += 1 + max((word for word in places if word is not None), default=0)
    return found


def _accuracy(prediction: Any) -> dict[str, float]:
    """Share of right tags that are not the most frequent one: plain accuracy would be content with O everywhere."""
    import numpy

    known = prediction.label_ids != IGNORED
    truth, guesses = prediction.label_ids[known], prediction.predictions.argmax(-1)[known]
    usual = numpy.bincount(truth).argmax() if len(truth) else 0
    rare = (truth != usual) | (guesses != usual)
    return {"score": float((truth == guesses)[rare].mean()) if rare.any() else 1.0}


class Tagger:
    """A trained tagger in memory."""

    task = "token-classification"

    def __init__(self, folder: Path, labels: list[str], length: int, device: str):
        self.labels, self.max_length, self.device = labels, length, device
        self.tokenizer = load_tokenizer(folder)
        model: Any = loaded(AutoModelForTokenClassification, folder, use_safetensors=True)
        self.model = model.to(device, torch.float32).eval()

    def tags(self, words: list[str]) -> list[tuple[str, float]]:
        """Tag and probability of each word; long texts are read piece by piece."""
        found: list[tuple[str, float]] = []
        while len(found) < len(words):
            found += self._tags(words[len(found) : len(found) + self.max_length])
        return found

    def _tags(self, words: list[str]) -> list[tuple[str, float]]:
        """Tags of as many words as fit, at least one."""
        cut = self.tokenizer(
            words, is_split_into_words=True, truncation=True, max_length=self.max_length, return_tensors="pt"
        )
        with torch.inference_mode(), autocast(self.device):
            logits = self.model(**cut.to(self.device)).logits[0]
        scores, best = logits.float().softmax(-1).max(-1)
        first: dict[int, int] = {}
        for place, word in enumerate(cut.word_ids()):
            if word is not None:
                first.setdefault(word, place)
        return [
            (self.labels[int(best[first[w]])], float(scores[first[w]])) if w in first else ("O", 0.0)
            for w in range(max(first, default=0) + 1)
        ]

    def predict(self, texts: list[str]) -> list[dict[str, Any]]:
        """The entities of each text; ``label`` is the kind found most surely."""
        return [self._entry(text) for text in texts]

    def _entry(self, text: str) -> dict[str, Any]:
        words = words_of(text)
        tagged = self.tags([word for word, _, _ in words])
        found = []
        for kind, first, after in entities([tag for tag, _ in tagged]):
            start, end = words[first][1], words[after - 1][2]
            score = min(score for _, score in tagged[first:after])
            entry: dict[str, Any] = {"entity": kind, "start": start, "end": end, "score": round(score, 6)}
            found.append(entry | {"text": text[start:end]})
        scores: dict[str, float] = {}
        for entity in found:
            scores[entity["entity"]] = max(entity["score"], scores.get(entity["entity"], 0.0))
        label = max(scores, key=lambda name: scores[name]) if scores else "O"
        return {"label": label, "score": scores.get(label, 1.0), "scores": scores, "entities": found}

"""What the frozen encoder tells before anything is fine-tuned: vectors, baselines, a first classifier, doubtful labels.

Imported only with torch.
"""

import json
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy

from tools.finetune import averaging, baselines, head, ranks
from tools.finetune.encoder import FrozenEncoder
from tools.finetune.examples import Parts
from tools.finetune.label_errors import label_errors
from tools.finetune.metrics import classification
from tools.finetune.task import Run

Example = tuple[str, str]
Weights = tuple[numpy.ndarray, numpy.ndarray]  # float [classes, width] and [classes]


@dataclass(frozen=True)
class Frozen:
    """What was found.

    Attributes:
        baseline: the metrics of untrained ways on the held-out rows.
        weights: of the classifier on the frozen encoder that is one of them.
        doubtful: how many labels of the training rows look wrong.
        errors: the surest of those, see :func:`tools.finetune.label_errors.label_errors`.
    """

    baseline: dict[str, dict[str, float]]
    weights: Weights
    doubtful: int = 0
    errors: list[dict[str, Any]] = field(default_factory=list)


def vectors_of(run: Run, encoder: FrozenEncoder, parts: Parts[Any]) -> dict[str, numpy.ndarray]:
    """Vectors of all three parts, under one count of steps; as a plain classifier sees them, where there is one."""
    groups = {"train": parts.train, "validation": parts.validation, "test": parts.test}
    run.report.phase("Reading the texts", sum(len(rows) for rows in groups.values()))
    vectors, before = {}, 0
    for name, rows in groups.items():
        vectors[name] = encoder.embed([text for text, _ in rows], partial(_told, run, before))
        if averaging.takes(encoder.model.config):
            vectors[name] = averaging.pooled(vectors[name])
        before += len(rows)
    return vectors


def _told(run: Run, before: int, done: int) -> None:
    run.report.advance(before + done)


def measure(
    parts: Parts[Example],
    vectors: dict[str, numpy.ndarray],
    labels: list[str],
    named: int = 0,
    doubt: bool = True,
) -> Frozen:
    """Baselines, a classifier on the frozen encoder, and labels that look wrong.

    Args:
        parts: the rows.
        vectors: of :func:`vectors_of`.
        labels: in the order of the logits.
        named: how many of the last rows to train on are but names of labels.
        doubt: whether to look for wrong labels, which takes a few more fits.
    """
    truth, answers = [label for _, label in parts.test], [label for _, label in parts.train]
    own = len(answers) - named
    texts, given = [text for text, _ in parts.train[:own]], answers[:own]
    fitted = head.regression(vectors["train"], answers)
    plain = head.regression(vectors["train"][:own], given) if named else fitted
    baseline = {
        "majority": baselines.majority(given, truth),
        "frozen_encoder": classification(truth, list(plain.predict(vectors["test"]))),
    }
    found = label_errors(vectors["train"][:own], given, texts) if doubt else (0, [])
    return Frozen(baseline, head.weights_of(fitted, labels), *found)


def stored(run: Run, parts: Parts[Example], labels: list[str], named: int = 0) -> Frozen:
    """The same for a run that goes on to fine-tune, found once: a resumed run has it in its folder."""
    from safetensors.numpy import load_file

    file, note = run.workdir / "frozen.safetensors", run.workdir / "frozen.json"
    ranks.agree(lambda: None if note.exists() else _store(run, parts, labels, named))
    tensors = load_file(file)
    return Frozen(weights=(tensors["weight"], tensors["bias"]), **json.loads(note.read_text()))


def _store(run: Run, parts: Parts[Example], labels: list[str], named: int) -> None:
    """Find it, and write it into the run's folder: the weights first, the note last."""
    from safetensors.numpy import save_file

    found = measure(parts, vectors_of(run, FrozenEncoder(run.base), parts), labels, named)
    weight, bias = found.weights
    save_file({"weight": weight, "bias": bias}, run.workdir / "frozen.safetensors")
    unfinished = run.workdir / "frozen.partial"
    kept = {"baseline": found.baseline, "doubtful": found.doubtful, "errors": found.errors}
    unfinished.write_text(json.dumps(kept, ensure_ascii=False))
    unfinished.replace(run.workdir / "frozen.json")
    run.report.tell(
        f"A first result without fine-tuning: accuracy {found.baseline['frozen_encoder']['accuracy']:.1%}"
    )

"""Learning from texts without labels: the classifier labels those it is sure of, and learns from them too.

Self-training with pseudo-labels (Lee 2013, "Pseudo-Label"). How sure is sure enough is read off the validation rows, no
label gets many more made-up rows than real ones, and the result is kept only where it does at least as well on the
validation rows as the one without.
"""

import contextlib
import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from tools.data.label_sets import label_name
from tools.finetune import ranks
from tools.finetune.examples import Parts, plain, read, texts
from tools.finetune.task import Outcome, Run

PRECISION = 0.95  # of the pseudo-labels, as the validation rows tell it
FEWEST = 10  # validation rows that can tell
SURE = 0.9  # where there are fewer
TIMES = 4  # as many pseudo-labelled rows of a label as labelled ones, at most
MOST = 50_000  # texts that are looked at
WORTH = 20  # texts below which it is not tried
Example = tuple[str, str]
Train = Callable[[Run, Parts[Example], bool], tuple[Outcome, list[str]]]


def unlabeled(run: Run, parts: Parts[Example]) -> list[str]:
    """The texts without a label: of the file given for it, and of the rows of the data that have none.

    Args:
        run: its spec may name a file of unlabelled texts.
        parts: the labelled rows; their texts are left out.
    """
    column, label = run.plan["text_column"], run.plan["label_column"]
    table = read(run.spec.data, (column, label))
    empty = [cell is None or cell != cell or not label_name(cell) for cell in table[label]]
    found = texts(table[empty], column)
    if run.spec.unlabeled:
        found += texts(read(run.spec.unlabeled, (column,)), column)
    known = {plain(text) for rows in (parts.train, parts.validation, parts.test) for text, _ in rows}
    fresh = {plain(text): text for text in found if plain(text) not in known}
    return list(fresh.values())[:MOST]


def train_with(run: Run, parts: Parts[Example], more: list[str], train: Train) -> tuple[Outcome, list[str]]:
    """Train without the unlabelled texts, label them, train with them, and keep what is better.

    Args:
        run: the run.
        parts: the labelled rows.
        more: the unlabelled texts.
        train: trains into ``run.staging`` and measures; its last argument is whether a head may learn from the
            validation rows, which it may not before they have been asked.

    Returns:
        As ``train``; the evaluation tells of both under ``unlabeled``.

    Raises:
        Released: in all processes of a group but the first.
    """
    from tools.finetune.classifier import TextClassifier
    from tools.finetune.machine import best_device

    place = run.workdir / "supervised"
    first_run = replace(run, workdir=place, staging=place / "model")
    if ranks.rank():
        _help(run, first_run, parts, train)
    shutil.rmtree(first_run.staging, ignore_errors=True)
    first_run.staging.mkdir(parents=True)
    first, labels = train(first_run, parts, False)
    length = first.info["max_length"]

    def model(folder: Any) -> TextClassifier:
        return TextClassifier(folder, labels, length, best_device())

    run.report.tell(f"Labelling {len(more):,} texts")
    teacher = model(first_run.staging)
    least = threshold(*_checked(teacher, parts.validation))
    chosen = confident(teacher.predict_proba(more), labels, more, least, parts.train)
    told: dict[str, Any] = {
        "rows": len(more),
        "used": len(chosen),
        "sure": least,
        "supervised": first.metrics["accuracy"],
    }
    ranks.agree(lambda: chosen)
    joined = replace(parts, train=parts.train + chosen)
    second = train(run, joined, False)[0] if chosen else None
    kept = second is not None and _accuracy(model(run.staging), parts) >= _accuracy(teacher, parts)
    ranks.agree(lambda: kept)
    if second is None or not kept:
        shutil.rmtree(run.staging)
        shutil.copytree(first_run.staging, run.staging)
    measured = second.metrics["accuracy"] if second else None
    told |= {"with_unlabeled": measured, "kept": kept}
    best = second if second and kept else first
    if run.plan["method"] in ("head", "few-shot"):
        best = train(run, joined if kept else parts, True)[0]
    doubtful = {"label_errors": first.evaluation["label_errors"]}
    return replace(
        best,
        baseline=first.baseline,
        evaluation=best.evaluation | doubtful | {"unlabeled": told},
        warnings=first.warnings,
    ), labels


def _help(run: Run, first_run: Run, parts: Parts[Example], train: Train) -> None:
    """Train along in the same trainings; what is learned from the first process of the group decides."""
    with contextlib.suppress(ranks.Released):
        train(first_run, parts, False)
    chosen = ranks.heard()
    joined = replace(parts, train=parts.train + chosen)
    with contextlib.suppress(ranks.Released):
        _ = train(run, joined, False) if chosen else None
    kept = ranks.heard()
    if run.plan["method"] == "few-shot":
        train(run, joined if kept else parts, True)
    ranks.release()


def _checked(model: Any, rows: Sequence[Example]) -> tuple[Any, list[bool]]:
    """How sure a model is of the validation rows, float [n], and which of them it gets right."""
    if not rows:
        return [], []
    probabilities = model.predict_proba([text for text, _ in rows])
    guesses = [model.labels[i] for i in probabilities.argmax(axis=1)]
    return probabilities.max(axis=1), [guess == row[1] for guess, row in zip(guesses, rows, strict=True)]


def _accuracy(model: Any, parts: Parts[Example]) -> float:
    _, right = _checked(model, parts.validation)
    return sum(right) / max(1, len(right))


def threshold(sure: Sequence[float], right: Sequence[bool]) -> float:
    """The least confidence from which on the validation rows are right often enough.

    Args:
        sure: n confidences.
        right: whether each of the n rows is right.
    """
    if len(right) < FEWEST:
        return SURE
    ordered = sorted(zip((float(each) for each in sure), right, strict=True), reverse=True)
    hits, least = 0, 1.0
    for count, (confidence, hit) in enumerate(ordered, start=1):
        hits += hit
        tied = count < len(ordered) and ordered[count][0] == confidence
        if not tied and count >= FEWEST and hits / count >= PRECISION:
            least = confidence
    return round(least, 4)


def confident(
    probabilities: Any, labels: Sequence[str], found: Sequence[str], least: float, known: Sequence[Example]
) -> list[Example]:
    """The texts that a model is sure of, with the labels it gives them, the surest of each label first.

    Args:
        probabilities: float [n, classes].
        labels: the label of each column.
        found: n texts.
        least: the confidence that is enough.
        known: the labelled rows, of which a label gets a few times as many.
    """
    room = {label: TIMES * count for label, count in Counter(label for _, label in known).items()}
    chosen = []
    for place in (-probabilities.max(axis=1)).argsort(kind="stable"):
        label = labels[int(probabilities[place].argmax())]
        if float(probabilities[place].max()) < least:
            break
        if room.get(label, 0) > 0:
            room[label] -= 1
            chosen.append((found[int(place)], label))
    return chosen

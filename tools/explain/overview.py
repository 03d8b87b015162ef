"""A model explained as a whole, over data with labels: what drives each class, where it is weak, whom to believe.

The words of a class are those whose attributions add up to most over the texts that are given it, after Ribeiro, Singh
and Guestrin 2016 ("Why Should I Trust You?", section 4: many single explanations together explain a model).
"""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tools.errors import BadArgument, NotFound, Unsupported, did_you_mean
from tools.explain.attribution import Asked, attribute, read
from tools.explain.classify import AT_ONCE
from tools.explain.passes import holding, probabilities
from tools.privacy.reports import personal, without_personal
from tools.serving.predictor import Predictor
from tools.workspace import HELD_OUT

MOST_EXPLAINED = 300  # texts; enough for the words, and seconds rather than minutes
NAMED = 10  # words a class


def overview(
    predictor: Predictor, info: dict[str, Any], data: Path | None, method: str | None = None
) -> dict[str, Any]:
    """Explain a text classifier over a file with labels.

    Args:
        predictor: a text-classification model that gives one label a text.
        info: what the registry knows of it.
        data: the file, of rows the model has not learned from; the held-out rows of its training where None.
        method: as for :func:`tools.explain.explain.explain`; integrated gradients, whose figures add up, where left
            out.

    Returns:
        ``{"model", "data", "metrics", "words": {label: [{"word", "attribution", "texts"}]}, "confused",
        "slices", "calibration", "label_errors", "label_error_count", "rows", "explained", "method", "warnings"}``.

    Raises:
        Unsupported: the model is no text classifier, or gives several labels a text.
        BadData: as :func:`tools.serving.evaluate.labelled_rows`.
        NotFound: the held-out rows of its training are gone.
    """
    from tools.explain.explain import METHODS
    from tools.serving.evaluate import measured

    method = method or "integrated-gradients"
    if method not in METHODS:
        raise BadArgument(f"There is no method {method}.", did_you_mean(method, METHODS), param="method")
    if predictor.task != "text-classification":
        raise Unsupported(
            f"{predictor.name} is a model for {predictor.task}; only text-classification models are explained as a "
            "whole.",
            "Name a text-classification model.",
            param="model",
        )
    if predictor.info.get("threshold") is not None:
        raise Unsupported(
            f"{predictor.name} may give several labels a text; only models of one label are explained as a whole.",
            "Explain single texts, with --target for the label.",
            param="model",
        )
    rows, warnings = _rows(predictor, info, data)
    texts, truth = [text for text, _ in rows], [label for _, label in rows]
    found = predictor.predict_proba(texts)
    metrics, evaluation = measured(predictor, rows, found)
    chosen = _spread(truth)
    words = class_words(predictor.here, [texts[i] for i in chosen], method)
    count, doubtful = _label_errors(texts, truth, found, predictor.labels)
    shown = {
        "model": predictor.name,
        "data": data.name if data else HELD_OUT,
        "metrics": metrics,
        "words": words,
        **{name: evaluation[name] for name in ("confused", "slices", "calibration")},
        "label_errors": doubtful,
        "label_error_count": count,
        "rows": len(rows),
        "explained": len(chosen),
        "method": method,
        "warnings": warnings,
    }
    return without_personal(shown)


def _rows(
    predictor: Predictor, info: dict[str, Any], data: Path | None
) -> tuple[list[tuple[str, str]], list[str]]:
    """Texts with their labels, and what people should know about the rest."""
    from tools.finetune.continual import held_out
    from tools.serving.evaluate import labelled_rows

    if data:
        return labelled_rows(predictor, info, data)[1:]
    if rows := held_out(predictor.folder):
        return rows, []
    raise NotFound(
        f"The held-out rows of {predictor.name} are gone, or its data was changed since the training.",
        "Name a file of texts with their labels.",
        param="dataset",
    )


def _spread(truth: Sequence[str]) -> list[int]:
    """At most :data:`MOST_EXPLAINED` rows, taken in turn from each label."""
    by_label: dict[str, list[int]] = defaultdict(list)
    for number, label in enumerate(truth):
        by_label[label].append(number)
    turns = [(place, number) for members in by_label.values() for place, number in enumerate(members)]
    return sorted(number for _, number in sorted(turns)[:MOST_EXPLAINED])


def class_words(predictor: Predictor, texts: Sequence[str], method: str) -> dict[str, list[dict[str, Any]]]:
    """The words that drive each class most; those that are personal, such as names, are left out.

    Args:
        predictor: a text classifier in this process.
        texts: n texts.
        method: how each of them is explained.

    Returns:
        For each label that was given: ``{"word", "attribution", "texts"}``, the strongest first. The attribution is the
        mean over the texts that hold the word; words rank by its sum.
    """
    sums: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    model = predictor.model
    for start in range(0, len(texts), AT_ONCE):
        with holding(predictor.lock):
            readings = [read(model, text) for text in texts[start : start + AT_ONCE]]
            rows = probabilities(model, [each.text for each in readings])
            asked = [
                Asked(reading, int(row.argmax()), float(row.max()))
                for reading, row in zip(readings, rows, strict=True)
            ]
            values = attribute(model, asked, method)
        for each, found in zip(asked, values, strict=True):
            for word, value in _once(each, found.values).items():
                sums[model.labels[each.target]][word].append(value)
    return {label: _strongest(sums[label]) for label in model.labels if label in sums}


def _once(asked: Asked, values: Sequence[float]) -> dict[str, float]:
    """What each different word (not sign) of a text adds up to."""
    hidden = personal(asked.reading.text)
    found: dict[str, float] = defaultdict(float)
    for word, value in zip(asked.reading.words, values, strict=True):
        if any(map(str.isalnum, word.text)) and not any(
            start < word.end and word.start < end for start, end in hidden
        ):
            found[word.text.lower()] += value
    return found


def _strongest(words: dict[str, list[float]]) -> list[dict[str, Any]]:
    ranked = sorted(words.items(), key=lambda item: -sum(item[1]))[:NAMED]
    return [
        {"word": word, "attribution": round(sum(values) / len(values), 4), "texts": len(values)}
        for word, values in ranked
        if sum(values) > 0
    ]


def _label_errors(
    texts: Sequence[str], truth: Sequence[str], found: Any, labels: Sequence[str]
) -> tuple[int, list[dict[str, Any]]]:
    """How many rows have a label that is likely wrong, and the likeliest of them.

    Rows with labels that the model does not know tell nothing.
    """
    import numpy

    from tools.finetune.label_errors import suspects

    known = [i for i, label in enumerate(truth) if label in labels]
    given = numpy.array([list(labels).index(truth[i]) for i in known], dtype=int)
    return suspects(found[known], given, list(labels), [texts[i] for i in known]) if known else (0, [])

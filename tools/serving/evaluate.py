"""How good a model is: measured on a file, read back from its training, or beside others."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tools.errors import BadArgument, BadData, NotFound, Unsupported
from tools.finetune.progress import Callback, Reporter
from tools.models.card import read_info
from tools.serving.beside import Beside, Named
from tools.serving.measured import OTHERS, columns_of, unknown_labels
from tools.serving.measured_language import fillers, writers
from tools.serving.measured_rows import learned
from tools.serving.measured_vectors import vectors
from tools.serving.predictor import Predictor
from tools.workspace import ModelEntry

EVALUATION = "evaluation.json"
# The measure that ranks models of a task, and whether more of it is better.
LEADING = {
    "text-classification": (("f1", "accuracy"), True),
    "token-classification": (("f1",), True),
    "image-classification": (("f1", "accuracy"), True),
    "text-generation": (("perplexity", "loss"), False),
    "masked-lm": (("perplexity", "loss"), False),
    "embedding": (("mrr", "spearman"), True),
}
# Beside their bases, as their figures alone say little.
COMPARED = {"embedding": vectors, "masked-lm": fillers, "text-generation": writers}


def evaluate(
    predictor: Predictor,
    info: dict[str, Any],
    data: Path,
    picture: Path | None = None,
    report: Path | None = None,
    bases: Named | None = None,
    progress: Callback = lambda now: None,
) -> dict[str, Any]:
    """Measure a model on a file with what it should say.

    Args:
        predictor: the model.
        info: what the registry knows of it; its text and label column are used where the file has them.
        data: the file.
        picture: draw the confusion matrix here (PNG), where the model gives labels.
        report: write a page with everything here (HTML, and the picture beside it).
        bases: finds base models by their names, to measure them too; see :class:`tools.serving.beside.Beside`.
        progress: told how far it is, where the model gives no labels.

    Returns:
        ``{"metrics", "per_class", "confusion": {"labels", "matrix"}, "warnings", "report"}``, for classifiers
        ``confused``, ``slices`` and ``mistakes``, for models without labels ``baseline``, ``intervals`` and
        ``examples``, and ``artifacts`` for what was written.

    Raises:
        BadData: no row that can be used, or no label that the model knows.
        BadArgument: the file has no columns of the kind.
        Unsupported: there is no measure for the model's task.
    """
    if predictor.task == "text-classification":
        columns, rows, warnings = labelled_rows(predictor, info, data)
        metrics, found = measured(predictor, rows)
    elif measure := OTHERS.get(predictor.task):
        columns, metrics, found, warnings = measure(predictor, info, data)
    elif compared := COMPARED.get(predictor.task):
        beside = Beside(predictor, bases, Reporter(progress))
        columns, metrics, found, warnings = compared(predictor, info, data, beside)
    else:
        raise Unsupported(
            f"{predictor.name} is a model for {predictor.task}; there is no measure for new data.",
            "Ask without a dataset for how it did on its held-out rows.",
            param="model",
        )
    result = {
        "metrics": metrics,
        "per_class": {},
        "confusion": {"labels": [], "matrix": []},
        **found,
        **columns,
        "warnings": learned(predictor, data) + warnings,
        "report": None,
        "artifacts": [],
    }
    return result | _written(predictor, result, picture, report, data.name)


def measured(
    predictor: Predictor, rows: list[tuple[str, Any]], found: Any = None
) -> tuple[dict[str, float], dict[str, Any]]:
    """Metrics and evaluation of a text classifier.

    Args:
        predictor: the model.
        rows: texts with a label each, or a set of them where the model gives several.
        found: the probabilities that the model gives them, where they are known already.
    """
    from tools.finetune.metrics import classifier_evaluation
    from tools.finetune.multi_metrics import multilabel_evaluation
    from tools.finetune.weaknesses import weaknesses

    texts, truth = [text for text, _ in rows], [label for _, label in rows]
    threshold = predictor.info.get("threshold")
    found = predictor.predict_proba(texts) if found is None else found
    if threshold is None:
        weak = weaknesses(texts, truth, [predictor.labels[i] for i in found.argmax(axis=1)])
        metrics, evaluation = classifier_evaluation(texts, truth, found, predictor.labels)
        return metrics, evaluation | weak
    return multilabel_evaluation(texts, truth, found, predictor.labels, threshold)


def labelled_rows(
    predictor: Predictor, info: dict[str, Any], data: Path
) -> tuple[dict[str, str], list[tuple[str, Any]], list[str]]:
    """The columns used, texts with labels, and what people should know about the rest.

    Args:
        predictor: a text-classification model.
        info: what the registry knows of it; its text and label column are used where the file has them.
        data: the file.

    Raises:
        BadData: no row with a text and a label, or no label that the model knows.
    """
    from tools.data.read import read_table
    from tools.finetune.examples import pairs, text_sets

    table = read_table(data)
    columns = columns_of(predictor, info, data, table)
    text, label = columns["text_column"], columns["label_column"]
    several = predictor.info.get("threshold") is not None
    rows: list[tuple[str, Any]] = (
        text_sets(table, text, label, predictor.labels) if several else pairs(table, text, label)
    )
    given = [{each} if isinstance(each, str) else set(each) for _, each in rows]
    warnings = [*table.attrs.get("warnings", [])]
    if rows and len(table) > len(rows):
        warnings.append(f"{len(table) - len(rows):,} rows without a text or a label are left out.")
    return columns, rows, warnings + unknown_labels(predictor, set(predictor.labels), data, given)


def _written(
    predictor: Predictor, result: dict[str, Any], picture: Path | None, report: Path | None, data: str
) -> dict[str, Any]:
    """Draw and write what was asked for; returns ``report`` and ``artifacts``."""
    from tools.finetune.pictures import confusion_picture
    from tools.models.page import evaluation_html

    artifacts = []
    title = f"Confusion matrix of {predictor.name} on {data}"
    if not result["confusion"]["labels"]:
        picture = None
    elif report and not picture:
        picture = report.with_suffix(".png")
    if picture:
        confusion_picture(result["confusion"], picture)
        artifacts.append({"kind": "confusion-matrix", "path": str(picture), "title": title})
    if report:
        report.write_text(evaluation_html(predictor.name, data, result, picture), encoding="utf-8")
        artifacts.append({"kind": "report", "path": str(report), "title": f"{predictor.name} on {data}"})
    return {"report": str(report) if report else None, "artifacts": artifacts}


def stored_evaluation(folder: Path) -> dict[str, Any]:
    """How a model did on the held-out rows of its training, with the pictures that were drawn then.

    Args:
        folder: the model's folder.

    Raises:
        NotFound: the folder or its evaluation is gone.
        BadData: the evaluation is damaged.
    """
    name = read_info(folder)["name"]
    path = folder / EVALUATION
    if not path.is_file():
        raise NotFound(
            f"{name} has no stored evaluation.",
            "Give a dataset with labels to measure it on.",
            param="dataset",
        )
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise BadData(f"The stored evaluation of {name} is damaged.", "Measure it on a dataset.") from error
    stored.setdefault("metrics", {})
    artifacts = [
        {"kind": kind, "path": str(folder / file), "title": title.format(name)}
        for file, kind, title in PICTURES
        if (folder / file).is_file()
    ]
    report = folder / "report.html"
    return stored | {"report": str(report) if report.is_file() else None, "artifacts": artifacts}


PICTURES = (
    ("confusion.png", "confusion-matrix", "Confusion matrix of {}"),
    ("curve.png", "curve", "Loss curve of {}"),
    ("report.html", "report", "Report of {}"),
)


def compare(entries: Sequence[ModelEntry]) -> dict[str, Any]:
    """Models of one task side by side.

    Args:
        entries: two or more registry entries.

    Returns:
        ``{"models": [one row each, best first], "best": name, "why": sentence, "warnings"}``.

    Raises:
        BadArgument: fewer than two different models, or models of different tasks.
    """
    entries = list({entry.ref: entry for entry in entries}.values())
    if len(entries) < 2:
        raise BadArgument("A comparison needs two different models.", "Name two or more.", param="models")
    tasks = sorted({entry.task for entry in entries})
    if len(tasks) > 1:
        raise BadArgument(
            f"Models of different tasks ({', '.join(tasks)}) cannot be ranked.",
            "Name models of one task.",
            param="models",
        )
    measure, more = _measure(tasks[0], entries)
    rows = sorted((_row(entry) for entry in entries), key=lambda row: _rank(row, measure, more))
    return {
        "models": rows,
        "best": rows[0]["name"],
        "why": _why(rows, measure, more),
        "warnings": _fair(entries),
    }


def _measure(task: str, entries: Sequence[ModelEntry]) -> tuple[str, bool]:
    """The measure that all of them have and that counts most."""
    names, more = LEADING.get(task, (("f1",), True))
    return next((name for name in names if all(name in e.metrics for e in entries)), names[0]), more


def _row(entry: ModelEntry) -> dict[str, Any]:
    weights = sum(path.stat().st_size for path in entry.path.rglob("*.safetensors"))
    return {
        "name": entry.ref,
        "task": entry.task,
        "base": entry.base,
        "method": entry.method,
        "status": entry.status,
        "metrics": entry.metrics,
        "megabytes": round(weights / 1e6, 1),
        "seconds": entry.info.get("seconds"),
        "trainable_parameters": entry.info.get("trainable_parameters"),
        "created_at": entry.created_at,
    }


def _rank(row: dict[str, Any], measure: str, more: bool) -> tuple[float, float]:
    """Sorts the best first; of equally good ones the smaller."""
    value = row["metrics"].get(measure)
    if value is None:
        return float("inf"), row["megabytes"]
    return (-value if more else value), row["megabytes"]


def _why(rows: list[dict[str, Any]], measure: str, more: bool) -> str:
    best, second = rows[0], rows[1]
    mine, other = best["metrics"].get(measure), second["metrics"].get(measure)
    name = "F1" if measure == "f1" else measure.replace("_", " ")
    if mine is None or other is None:
        return (
            f"{best['name']} is the only one with a measured {name}."
            if mine is not None
            else "None was measured."
        )
    if mine == other:
        return f"{best['name']} and {second['name']} have the same {name} ({mine:.4g}); {best['name']} is not larger."
    return (
        f"{best['name']} has the {'highest' if more else 'lowest'} {name}: {mine:.4g}, the next {other:.4g}."
    )


def _fair(entries: Sequence[ModelEntry]) -> list[str]:
    """Warn where the models were measured on different rows."""
    facts = [(read_info(entry.path) if entry.path.is_dir() else entry.info) for entry in entries]
    data = {
        (fact.get("data_sha256"), fact.get("seed"), entry.metrics.get("rows"))
        for fact, entry in zip(facts, entries, strict=True)
    }
    if len(data) == 1:
        return []
    return [
        "They were measured on different held-out rows, so small differences mean little; "
        "evaluate them on one dataset to be sure."
    ]

"""Models measured on a file with labels: how each task reads the file, and the training's own measures of it."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from tools.errors import BadData

if TYPE_CHECKING:
    import pandas

    from tools.serving.predictor import Predictor

TOGETHER = 256  # pictures decoded at once


class Measured(NamedTuple):
    """The columns that were read, the measures, the evaluation, and what people should know of the file."""

    columns: dict[str, str]
    metrics: dict[str, float]
    evaluation: dict[str, Any]
    warnings: list[str]


def columns_of(
    predictor: "Predictor", info: dict[str, Any], data: Path, table: "pandas.DataFrame"
) -> dict[str, str]:
    """``text_column`` and ``label_column`` of a file: those of the training where it has them, or else guessed.

    Raises:
        BadData: it has none.
    """
    from tools.data.columns import guess_columns

    info = {**info, **predictor.info}
    text, label = (
        info.get(key) if info.get(key) in table.columns else None for key in ("text_column", "label_column")
    )
    sample = table.iloc[:: max(1, len(table) // 2000)].to_dict("records")
    guess = guess_columns(sample, predictor.task, text, label)
    if not guess.text_column or not guess.label_column:
        names = ", ".join(map(str, table.columns[:12]))
        raise BadData(
            f"{data.name} has no column of texts beside one of labels; its columns are {names}.",
            "Give a file with the columns that the model was trained on.",
        )
    return {"text_column": guess.text_column, "label_column": guess.label_column}


def unknown_labels(predictor: "Predictor", known: set[str], data: Path, given: list[set[str]]) -> list[str]:
    """A warning about labels that the model cannot know.

    Args:
        predictor: the model.
        known: the labels it gives.
        data: the file.
        given: the labels of each row.

    Raises:
        BadData: there are no rows, or it knows none of their labels.
    """
    if not given:
        raise BadData(f"No row of {data.name} has both a text and a label.", "Fill them in.")
    labels = set().union(*given)
    unknown = sorted(labels - known)
    if labels and len(unknown) == len(labels):
        raise BadData(
            f"{predictor.name} knows none of the labels in {data.name}.",
            f"It knows {', '.join([*sorted(known)][:8])}.",
        )
    if not unknown:
        return []
    count = sum(bool(each - known) for each in given)
    return [f"{count:,} rows have labels that the model does not know: {', '.join(unknown[:5])}."]


def taggers(predictor: "Predictor", info: dict[str, Any], data: Path) -> Measured:
    """Whole entities: precision, recall and F1, over all and by kind; the confusion is that of words."""
    from tools.data.read import read_table
    from tools.finetune import tagged
    from tools.finetune.metrics import confusion
    from tools.finetune.tasks.token_classification import kind_of, measures, sentences

    table = read_table(data)
    columns = columns_of(predictor, info, data, table)
    rows, uneven = sentences(table, columns["text_column"], columns["label_column"])
    known = {kind_of(tag) for tag in predictor.labels} - {"O"}
    warnings = [*table.attrs.get("warnings", [])]
    warnings += unknown_labels(predictor, known, data, [{*map(kind_of, tags)} - {"O"} for _, tags in rows])
    if uneven:
        warnings.append(f"{uneven:,} rows whose labels do not fit their texts are left out.")
    local, scored = predictor.here, []
    for words, _ in rows:
        with local.lock:  # for each alone: others may wait for the model
            scored.append(local.model.tags(words))
    truth, guesses = [tags for _, tags in rows], [[tag for tag, _ in row] for row in scored]
    metrics, kinds = measures(truth, guesses)
    true, guessed = ([kind_of(tag) for tags in side for tag in tags] for side in (truth, guesses))
    return Measured(
        columns,
        metrics,
        {
            "intervals": tagged.intervals(truth, guesses),
            "per_class": kinds,
            "confusion": confusion(true, guessed, sorted({*true, *guessed})),
            "mistakes": tagged.mistakes(rows, scored),
        },
        warnings,
    )


def pictures(predictor: "Predictor", info: dict[str, Any], data: Path) -> Measured:
    """What is measured of a classifier, of pictures in a zip or folder with one folder a label."""
    import numpy

    from tools.data.read import read_table
    from tools.finetune.examples import pairs
    from tools.finetune.metrics import classifier_evaluation
    from tools.finetune.tasks.image_classification import readable

    table = read_table(data)
    if table.attrs.get("kind") != "images":
        raise BadData(f"{data.name} holds no images.", "Give a zip or a folder with one folder a label.")
    columns = columns_of(predictor, info, data, table)
    listed = pairs(table, columns["text_column"], columns["label_column"], strip=False)
    rows = [(name, label) for name, label in listed if readable(data, name)]
    warnings = unknown_labels(predictor, set(predictor.labels), data, [{label} for _, label in rows])
    if left := len(listed) - len(rows):
        warnings.append(f"{left:,} images that cannot be opened are left out.")
    names, truth = [name for name, _ in rows], [label for _, label in rows]
    local, found = predictor.here, []
    for start in range(0, len(names), TOGETHER):
        with local.lock:
            found.append(local.model.probabilities([(str(data), n) for n in names[start : start + TOGETHER]]))
    metrics, evaluation = classifier_evaluation(names, truth, numpy.concatenate(found), predictor.labels)
    return Measured(columns, metrics, evaluation, [*table.attrs.get("warnings", []), *warnings])


OTHERS = {"token-classification": taggers, "image-classification": pictures}

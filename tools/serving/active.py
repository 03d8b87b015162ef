"""Active learning: which unlabelled rows a team should label next.

Rows are taken where the classifier is unsure, and no two alike: of the most doubtful ones, each next row is the one
farthest from those chosen already, weighed by its doubt (the idea of Cluster-Margin, Citovsky et al. 2021, "Batch
Active Learning at Scale", with the greedy k-center choice of Sener and Savarese 2018).
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tools.errors import BadArgument, BadData, Unsupported
from tools.serving.predictor import Predictor

POOL = 12  # times as many doubtful rows as are wanted are looked at for diversity
MOST = 100_000  # rows that are read
TASK = "text-classification"


def rows_to_label(
    predictor: Predictor,
    data: Path,
    count: int = 20,
    text_column: str | None = None,
    label_column: str | None = None,
) -> dict[str, Any]:
    """Choose rows of a file.

    Args:
        predictor: a text classifier.
        data: the file; rows that have a label already are passed over.
        count: how many rows to choose.
        text_column: the column with the texts; the model's own or a guess where left out.
        label_column: the column with the labels; the model's own where left out.

    Returns:
        ``{"rows": [{"row", "text", "label", "score"}], "text_column", "label_column", "unlabeled"}``: the number of
        each row in the file (the first is 1), what the model would say and how sure it is, the most useful first.

    Raises:
        BadArgument: ``count`` is no positive number, or the column is not there.
        BadData: the file has no texts, or no row without a label.
        Unsupported: the model is no text classifier.
    """
    if predictor.task != TASK:
        raise Unsupported(
            f"{predictor.name} is a model for {predictor.task}; rows are chosen for text classifiers only.",
            "Name a text-classification model.",
            param="model",
        )
    if count < 1:
        raise BadArgument("At least one row must be wanted.", "For example --rows 20.", param="rows")
    column, label, found = _unlabeled(predictor, data, text_column, label_column)
    texts = [text for _, text in found]
    chosen = choose(predictor.predict_proba(texts), texts, count, predictor.info.get("threshold"))
    rows = []
    for place, (best, score) in chosen:
        number, text = found[place]
        rows.append({"row": number, "text": text, "label": predictor.labels[best], "score": round(score, 4)})
    return {"rows": rows, "text_column": column, "label_column": label, "unlabeled": len(found)}


def choose(
    probabilities: Any, texts: Sequence[str], count: int, threshold: float | None = None
) -> list[tuple[int, tuple[int, float]]]:
    """Places of the rows to label, each with the likeliest class and its probability.

    Args:
        probabilities: float [n, classes].
        texts: n texts.
        count: how many to choose.
        threshold: from which probability a label is given, where a text may have several.
    """
    import numpy

    if threshold is None:
        ordered = numpy.sort(probabilities, axis=1)
        doubt = 1 - (ordered[:, -1] - ordered[:, -2])  # 1 where two classes are equally likely
    else:
        doubt = 1 - numpy.abs(probabilities - threshold).min(axis=1)  # 1 where a label might as well be given
    pool = numpy.argsort(-doubt, kind="stable")[: count * POOL]
    vectors = _vectors([texts[place] for place in pool])
    far = numpy.full(len(pool), 2.0)  # cosine distance to the nearest chosen row
    chosen: list[int] = []
    while len(chosen) < min(count, len(pool)):
        worth = far * doubt[pool]
        worth[chosen] = -1.0
        best = int(worth.argmax())
        chosen.append(best)
        far = numpy.minimum(far, 1 - vectors @ vectors[best])
    best_classes, scores = probabilities.argmax(axis=1), probabilities.max(axis=1)
    return [(int(pool[i]), (int(best_classes[pool[i]]), float(scores[pool[i]]))) for i in chosen]


def _vectors(texts: Sequence[str]) -> Any:
    """Unit vectors of texts by the embedded encoder, float32 [n, width]."""
    from tools.finetune.encoder import FrozenEncoder
    from tools.models.embedded import minilm_folder

    return FrozenEncoder(minilm_folder()).embed(texts)


def _unlabeled(
    predictor: Predictor, data: Path, wish: str | None, labels: str | None
) -> tuple[str, str | None, list[tuple[int, str]]]:
    """Text column, label column, and number and text of each row without a label; each text once."""
    from tools.data.columns import guess_columns
    from tools.data.read import read_table, sample_rows

    own, label = predictor.info.get("text_column"), labels or predictor.info.get("label_column")
    sample = sample_rows(data)
    names = list(sample[0]) if sample else []
    column = wish or (own if own in names else None) or guess_columns(sample, TASK, None, None).text_column
    if column is None:
        raise BadData(f"{data.name} has no column of texts.", "Name one with --text.")
    kept = label if label in names else None
    table = read_table(data, columns=[column, *([kept] if kept else [])], limit=MOST)
    found: dict[str, int] = {}
    for number, cells in enumerate(table.itertuples(index=False), start=1):
        text, given = cells[0], cells[1] if kept else None
        if isinstance(text, str) and text.strip() and (given is None or not str(given).strip()):
            found.setdefault(text.strip(), number)
    if not found:
        raise BadData(f"Every row of {data.name} has a label already.", "Give a file with rows without one.")
    return column, kept, [(number, text) for text, number in found.items()]


def write_sheet(found: dict[str, Any], path: Path) -> None:
    """Write the chosen rows as CSV with an empty label column; without the guesses, which would sway who labels them.

    Args:
        found: what :func:`rows_to_label` returned.
        path: the file to write.

    Raises:
        BadArgument: the file exists.
    """
    import csv
    import io

    from knowledge.atomic import write_atomically

    if path.exists():
        raise BadArgument(f"{path} exists already.", "Name a new file.", param="out")
    text = io.StringIO()
    sheet = csv.writer(text)
    sheet.writerow([found["text_column"], found["label_column"] or "label"])
    sheet.writerows([[row["text"], ""] for row in found["rows"]])
    write_atomically(path, text.getvalue())

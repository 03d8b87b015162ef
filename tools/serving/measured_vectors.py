"""Embedding models measured on new pairs, triplets or labelled texts: what a search with their vectors finds."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools.errors import BadData
from tools.serving.beside import Beside
from tools.serving.measured import Measured
from tools.serving.measured_rows import drawn, known, named, table_of
from tools.serving.predictor import LONGEST, Predictor

if TYPE_CHECKING:
    import numpy

    from tools.finetune.retrieval import Encoder, Triple

MOST = 20_000  # rows that are measured
AT_ONCE = 512  # texts for which the model is asked together
Scored = tuple[str, str, float]


class Served:
    """A model's vectors as whatever engine it runs on makes them; others have their turns meanwhile."""

    def __init__(self, predictor: Predictor):
        self._embed = predictor.embed

    def embed(self, texts: Sequence[str], told: Callable[[int], None] | None = None) -> "numpy.ndarray":
        """Unit vectors, float32 [n, width]."""
        import numpy

        found = []
        for start in range(0, len(texts), AT_ONCE):
            found.append(self._embed([text[:LONGEST] for text in texts[start : start + AT_ONCE]]))
            if told:
                told(min(start + AT_ONCE, len(texts)))
        return numpy.concatenate(found)


def vectors(predictor: Predictor, info: dict[str, Any], data: Path, beside: Beside) -> Measured:
    """How often a text finds what belongs to it, and whether likeness goes with the file's scores.

    Args:
        predictor: an embedding model.
        info: what the registry knows of it.
        data: the file.
        beside: its base.

    Raises:
        BadData: nothing in the file belongs together.
    """
    from tools.finetune.encoder import FrozenEncoder
    from tools.finetune.pooling import pooling_of

    columns, rows, scores, warnings = _rows(predictor, info, data)
    metrics, evaluation = _measured(Served(predictor), rows, scores, beside, "Measuring the model")
    pooling = pooling_of(predictor.folder)

    def base(folder: Path) -> dict[str, float]:
        encoder = FrozenEncoder(folder, pooling=pooling)
        return _measured(encoder, rows, scores, beside, "Measuring its base")[0]

    other, gone = beside.measured(base)
    evaluation["baseline"] = {"frozen_encoder": other} if other else {}
    return Measured(columns, metrics, evaluation, warnings + gone)


def _rows(
    predictor: Predictor, info: dict[str, Any], data: Path
) -> tuple[dict[str, str], list["Triple"], list[Scored], list[str]]:
    """The columns, texts with their partners, pairs with scores, and what people should know of the rest."""
    from tools.finetune.examples import pairs
    from tools.finetune.tasks.embedding import (
        LABELLED,
        repeats,
        scored,
        together,
        triples,
        wrong_texts,
    )

    facts = known(predictor, info)
    table, (text, label) = table_of(predictor, info, data)
    assert label is not None  # the task needs one
    given, warnings = len(pairs(table, text, label)), [*table.attrs.get("warnings", [])]
    if given < len(table):
        warnings.append(f"{len(table) - given:,} rows without a text or a label are left out.")
    scores = scored(table, text, label)
    every, said = together(table, text, label)
    seed = int(facts.get("seed") or 0)
    rows, cut = drawn(every, MOST, seed)
    scores, fewer = drawn(scores, MOST, seed)
    same = (text, label) == (facts.get("text_column"), facts.get("label_column"))
    from_labels = facts.get(LABELLED) if same else None
    if from_labels is None:
        from_labels = not wrong_texts(table, (text, label)) and repeats(rows)
    found = triples(rows, from_labels, seed)
    if alone := len(rows) - len(found):
        said.append(f"{alone:,} texts are left out: each is the only one of its label.")
    if len({group for *_, group in found}) < 2:  # with nothing else to find, all would be found
        found = []
    if not found and not scores:
        raise BadData(
            f"{data.name} holds no two groups of texts that belong together: there is nothing to search among.",
            "Give pairs of texts, or several texts for each of at least two labels.",
        )
    return named((text, label)), found, scores, warnings + said + (fewer or cut)


def _measured(
    encoder: "Encoder", rows: list["Triple"], scores: list[Scored], beside: Beside, message: str
) -> tuple[dict[str, float], dict[str, Any]]:
    """What an encoder finds: measures and evaluation."""
    import numpy

    from tools.finetune.metrics import resampled
    from tools.finetune.retrieval import correlation, misses, retrieval, searched

    beside.report.phase(message, 2 * (len(rows) + len(scores)))
    found = searched(encoder, rows, beside.report.advance)
    metrics, intervals = retrieval(found.places) if rows else {}, resampled(found.places, retrieval)
    if scores:
        sides = [first for first, *_ in scores], [second for _, second, _ in scores]
        first, second = (encoder.embed(side) for side in sides)
        likeness = numpy.stack([(first * second).sum(axis=1), [score for *_, score in scores]], axis=1)
        whole = correlation(likeness)
        metrics |= {"spearman": whole["spearman"], "scored_pairs": whole["rows"]}
        metrics.setdefault("rows", whole["rows"])
        intervals |= resampled(likeness, correlation)
    return metrics, {"intervals": intervals, "examples": misses(found)}

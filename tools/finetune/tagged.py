"""What a tagger gets wrong, and how far its measures can be trusted."""

from collections.abc import Sequence
from typing import Any

from tools.finetune.metrics import RESAMPLED
from tools.finetune.tasks.token_classification import Sentence, entities
from tools.privacy.reports import quoted

MOST = 25  # sentences that are listed


def intervals(
    truth: Sequence[list[str]], guesses: Sequence[list[str]], seed: int = 0
) -> dict[str, list[float]]:
    """Between which values accuracy and F1 of whole entities lie with a confidence of 95 %.

    By the percentiles of resampled sentences (bootstrap, Efron 1979): words of one sentence are not independent.

    Args:
        truth: the tags of n sentences.
        guesses: the same, as the model gave them.
        seed: of the resampling.

    Returns:
        ``{"accuracy": [low, high], "f1": [low, high]}``.
    """
    import numpy

    counts = numpy.array([_counts(*pair) for pair in zip(truth, guesses, strict=True)], dtype=float)
    dice = numpy.random.default_rng(seed)
    drawn = numpy.array(
        [counts[dice.integers(0, len(counts), len(counts))].sum(axis=0) for _ in range(RESAMPLED)]
    )
    same, words, right, found, wanted = drawn.T
    measures = {"accuracy": same / words, "f1": 2 * right / numpy.maximum(found + wanted, 1)}
    return {
        name: [round(float(edge), 4) for edge in numpy.percentile(values, [2.5, 97.5])]
        for name, values in measures.items()
    }


def _counts(tags: list[str], guess: list[str]) -> tuple[int, int, int, int, int]:
    """Right tags and tags, and right, found and wanted entities of one sentence."""
    real, seen = set(entities(tags)), set(entities(guess))
    same = sum(one == other for one, other in zip(tags, guess, strict=True))
    return same, len(tags), len(real & seen), len(seen), len(real)


def mistakes(
    rows: Sequence[Sentence], guesses: Sequence[Sequence[tuple[str, float]]]
) -> list[dict[str, Any]]:
    """Sentences in which entities were missed or made up, the surest first.

    Args:
        rows: words and tags.
        guesses: for each a tag and its probability a word.

    Returns:
        ``{"text", "label", "predicted", "score"}``, the entities written as ``PER (words 1–2)``: labels are not
        redacted in reports, so they hold no words of the text.
    """
    wrong: list[dict[str, Any]] = []
    for (words, tags), guess in zip(rows, guesses, strict=True):
        given = [tag for tag, _ in guess]
        if set(entities(tags)) != set(entities(given)):
            sure = min(score for _, score in guess)
            told = {"label": _places(tags), "predicted": _places(given)}
            wrong.append({"text": quoted(" ".join(words)), **told, "score": round(sure, 4)})
    return sorted(wrong, key=lambda row: -row["score"])[:MOST]


def _places(tags: list[str]) -> str:
    found = [f"{kind} (words {first + 1}–{after})" for kind, first, after in entities(tags)]
    return "; ".join(found)[:300] or "nothing"

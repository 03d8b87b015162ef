"""Pairs of texts with a verdict beside them: which belong together, and which only stand in one row.

Paraphrase, duplicate and inference sets (QQP, STS, SNLI and the like) hold pairs that do not belong together too.
Learned from as if they did, they would teach the opposite.
"""

from collections.abc import Sequence
from typing import Any

from tools.data.label_sets import label_name, missing
from tools.errors import BadData

VERDICTS = (
    "label",
    "labels",
    "gold_label",
    "score",
    "similarity",
    "similarity_score",
    "relatedness_score",
    "is_duplicate",
    "duplicate",
    "is_paraphrase",
    "paraphrase",
    "match",
    "relevant",
    "relevance",
    "相似度",
    "标签",
)
# fmt: off
YES = {"1", "true", "yes", "y", "entailment", "entails", "duplicate", "paraphrase", "match", "similar",
       "equivalent", "relevant", "positive", "same", "是", "相似", "相关"}
NO = {"0", "-1", "-", "false", "no", "n", "neutral", "contradiction", "not_entailment", "not_duplicate", "unrelated",
      "not duplicate", "not_equivalent", "different", "irrelevant", "negative", "否", "不相似", "不相关"}
# fmt: on
SCALES = (1.0, 5.0, 10.0, 100.0)
ALIKE = 0.8  # of a scale's end: 4 of 5 is "mostly equivalent" in STS


def belonging(cells: Sequence[Any], column: str) -> tuple[list[bool] | None, str]:
    """Which pairs belong together, by a column of verdicts or scores.

    Args:
        cells: the column's values.
        column: its name.

    Returns:
        For each row whether it does (a row without a verdict does not), and a word for what that means; None where the
        column says nothing of the kind.

    Raises:
        BadData: numbers that could mean this or that.
    """
    words = [None if missing(cell) else label_name(cell).casefold() for cell in cells]
    known = {word for word in words if word is not None}
    if known and known <= NO:
        return [False] * len(words), "no"
    if known & YES and known & NO and known <= YES | NO:
        return [word in YES for word in words], "no"
    numbers = _numbers(words)
    if numbers is None or len(known) < 2:
        return None, ""
    most = max(numbers.values())
    if most in (2, 3) and all(number.is_integer() for number in numbers.values()):  # grades, or codes
        raise BadData(
            f"What the numbers in column {column} mean is not clear: {', '.join(sorted(known))}.",
            "Write 1 where the two texts belong together and 0 where they do not.",
        )
    top = next((scale for scale in SCALES if most <= scale), None)
    if top is None or min(numbers.values()) < 0:  # votes, differences
        return None, ""
    line = ALIKE * top
    return [word is not None and numbers[word] >= line for word in words], f"{line:g}"


def _numbers(words: Sequence[str | None]) -> dict[str, float] | None:
    """The number behind each word; None where one is none."""
    try:
        return {word: float(word.replace(",", ".")) for word in set(words) if word is not None}
    except ValueError:
        return None

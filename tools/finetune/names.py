"""What a label is called says what it means: with few rows, its name counts as one more text of it.

Measured on Banking77's training file (MiniLM, 2,000 held-out rows, three draws, logistic regression on the frozen
encoder): with 3 rows a label 72.3 % without the names and 76.3 % with them, with 10 rows 83.3 and 83.9 %.
"""

import re
from dataclasses import replace

from tools.finetune.examples import Parts

FEW = 30  # rows a label, on average, from which on names add nothing
_WORDS = re.compile(r"[^\W\d_]{3,}|[\u3400-\u9fff]{2,}")
Example = tuple[str, str]


def readable(label: str) -> str:
    """A label as words: ``card_arrival`` and ``cardArrival`` are "card arrival"."""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", label)
    return re.sub(r"[_\-./:]+|\s+", " ", apart).strip()


def with_names(parts: Parts[Example]) -> tuple[Parts[Example], int]:
    """The rows with the labels' names behind those to train on, where rows are few, and how many names that are.

    Codes such as "A1" are no names, and a name that stands in the rows as a text already is not added.

    Args:
        parts: texts with labels.
    """
    labels = sorted({label for _, label in parts.train})
    if len(parts.train) >= FEW * len(labels):
        return parts, 0
    taken = {
        text.casefold().strip() for rows in (parts.train, parts.validation, parts.test) for text, _ in rows
    }
    named = [
        (readable(label), label)
        for label in labels
        if _WORDS.search(readable(label)) and readable(label).casefold() not in taken
    ]
    return replace(parts, train=parts.train + named), len(named)

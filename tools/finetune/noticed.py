"""What people should know of rows before they are learned: contradictions, repeats, uneven labels, long texts."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence

from tools.errors import BadData
from tools.finetune.examples import plain, text_tokens
from tools.finetune.spec import FinetuneSpec

UNEVEN = 10  # times as many rows as the rarest label, from which on the most frequent one outweighs it
MANY = 0.05  # of the rows repeat others
ODD = 0.1  # of the labels may have one text only
WORDS = 0.7  # a token, roughly


def uneven(counts: Iterable[int]) -> bool:
    """Whether the most frequent label outweighs the rarest one so much that rows of rare labels shall count more."""
    known = [count for count in counts if count]
    return bool(known) and max(known) >= UNEVEN * min(known)


def told_uneven(counts: Mapping[str, int]) -> list[str]:
    """A sentence about uneven labels, and what is done about them.

    Args:
        counts: rows of each label.
    """
    if not uneven(counts.values()):
        return []
    most, least = max(counts, key=lambda label: counts[label]), min(counts, key=lambda label: counts[label])
    return [
        f"Labels are uneven ({counts[most]:,} rows of {most}, {counts[least]:,} of {least}): rows of rare labels count "
        "more in the training. Look at F1 rather than accuracy."
    ]


def told_clashes(rows: Iterable[tuple[str, Hashable]]) -> list[str]:
    """Sentences about equal rows: those with different labels, and those that come again.

    Args:
        rows: what tells a row from others, and its label or labels.
    """
    labels: dict[str, set[Hashable]] = defaultdict(set)
    number = 0
    for number, (text, label) in enumerate(rows, 1):  # noqa: B007
        labels[text].add(label)
    clashes = sum(len(each) > 1 for each in labels.values())
    repeats = number - sum(map(len, labels.values()))
    said = []
    if clashes:
        said.append(
            f"{clashes:,} texts or pictures come again with another label: a model can but guess. Decide which one is "
            "right."
        )
    if repeats > MANY * number:
        said.append(
            f"{repeats:,} of {number:,} rows repeat earlier ones: they tell nothing new, and stay on one side of the "
            "split."
        )
    return said


def told_cut(texts: Sequence[str], most: int) -> list[str]:
    """A sentence about texts of which only the beginning is read.

    Args:
        texts: all of them.
        most: tokens that are read.
    """
    long = sum(len(text) > most and text_tokens(text) > most for text in texts)
    if not long:
        return []
    return [
        f"{long:,} of {len(texts):,} texts are longer than {most} tokens: of these only the beginning is read, some "
        f"{round(most * WORDS, -1):.0f} words. Put what matters first, or shorten them."
    ]


def told_unused(spec: FinetuneSpec, method: str) -> list[str]:
    """A sentence about stated numbers of which a method has no use.

    Args:
        spec: the wish.
        method: that was chosen.
    """
    given = {"epochs": spec.epochs, "learning rate": spec.learning_rate, "batch size": spec.batch_size}
    named = [name for name, value in given.items() if value is not None]
    if method != "head" or not named:
        return []
    return [f"The method head has no use for {' and '.join(named)}: choose full or lora to make use of that."]


def check_texts(rows: Iterable[tuple[str, Sequence[str]]]) -> list[str]:
    """A sentence about the few labels of many that have one text only, however often it comes.

    Args:
        rows: texts with their labels.

    Raises:
        BadData: those are more than a few.
    """
    texts: dict[str, set[str]] = defaultdict(set)
    for text, labels in rows:
        for label in labels:
            if len(texts[label]) < 2:
                texts[label].add(plain(text))
    alone = [label for label, found in texts.items() if len(found) < 2]
    if not alone:
        return []
    more = f" and {len(alone) - 1} others" if len(alone) > 1 else ""
    if len(alone) > ODD * len(texts):
        raise BadData(
            f"Label {alone[0]}{more} has one text only, again and again, so it cannot be both learned and measured.",
            "Add other texts for it, merge it with another label, or remove it.",
            param="label_column",
        )
    return [
        f"Label {alone[0]}{more} has one text only, again and again: it is learned or measured, but not both."
    ]

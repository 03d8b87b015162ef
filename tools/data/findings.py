"""What people should know about a dataset before they train on it, one plain sentence each."""

from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING

from tools.data.columns import Guess

if TYPE_CHECKING:
    from tools.data.inspect import Tally

MANY_LABELS = 500
FEW_ROWS = 50


def findings(tally: "Tally", guess: Guess, pii: dict[str, int], sampled: tuple[int, int]) -> list[str]:
    """Warnings about the content of a file.

    Args:
        tally: what was counted.
        guess: what the columns are taken for.
        pii: personal data found, by type.
        sampled: cells looked at for personal data, and cells there are.
    """
    found = [*_size(tally, guess), *_gaps(tally, guess), *_duplicates(tally)]
    if tally.label is not None:
        found += [*_labels(tally, guess), *spellings(tally.labels)]
    return found + _personal(pii, sampled)


def _size(tally: "Tally", guess: Guess) -> list[str]:
    found = []
    if guess.task is None:
        found.append(f"No task fits: {guess.why} Name the text column if there is one.")
    if tally.rows < FEW_ROWS:
        rows = "1 row" if tally.rows == 1 else f"{tally.rows} rows"
        found.append(
            f"There {'is' if tally.rows == 1 else 'are'} only {rows}; a model needs more to learn from."
        )
    return found


def _gaps(tally: "Tally", guess: Guess) -> list[str]:
    """Missing labels and texts."""
    found = []
    for place, name, what in (
        (tally.label, guess.label_column, "label"),
        (tally.text, guess.text_column, "text"),
    ):
        missing = tally.missing[place] if place is not None else 0
        if missing:
            share = _percent(missing, tally.rows)
            rows = "row has" if missing == 1 else "rows have"
            found.append(
                f"{missing:,} {rows} no {what} ({share} of column {name}) and would be left out of training."
            )
    return found


def _duplicates(tally: "Tally") -> list[str]:
    found = []
    about = "" if tally.pairs.exact else "about "
    same = tally.pairs.repeats
    if same:
        rows = "row repeats an earlier one" if same == 1 else "rows repeat earlier ones"
        found.append(f"{about}{same:,} {rows}; they are kept on one side of the split.".capitalize())
    clashes = tally.texts.repeats - same
    if tally.label is not None and tally.pairs.exact and tally.texts.exact and clashes > 0:
        texts = "text comes" if clashes == 1 else "texts come"
        found.append(f"{clashes:,} {texts} again with another label; decide which one is right.")
    if not all(column.exact for column in tally.distinct):
        found.append("The file is large: the numbers of different values are estimates (within about 1%).")
    return found


def _labels(tally: "Tally", guess: Guess) -> list[str]:
    """Too few labels, too many, or too uneven."""
    labels, name, found = tally.labels, guess.label_column, []
    if not labels:
        return [f"Column {name} holds no label at all."]
    if len(labels) == 1 and guess.task != "token-classification":
        return [f"Column {name} holds one label only ({next(iter(labels))}); a classifier needs two or more."]
    if len(labels) > MANY_LABELS or len(labels) > tally.rows / 2:
        more = "more than " if tally.more_labels else ""
        each = sum(labels.values()) / len(labels)
        found.append(
            f"Column {name} holds {more}{len(labels):,} labels, {each:.1f} rows each on average: too many to learn. "
            "Is it the right column? Otherwise merge rare labels."
        )
    else:
        found += _rare(tally)
    return found


def _rare(tally: "Tally") -> list[str]:
    """Labels with a handful of rows, and one that outweighs the others."""
    found = []
    counts = tally.labels.most_common()
    rare = [label for label, count in counts if count < 5]
    if rare:
        shown = ", ".join(rare[:5]) + (" and more" if len(rare) > 5 else "")
        labels = "1 label has" if len(rare) == 1 else f"{len(rare)} labels have"
        found.append(f"{labels} fewer than 5 rows ({shown}); too few to learn and to test.")
    (top, most), (_, least) = counts[0], counts[-1]
    if most > 10 * least and most > tally.rows / 2:
        share = _percent(most, tally.rows)
        found.append(f"Labels are uneven: {top} has {share} of the rows. Look at F1 rather than accuracy.")
    return found


def spellings(labels: Iterable[str]) -> list[str]:
    """A warning about labels that differ in capitals, spaces, hyphens or underscores alone."""
    groups: dict[str, list[str]] = defaultdict(list)
    for label in labels:
        groups[" ".join(label.casefold().replace("_", " ").replace("-", " ").split())].append(label)
    twins = [sorted(group) for group in groups.values() if len(group) > 1]
    if not twins:
        return []
    shown = "; ".join(" / ".join(group) for group in twins[:3])
    return [f"Some labels differ only in spelling and count as different ones: {shown}."]


def _personal(pii: dict[str, int], sampled: tuple[int, int]) -> list[str]:
    found = []
    if pii:
        shown = ", ".join(
            f"{name} ({count})" for name, count in sorted(pii.items(), key=lambda item: -item[1])
        )
        found.append(f"Personal data was found: {shown}. Redact it before you share the file or a model.")
    looked, of = sampled
    if looked < of:
        found.append(f"Personal data was looked for in a sample of {looked:,} of {of:,} cells.")
    return found


def _percent(part: int, whole: int) -> str:
    share = 100 * part / whole
    return f"{share:.0f}%" if share >= 1 else "under 1%"

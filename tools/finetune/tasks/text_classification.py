"""Text classification: one label or several a text, by full fine-tuning, adapters, or a head on a frozen encoder."""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools.data.findings import spellings
from tools.data.label_sets import label_name, label_sets
from tools.errors import BadData
from tools.finetune.examples import Parts, mean_tokens, pairs, part, plain, read, text_sets
from tools.finetune.noticed import check_texts, told_clashes, told_cut, told_uneven
from tools.finetune.task import Facts, Outcome, Run

if TYPE_CHECKING:
    import pandas

Example = tuple[str, str]
MOST_LABELS = 1000
MAX_LENGTH = 256
ONE_LABEL = "one_label"  # attribute of a table whose cells are one label each, whatever signs they hold

TESTED = "tested"  # attribute of a table that is measured on a file of its own


class TextClassification:
    """The task's object; see ``tools.finetune.task.Task``."""

    name = "text-classification"
    default_base = "minilm"
    methods = ("full", "lora", "dora", "adalora", "qlora", "head", "few-shot")
    needs_label = True

    def beside(self, columns: Sequence[str], text_column: str, label_column: str | None) -> tuple[str, ...]:
        """None."""
        return ()

    def check(self, table: "pandas.DataFrame", text_column: str, label_column: str | None) -> Facts:
        """Refuse what no classifier can learn from."""
        assert label_column is not None
        several = not table.attrs.get(ONE_LABEL) and label_sets(list(table[label_column])) is not None
        rows: list[Any] = (
            text_sets(table, text_column, label_column)
            if several
            else pairs(table, text_column, label_column)
        )
        given = [name for _, names in rows for name in names] if several else [label for _, label in rows]
        counts = check_labels(table, label_column, given)
        texts = {text.casefold() for text, _ in rows}
        if len(texts) < 2 * len(counts):
            raise BadData(
                f"Column {text_column} holds only {len(texts)} different texts for {len(counts)} labels.",
                "Give at least two different texts a label.",
                param="text_column",
            )
        whole = [text for text, _ in rows]
        tokens = mean_tokens(whole, MAX_LENGTH)
        warnings = gaps(table, len(rows)) + spellings(counts)
        if not table.attrs.get(TESTED):
            warnings += check_texts((text, labels if several else (labels,)) for text, labels in rows)
        if several:
            warnings.append(
                f"Column {label_column} is read as several labels a row, {len(counts):,} in all. "
                "With one_label each cell is one label."
            )
        else:
            warnings += told_uneven(counts)
        keys = ((plain(text), frozenset(labels) if several else labels) for text, labels in rows)
        warnings += told_clashes(keys) + told_cut(whole, MAX_LENGTH)
        return Facts(len(rows), counts, tokens, warnings, several)

    def rows(
        self, table: "pandas.DataFrame", text_column: str, label_column: str | None, facts: Facts
    ) -> list[tuple[str, tuple[str, ...]]]:
        """Texts with their labels."""
        assert label_column is not None
        if facts.several:
            return text_sets(table, text_column, label_column, facts.labels)
        return [(text, (label,)) for text, label in pairs(table, text_column, label_column)]

    def train(self, run: Run) -> Outcome:
        """Baselines first (they are quick and give a first result), then the model, then the measuring."""
        if run.plan.get("several_labels"):
            from tools.finetune import multilabel

            return multilabel.train(run, _parts_of_sets(run))
        from tools.finetune import classification

        return classification.train(run, self._parts(run))

    def _parts(self, run: Run) -> Parts[Example]:
        columns = run.plan["text_column"], run.plan["label_column"]
        rows = pairs(read(run.spec.data, columns), *columns)
        test = pairs(read(run.spec.test_data, columns), *columns) if run.spec.test_data else None
        return part(rows, test, run.spec.seed, lambda row: row[0], lambda row: row[1])

    def load(self, folder: Path, device: str | None = None, late: bool = False) -> Any:
        """A ``tools.finetune.task.Classifier``; ``late`` where its module may be loaded when first asked for."""
        from tools.finetune.classifier import TextClassifier
        from tools.finetune.machine import best_device

        info = json.loads((folder / "assistant.json").read_text())
        given = info["labels"], info["max_length"], best_device(device), info.get("threshold")
        return TextClassifier(folder, *given, late=late)


def _parts_of_sets(run: Run) -> Parts[tuple[str, tuple[str, ...]]]:
    """Rows with sets of labels, spread by the rarest label of each."""
    columns = run.plan["text_column"], run.plan["label_column"]
    rows = text_sets(read(run.spec.data, columns), *columns)
    counts = Counter(name for _, names in rows for name in names)
    test = text_sets(read(run.spec.test_data, columns), *columns, counts) if run.spec.test_data else None
    rarest = lambda row: min(row[1], key=lambda name: counts[name], default="")  # noqa: E731
    return part(rows, test, run.spec.seed, lambda row: row[0], rarest)


def check_labels(table: "pandas.DataFrame", column: str, labels: list[str]) -> dict[str, int]:
    """Labels with their counts, the most frequent first.

    Args:
        table: the whole table.
        column: its label column.
        labels: the labels of the rows that can be used.

    Raises:
        BadData: one label, far too many, a rare one, or mostly gaps.
    """
    filled = sum(1 for cell in table[column] if cell is not None and label_name(cell))
    if not labels:
        raise BadData(
            f"No row has both a text and a value in column {column}.", "Choose another label column."
        )
    if filled < len(table) / 2:
        share = round(100 * (1 - filled / len(table)))
        raise BadData(
            f"{share} % of the rows have nothing in column {column}.",
            "Fill in the labels, put those rows into a file of their own (unlabeled learns from their texts), "
            "or choose another label column.",
            param="label_column",
        )
    counts = dict(Counter(labels).most_common())
    _check_counts(counts, column)
    return counts


def _check_counts(counts: dict[str, int], column: str) -> None:
    """Labels that can be learned: at least two, not about as many as rows, each with two rows."""
    rows = sum(counts.values())
    if len(counts) == 1:
        raise BadData(
            f"Column {column} holds one label only ({next(iter(counts))}).",
            "A classifier needs at least two.",
            param="label_column",
        )
    if len(counts) > MOST_LABELS or len(counts) > max(2, rows / 2):
        raise BadData(
            f"Column {column} holds {len(counts):,} different values in {rows:,} rows: free text, not labels.",
            f"Choose a column with at most {MOST_LABELS:,} values that repeat.",
            param="label_column",
        )
    single = [label for label, count in counts.items() if count == 1]
    if single:
        more = f" and {len(single) - 1} others" if len(single) > 1 else ""
        raise BadData(
            f"Label {single[0]}{more} has one row only, so it cannot be both learned and measured.",
            "Add rows for it, merge it with another label, or remove it.",
            param="label_column",
        )


def gaps(table: "pandas.DataFrame", used: int) -> list[str]:
    """A warning about rows that are left out."""
    missing = len(table) - used
    return [f"{missing:,} rows lack a text or a label."] if missing else []


TASK = TextClassification()

"""Which column holds the text, which the label, and which task the table fits: guessed, and open to correction."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tools.data.column import LABEL_NAMES, Column
from tools.data.column import label_column as best_label
from tools.data.column import text_column as best_text
from tools.data.matching import VERDICTS, belonging
from tools.data.shapes import Guess, shapes
from tools.errors import BadArgument, BadData, did_you_mean

__all__ = ["LABEL_NAMES", "Guess", "check_column", "guess_columns"]


def check_column(name: str, columns: Iterable[str], param: str | None = None) -> str:
    """The column as the file writes it (capitals and surrounding space do not matter).

    Args:
        name: the column that is wished for.
        columns: the file's columns.
        param: the argument to blame.

    Raises:
        BadArgument: there is no such column; the hint names the closest.
    """
    known = list(columns)
    if name in known:
        return name
    same = [column for column in known if column.casefold().strip() == name.casefold().strip()]
    if len(same) == 1:
        return same[0]
    hint = did_you_mean(name, known) or f"The file has {len(known)} columns, the first being {known[0]}."
    raise BadArgument(f"There is no column {name}.", hint, param=param)


def guess_columns(
    rows: Sequence[Mapping[str, Any]],
    task: str | None = None,
    text_column: str | None = None,
    label_column: str | None = None,
) -> Guess:
    """Guess task, text and label column from some rows; what the caller states is kept.

    Args:
        rows: a sample, as ``tools.data.read.sample_rows`` gives it.
        task: the task, where the user chose one.
        text_column: the text column, where the user chose one.
        label_column: the label column, where the user chose one.

    Raises:
        BadData: there are no rows.
        BadArgument: a chosen column does not exist.
    """
    if not rows:
        raise BadData("The table has no rows.", "Add at least one row.")
    names = list(rows[0])
    text = check_column(text_column, names, "text_column") if text_column else None
    label = check_column(label_column, names, "label_column") if label_column else None
    columns = [Column(name, [row[name] for row in rows if row.get(name) is not None]) for name in names]
    for guess in shapes(columns, text, label):
        if task in (None, guess.task):
            return guess
    if task == "text-generation":
        return Guess(task, *_prompt_and_reply(columns, text, label), "The task was chosen by you.")
    text = text or best_text([column for column in columns if column.name != label])
    if task == "embedding":
        label = label or _second(columns, text)
    elif task != "masked-lm":
        label = label or best_label([column for column in columns if column.name != text])
    return _guess(task, text, label)


def _guess(task: str | None, text: str | None, label: str | None) -> Guess:
    if task is not None:
        return Guess(task, text, label, "The task was chosen by you.")
    if text and label:
        return Guess("text-classification", text, label, f"{text} holds text and {label} repeats few values.")
    if text:
        return Guess("masked-lm", text, None, f"{text} holds text and no column looks like a label.")
    return Guess(None, None, label, "No column holds text.")


def _prompt_and_reply(
    columns: Sequence[Column], text: str | None, label: str | None
) -> tuple[str | None, str | None]:
    """Two columns of free text in the order of the file, or the only two of text; no reply where it is not clear."""
    free = [column.name for column in columns if column.free and column.name not in (text, label)]
    if text is None and label is None and len(free) == 2:
        return free[0], free[1]
    text = text or best_text([column for column in columns if column.name != label])
    others = [name for name in free if name != text]
    others = others or [column.name for column in columns if column.texts and column.name != text]
    return text, label or (others[0] if len(others) == 1 else None)


def _second(columns: Sequence[Column], text: str | None) -> str | None:
    """A label, or where that only tells which pairs belong together, the other text; None where that is not clear."""
    others = [column for column in columns if column.name != text]
    label = best_label(others)
    free = [column.name for column in others if column.free and column.name != label]
    verdict = next((column for column in others if column.name == label and _is_verdict(column)), None)
    if free and (verdict or label is None):
        return free[0] if len(free) == 1 else None
    return label


def _is_verdict(column: Column) -> bool:
    """Whether a column tells which pairs belong together, by its name and its values."""
    if column.plain not in VERDICTS:
        return False
    try:
        return belonging(column.values, column.name)[0] is not None
    except BadData:  # grades that could mean this or that
        return True

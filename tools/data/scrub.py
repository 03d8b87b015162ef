"""A copy of a data file without personal data, to train on or to share."""

import csv
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tools.data.columns import LABEL_NAMES, check_column, guess_columns
from tools.data.read import open_table, sample_rows
from tools.errors import BadArgument, BadData
from tools.privacy.fields import Fields
from tools.privacy.operators import Operators, check
from tools.privacy.redactor import Redactor, replaced

FORMATS = (".csv", ".tsv", ".jsonl")
SPEAKER, ROLES = (
    ("role", "from"),
    ("user", "assistant", "system", "human", "gpt", "bot", "model", "tool"),
)  # who speaks in a chat message
LONG_NUMBER = 7  # digits from which a number may be a telephone's or a card's


def scrubbed_name(path: Path) -> str:
    """What a copy is called where nobody says: ``mails-scrubbed.csv``, in the file's form where that can be written."""
    ending = path.suffix.lower() if path.suffix.lower() in FORMATS else FORMATS[0]
    return f"{path.stem}-scrubbed{ending}"


def scrub(
    path: Path,
    target: Path,
    redactor: Redactor,
    operator: str = "pseudonym",
    columns: list[str] | None = None,
    told: Callable[[int], None] | None = None,
) -> dict[str, Any]:
    """Write a file anew with the personal data in its texts hidden; labels stay as they are.

    Equal values get equal pseudonyms and hashes throughout the file, so that a model can still tell people apart.

    Args:
        path: the data file.
        target: the file to write: CSV, TSV or JSON lines, by its ending.
        redactor: finds the personal data.
        operator: ``pseudonym``, ``replace``, ``mask``, ``hash`` or ``surrogate`` (invented values).
        columns: only these; all texts but the labels where None.
        told: called now and then with the number of rows done.

    Returns:
        ``{"rows", "changed": rows that held some, "entities": {type: count}, "columns", "left": columns that were not
        looked into, "warnings", "file"}``.

    Raises:
        BadArgument: the target exists or has another ending; no such operator or column.
        BadData: the file is no table, or holds images.
    """
    check(operator)
    if target.exists():
        raise BadArgument(f"{target} exists already.", "Name a new file.", param="out")
    if target.suffix.lower() not in FORMATS:
        raise BadArgument(
            f"{target.name} has no ending known here.", "Use .csv, .tsv or .jsonl.", param="out"
        )
    left = _left(path, columns)
    rows, changed = 0, 0
    partial = target.with_name(f".{target.name}.partial")
    try:
        with partial.open("w", newline="", encoding="utf-8", errors="replace") as file:
            write = _writer(file, target.suffix.lower())
            info, found = open_table(path)
            hide = _Hider(redactor, operator)
            for rows, cells in enumerate(found, 1):
                row = dict(zip(info.columns, cells, strict=True))
                hide.fields = hide.fields or Fields(row)  # some formats tell their columns with the first row
                clean = {name: cell if name in left else hide(name, cell) for name, cell in row.items()}
                changed += clean != row
                write(clean)
                if told and not rows % 100:
                    told(rows)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
    entities = dict(hide.counts.most_common())
    looked = [name for name in info.columns if name not in left]
    about = {"columns": looked, "left": left, "warnings": info.warnings, "file": str(target)}
    return {"rows": rows, "changed": changed, "entities": entities} | about


def _left(path: Path, wish: list[str] | None) -> list[str]:
    """The columns to leave as they are: all but those wished for, or the labels, where a column is called so."""
    sample = sample_rows(path)
    guess = guess_columns(sample)
    if guess.task == "image-classification":
        raise BadData(f"{path.name} holds images, in which nothing is looked for.", "Give a table of texts.")
    names = list(sample[0])
    if wish:
        chosen = [check_column(name, names, "columns") for name in wish]
        return [name for name in names if name not in chosen]
    labels = guess.label_column if str(guess.task).endswith("classification") else None
    return [labels] if labels and labels.casefold().strip() in LABEL_NAMES else []


class _Hider:
    """Hides personal data in cells, and counts what it found."""

    def __init__(self, redactor: Redactor, operator: str):
        self.redactor, self.operator, self.operators = redactor, operator, Operators(redactor.salt)
        self.fields: Fields | None = None  # of the table
        self.counts = Counter[str]()

    def __call__(self, name: str, cell: Any, fields: Fields | None = None) -> Any:
        """A cell without it; lists and objects (conversations, records) are looked through.

        Args:
            name: of the column, or of the field of an object.
            cell: what it holds.
            fields: of the object; the table's where None.
        """
        fields = fields or self.fields or Fields([name])
        if isinstance(cell, list):
            return [self(name, each, fields) for each in cell]
        if isinstance(cell, dict):
            inner = Fields(cell)
            return {
                key: value if key in SPEAKER and value in ROLES else self(key, value, inner)
                for key, value in cell.items()
            }
        if cell is None or isinstance(cell, bool):
            return cell
        text = str(cell)
        number = isinstance(cell, int | float) and len(text) < LONG_NUMBER and not fields.promises(name)
        found = [] if number else self.redactor.find_in(fields, name, text)
        self.counts.update(entity.entity_type for entity in found)
        return replaced(text, found, self.operator, self.operators) if found else cell


def _writer(file: Any, kind: str) -> Callable[[dict[str, Any]], None]:
    """Writes rows one by one; in tables, lists and objects become JSON, which is how they are read back."""
    sheet = csv.writer(file, delimiter="\t" if kind == ".tsv" else ",")

    def line(row: dict[str, Any]) -> None:
        file.write(json.dumps(row, ensure_ascii=False, default=str) + "\n")

    def cells(row: dict[str, Any]) -> None:
        if not file.tell():
            sheet.writerow(row)
        sheet.writerow(
            json.dumps(cell, ensure_ascii=False, default=str) if isinstance(cell, list | dict) else cell
            for cell in row.values()
        )

    return line if kind == ".jsonl" else cells

"""Labels that people give to rows of a dataset, one by one, and the dataset with them written in."""

import csv
import io
from pathlib import Path
from typing import Any

from sqlalchemy import select

from assistant.errors import BadRequest
from assistant.store.database import Database
from assistant.store.schema import now, row_labels
from assistant.workspace.files import ATTACHED, FileStore

LONGEST = 200  # characters of a label


class Labelling:
    """The labels of all datasets' rows.

    Args:
        database: where the labels are until they are written.
        files: where the datasets are.
    """

    def __init__(self, database: Database, files: FileStore):
        self._database, self._files = database, files

    def label(self, file_id: str, row: int, label: str, user_id: str) -> None:
        """Give a row a label, in place of one it has been given before.

        Args:
            file_id: the dataset.
            row: its number in the file; the first is 1.
            label: what it is.
            user_id: who says so.

        Raises:
            BadRequest: the label is empty or too long.
        """
        label = label.strip()
        if not label or len(label) > LONGEST:
            raise BadRequest(
                "The row was given no label.", f"Choose one, or type up to {LONGEST} characters.", "label"
            )
        this = {"file_id": file_id, "row_number": row}
        with self._database.begin() as connection:
            connection.execute(row_labels.delete().filter_by(**this))
            connection.execute(
                row_labels.insert().values(**this, label=label, user_id=user_id, created_at=now())
            )

    def given(self, file_id: str) -> dict[int, str]:
        """The labels given to a dataset's rows and not yet written, by row number."""
        rows = self._database.rows(select(row_labels).filter_by(file_id=file_id))
        return {row["row_number"]: row["label"] for row in rows}

    def undo(self, file_id: str) -> int | None:
        """Take the last label back and return its row; None where there is none."""
        query = (
            select(row_labels).filter_by(file_id=file_id).order_by(row_labels.c.created_at.desc()).limit(1)
        )
        last = self._database.row(query)
        if last is None:
            return None
        self._database.run(row_labels.delete().filter_by(file_id=file_id, row_number=last["row_number"]))
        return last["row_number"]

    def write(self, file_id: str, label_column: str, user_id: str) -> dict[str, Any]:
        """Write the dataset anew with the labels in it: a CSV of the same name, which is the newest from then on.

        Args:
            file_id: the dataset.
            label_column: where the labels go; made where the dataset has no such column.
            user_id: who wants it.

        Returns:
            The new file's row.

        Raises:
            BadRequest: no label has been given.
        """
        from tools.data.read import open_table

        old, given = self._files.get(file_id), self.given(file_id)
        if not given:
            raise BadRequest("No row has been given a label yet.", "Label some rows first.", "label")
        info, rows = open_table(self._files.path(old))
        columns = [*info.columns, *([] if label_column in info.columns else [label_column])]
        place, text = columns.index(label_column), io.StringIO()
        sheet = csv.writer(text)
        sheet.writerow(columns)
        for number, cells in enumerate(rows, 1):
            row = [*cells, *([None] if len(columns) > len(info.columns) else [])]
            row[place] = given.get(number, row[place])
            sheet.writerow(["" if cell is None else cell for cell in row])
        name = f"{Path(old['name']).stem}.csv"
        whose = old["user_id"] if old["purpose"] == ATTACHED else user_id  # an attached file stays its user's
        new = self._files.save(name, io.BytesIO(text.getvalue().encode()), whose, old["purpose"])
        self._database.run(row_labels.delete().filter_by(file_id=file_id))
        return new

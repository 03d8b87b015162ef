"""Labels that people give to rows of a dataset, one by one, and the dataset with them written in."""

import csv
import io
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Delete, and_, exists, select

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

    def label(self, file_id: str, column: str, row: int, label: str, user_id: str) -> None:
        """Give a row a label, in place of one it has been given before.

        Args:
            file_id: the dataset.
            column: where the label is to go.
            row: its number in the file; the first is 1.
            label: what it is.
            user_id: who says so.

        Raises:
            BadRequest: the label is empty or too long, or there is no column for it.
        """
        label = label.strip()
        if not label or len(label) > LONGEST:
            raise BadRequest(
                "The row was given no label.", f"Choose one, or type up to {LONGEST} characters.", "label"
            )
        if not column:
            raise BadRequest(
                "The labels have no column.", "Choose one, or type a new one's name.", "label_column"
            )
        this = {"file_id": file_id, "column_name": column, "row_number": row}
        with self._database.begin() as connection:
            connection.execute(
                row_labels.delete().where(_for(file_id, column), row_labels.c.row_number == row)
            )
            connection.execute(
                row_labels.insert().values(**this, label=label, user_id=user_id, created_at=now())
            )

    def given(self, file_id: str, column: str, user_id: str | None = None) -> dict[int, str]:
        """The labels for a dataset's column that are not yet written, by row number.

        Args:
            file_id: the dataset.
            column: where the labels are to go.
            user_id: those of one user alone.
        """
        query = select(row_labels).where(_for(file_id, column))
        rows = self._database.rows(query.filter_by(user_id=user_id) if user_id else query)
        return {row["row_number"]: row["label"] for row in rows}

    def undo(self, file_id: str, column: str, user_id: str) -> int | None:
        """Take a user's last label for a column back and return its row; None where there is none."""
        mine = select(row_labels).where(_for(file_id, column)).filter_by(user_id=user_id)
        last = self._database.row(mine.order_by(row_labels.c.created_at.desc()).limit(1))
        if last is None:
            return None
        this = ("file_id", "column_name", "row_number")
        self._database.run(row_labels.delete().filter_by(**{key: last[key] for key in this}))
        return last["row_number"]

    def write(self, file_id: str, label_column: str, user_id: str) -> dict[str, Any]:
        """Write the dataset anew with a column's labels in it: a CSV of its name, which is the newest from then on.

        Labels for other columns wait on beside the new file.

        Args:
            file_id: the dataset.
            label_column: the column; made where the dataset has none of that name.
            user_id: who wants it.

        Returns:
            The new file's row.

        Raises:
            BadRequest: no label has been given for it.
        """
        from tools.data.read import open_table

        old, given = self._files.get(file_id), self.given(file_id, label_column)
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
        new = self._files.save(name, io.BytesIO(text.getvalue().encode()), whose, old["purpose"], user_id)
        with self._database.begin() as connection:
            connection.execute(row_labels.delete().where(_for(file_id, label_column)))
            connection.execute(_clashes(file_id, new["id"]))
            connection.execute(row_labels.update().filter_by(file_id=file_id).values(file_id=new["id"]))
        return new


def _clashes(file_id: str, new_id: str) -> Delete:
    """Labels that the new file has already, where one of the same rows was there before; the old file's count."""
    here = row_labels.alias()
    same = and_(here.c.row_number == row_labels.c.row_number, here.c.column_name == row_labels.c.column_name)
    moved = exists().where(here.c.file_id == file_id, same)
    return row_labels.delete().where(row_labels.c.file_id == new_id, row_labels.c.file_id != file_id, moved)


def _for(file_id: str, column: str) -> ColumnElement[bool]:
    """The labels for a dataset's column; those given before columns were kept are for any."""
    return and_(row_labels.c.file_id == file_id, row_labels.c.column_name.in_(("", column)))

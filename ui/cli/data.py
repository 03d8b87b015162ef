"""``assistant data``: what is in a file."""

from typing import Annotated, Any

import typer

from ui.cli.command import command, group
from ui.cli.opened import dataset, opened, workspace
from ui.cli.output import facts, plain, table

app = group("Look into data files.")


def _shown(found: dict[str, Any]) -> str:
    columns = {"name": "column", "type": "type", "missing": "missing", "unique": "unique"}
    summary = facts(
        {
            "rows": found["rows"],
            "task": found["task"],
            "text column": found["text_column"],
            "label column": found["label_column"],
            "labels": dict(list((found["labels"] or {}).items())[:12]),
            "duplicates": found["duplicates"],
            "personal data": found["pii"],
        }
    )
    warnings = "".join(f"\n! {plain(each)}" for each in found["warnings"])
    return f"{summary}\n\n{table(found['columns'], columns, 'No columns.')}{warnings}"


@command(app, show=_shown)
def inspect(
    file: Annotated[str, typer.Argument(help="A file, or the name of an upload.", metavar="FILE")],
) -> dict[str, Any]:
    """Rows, columns, labels, duplicates, personal data and the task a file fits."""
    with opened() as application:
        from tools.catalog.data import inspect_dataset

        found = inspect_dataset(workspace(application), dataset(application, file))
        return {**found, "dataset": file}

"""``assistant data``: what is in a file, a copy of it without personal data, and which of its rows to label next."""

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from ui.cli.command import command, group
from ui.cli.opened import dataset, opened, workspace
from ui.cli.output import facts, note, plain, table

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
    file: Annotated[
        str, typer.Argument(help="A file, the name of an upload, or hf:owner/name.", metavar="FILE")
    ],
) -> dict[str, Any]:
    """Rows, columns, labels, duplicates, personal data and the task a file fits."""
    with opened() as application:
        from tools.catalog.data import inspect_dataset

        found = inspect_dataset(workspace(application), dataset(application, file))
        return {**found, "dataset": file}


def _chosen(found: dict[str, Any]) -> str:
    columns = {"row": "row", "text": "text", "label": "the model's guess", "score": "sure"}
    rows = [{**row, "text": plain(row["text"])[:80]} for row in found["rows"]]
    wrote = f"\n\nFill in the labels in {found['file']}, and train on." if found["file"] else ""
    return f"{table(rows, columns, 'No rows.')}{wrote}"


@command(app, "next", show=_chosen)
def label_next(
    file: Annotated[str, typer.Argument(help="A file with unlabelled rows.", metavar="DATA")],
    model: Annotated[str, typer.Option(help="The text classifier that is to learn from them.")],
    rows: Annotated[int, typer.Option(help="How many rows to choose.")] = 20,
    text: Annotated[str | None, typer.Option(help="The column with the texts.", metavar="COL")] = None,
    sheet: Annotated[
        Path | None,
        typer.Option("--out", help="Write them here (CSV), with room for the labels.", metavar="FILE"),
    ] = None,
) -> dict[str, Any]:
    """Which rows to label next: those the model doubts most, no two alike."""
    with opened() as application:
        from tools.serving.active import rows_to_label, write_sheet

        known = workspace(application)
        found = rows_to_label(known.predictor(model), known.dataset(dataset(application, file)), rows, text)
        if sheet:
            write_sheet(found, sheet.expanduser())
        return {**found, "file": str(sheet) if sheet else None}


def _scrubbed(found: dict[str, Any]) -> str:
    hidden = ", ".join(f"{count:,} {name}" for name, count in found["entities"].items()) or "nothing"
    left = f" Left as they are: {plain(found['left'])}." if found["left"] else ""
    warnings = "".join(f"\n! {plain(each)}" for each in found["warnings"])
    return f"{found['file']}: {found['changed']:,} of {found['rows']:,} rows changed; hidden: {hidden}.{left}{warnings}"


def _beside(named: Path, path: Path) -> Path:
    """Where the copy goes: beside a file that was named by its path, of anything else into the current folder."""
    from tools.data.scrub import scrubbed_name

    return (named.parent if named.is_file() else Path()) / scrubbed_name(path)


@command(app, show=_scrubbed)
def scrub(
    file: Annotated[
        str, typer.Argument(help="A file, the name of an upload, or hf:owner/name.", metavar="FILE")
    ],
    target: Annotated[
        Path | None,
        typer.Option(
            "--out",
            help="The new file: .csv, .tsv or .jsonl; NAME-scrubbed.csv where left out.",
            metavar="FILE",
        ),
    ] = None,
    operator: Annotated[
        Literal["pseudonym", "replace", "mask", "hash", "surrogate"],
        typer.Option(help="What takes the place of personal data; surrogate: invented values."),
    ] = "pseudonym",
    column: Annotated[
        list[str] | None, typer.Option(help="Only this column; can be given again.", metavar="COL")
    ] = None,
) -> dict[str, Any]:
    """Write a copy of a data file without the personal data in its texts."""
    with opened() as application:
        from tools.data.scrub import scrub as write

        known = workspace(application)
        path = known.dataset(dataset(application, file))
        target = target.expanduser() if target else _beside(Path(file).expanduser(), path)
        told = lambda done: note(f"{done:,} rows …") if not done % 2000 else None  # noqa: E731
        return write(path, target, known.redactor(), operator, column, told)

"""``assistant audit``: who did what to which object, when, and from where."""

import contextlib
from pathlib import Path
from typing import Annotated, Any

import typer

from ui.cli.command import command, group
from ui.cli.opened import opened
from ui.cli.output import plain, table

app = group("The audit log.")


def _entries(result: dict[str, Any]) -> str:
    columns = {"number": "#", "at": "when", "who": "who", "source": "from", "action": "what", "object": "to"}
    rows = [
        {**each, "who": each["name"] or "", "at": each["at"][:19], "details": plain(each["details"])}
        for each in result["entries"]
    ]
    return table(rows, columns | {"details": "details"}, "Nothing yet.")


@command(app, "list", show=_entries)
def list_entries(
    most: Annotated[int, typer.Option(help="At most so many.")] = 50,
    before: Annotated[int | None, typer.Option(help="Only those before this number.")] = None,
    user: Annotated[str | None, typer.Option(help="Only this person's.")] = None,
    action: Annotated[str | None, typer.Option(help='Only what begins so: "key", "model deleted".')] = None,
) -> dict[str, Any]:
    """List what was done, newest first."""
    with opened() as application:
        return {"entries": application.audit.entries(most, before, user, action)}


def _verified(result: dict[str, Any]) -> str:
    if result["intact"]:
        return f"{result['entries']:,} entries, none changed. The last one's hash: {result['head']}"
    return f"Entry {result['broken_at']:,} was changed, or one before it is gone."


@command(app, "verify", show=_verified)
def verify(
    log: Annotated[
        list[Path] | None,
        typer.Option(help="A log of the program (logs/assistant.jsonl) to compare with; may be repeated."),
    ] = None,
) -> dict[str, Any]:
    """Check that no entry was changed or taken out; what was cut off at the end only a log tells."""
    from assistant.access.audit import told_in

    with contextlib.ExitStack() as stack:
        files = [stack.enter_context(path.open(encoding="utf-8", errors="replace")) for path in log or ()]
        told = told_in(line for file in files for line in file)
        return stack.enter_context(opened()).audit.verify(told)


@command(app, "export", show=lambda result: f"{result['entries']:,} entries are in {result['path']}.")
def export(
    path: Annotated[Path, typer.Argument(help="The file to write (JSON lines).", metavar="FILE")],
) -> dict[str, Any]:
    """Write the whole log to a file, oldest entry first."""
    from assistant.home import private
    from tools.errors import BadArgument

    if path.exists():
        raise BadArgument(f"{path} exists already.", "Name a new file.", param="path")
    with opened() as application, open(path, "x", encoding="utf-8", opener=private) as file:
        count = sum(1 for line in application.audit.lines() if file.write(line))
    return {"entries": count, "path": str(path)}

"""``assistant approvals``: answer what programs asked for over MCP."""

from typing import Annotated, Any

import typer

from ui.cli.command import command, group
from ui.cli.opened import opened
from ui.cli.output import table

app = group("What programs ask for over MCP: list, grant and decline.")
Id = Annotated[str, typer.Argument(help="The approval's id, for example apr-3f2a.", metavar="ID")]
SHOWN = ("id", "tool", "args", "summary", "details", "status", "created_at")


def _public(row: dict[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in SHOWN}


def _list(result: dict[str, Any]) -> str:
    columns = {"id": "id", "tool": "tool", "summary": "asks", "created_at": "since"}
    return table(result["approvals"], columns, "Nothing waits for approval.")


@command(app, "list", show=_list)
def list_all() -> dict[str, Any]:
    """List what waits, newest first."""
    with opened() as application:
        return {"approvals": [_public(row) for row in application.direct.waiting()]}


@command(
    app, show=lambda row: f"Granted: {row['tool']} runs once, when the program calls again within the hour."
)
def grant(approval: Id) -> dict[str, Any]:
    """Say yes: the program may run it once."""
    return _decide(approval, True)


@command(app, show=lambda row: f"Declined: {row['tool']} will not run.")
def decline(approval: Id) -> dict[str, Any]:
    """Say no."""
    return _decide(approval, False)


def _decide(approval: str, granted: bool) -> dict[str, Any]:
    from assistant.access.principal import Principal

    with opened() as application:
        return _public(application.direct.decide(approval, granted, Principal.owner(), any_user=True))

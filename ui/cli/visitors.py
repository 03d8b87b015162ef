"""``assistant visitors``: a copy of what is kept about a visitor of a site with the widget, and its deletion."""

from pathlib import Path
from typing import Annotated, Any

import typer

from ui.cli.command import command, group
from ui.cli.opened import opened

app = group("Visitors of sites with the widget.")
PersonName = Annotated[
    str,
    typer.Argument(help="The id a site has for them, or the e-mail address they left.", metavar="PERSON"),
]
Key = Annotated[str | None, typer.Option(help="Only where they met this widget key (its id).")]


def _exported(found: dict[str, Any]) -> str:
    return f"{found['conversations']:,} conversations are in {found['path']}."


@command(app, "export", show=_exported)
def export(
    person: PersonName,
    path: Annotated[
        Path | None, typer.Argument(help="The zip to write; visitor-….zip where left out.", metavar="FILE")
    ] = None,
    key: Key = None,
) -> dict[str, Any]:
    """Write all that is kept about a visitor to a zip."""
    with opened() as application:
        found = application.rights.visitor(person, key)
        return application.rights.export(found, path or Path(f"{found['id']}.zip"))


def _erased(found: dict[str, Any]) -> str:
    return f"{found['conversations']:,} conversations and {found['rows']:,} other entries are gone."


@command(app, "erase", show=_erased)
def erase(person: PersonName, key: Key = None) -> dict[str, Any]:
    """Delete a visitor's conversations, visits and hand-offs. There is no way back."""
    with opened() as application:
        return application.rights.erase(application.rights.visitor(person, key))

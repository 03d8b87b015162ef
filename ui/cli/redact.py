"""``assistant redact``: hide personal data in a text. It opens no application, so that it starts fast."""

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from ui.cli.command import command
from ui.cli.opened import opened, quiet, read_stdin

Language = Literal["auto", "en", "zh"]
Operator = Literal["replace", "mask", "hash", "pseudonym", "surrogate"]


def enter(app: typer.Typer) -> None:
    """Enter the command."""
    command(app, show=lambda result: result["text"])(redact)


def redact(
    text: Annotated[
        str | None, typer.Argument(help="The text; stdin where left out.", metavar="[TEXT]")
    ] = None,
    language: Annotated[Language, typer.Option(help="The text's language.")] = "auto",
    operator: Annotated[Operator, typer.Option(help="What takes the place of what is found.")] = "replace",
) -> dict[str, Any]:
    """Hide names, addresses, numbers and secrets in a text."""
    quiet()
    from assistant.settings import settings
    from assistant.workspace.redacting import open_redactor

    if text is None or text == "-":
        text = read_stdin("The text")
    salted = operator not in ("replace", "mask")
    return open_redactor(settings(), _model, salted).redact(text, language, operator)


def _model(name: str) -> Path:
    """Where a model of the registry lies, which the setting ASSISTANT_NER names."""
    with opened() as application:
        return application.registry.get(name).path

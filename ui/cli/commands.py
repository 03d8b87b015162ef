"""The whole command line: which commands there are, in the order a new user meets them."""

from typing import Annotated

import typer

from ui.cli import (
    access,
    approvals,
    audit,
    chat,
    data,
    finetune,
    jobs,
    knowledge,
    learning,
    models,
    plan,
    redact,
    sample,
    serve,
    using,
    visitors,
)
from ui.cli.command import group

ABOUT = "A chat assistant that fine-tunes, serves and explains local models on a startup's own data."


def build() -> typer.Typer:
    """The ``assistant`` command."""
    app = group(ABOUT)
    app.callback(invoke_without_command=True)(_start)
    for each in (serve, chat, plan, finetune, using, redact):
        each.enter(app)
    learning.enter(knowledge.app)
    for name, part in {
        "data": data.app,
        "jobs": jobs.app,
        "approvals": approvals.app,
        "models": models.app,
        "knowledge": knowledge.app,
        "users": access.users,
        "visitors": visitors.app,
        "keys": access.keys,
        "audit": audit.app,
        "sample": sample.app,
    }.items():
        app.add_typer(part, name=name)
    return app


def _start(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    if version:
        typer.echo(f"startup-assistant {_installed()}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def _installed() -> str:
    from importlib.metadata import PackageNotFoundError
    from importlib.metadata import version as installed

    try:
        return installed("startup-assistant")
    except PackageNotFoundError:  # run from a checkout
        return "(not installed)"

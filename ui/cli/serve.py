"""``assistant serve``: the web service."""

import os
from typing import Annotated, Literal

import typer

from ui.cli.command import SETTINGS, Json
from ui.cli.opened import quiet


def enter(app: typer.Typer) -> None:
    """Enter the command. Its lines on stdout come from the server itself, while it runs."""
    app.command(context_settings=SETTINGS)(serve)


def serve(
    host: Annotated[str, typer.Option(help="The address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="The port to listen at.")] = 7860,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes that answer.")] = 1,
    engine: Annotated[
        Literal["auto", "torch", "ray"] | None,
        typer.Option(help="What computes models: the fastest here, torch, or a Ray cluster."),
    ] = None,
    json: Json = False,
) -> None:
    """Serve the chat page, the API and the widget; prints a one-time sign-in link once it is ready."""
    quiet()
    from assistant.settings import settings
    from ui.server import serve as serve_until_told

    chosen = settings().model_copy(update={"engine": engine} if engine else {})
    serve_until_told(chosen, host=host, port=port, workers=workers, as_json=json)
    # All is closed. Threads may still be within an engine, and coming back into an interpreter that ends aborts it.
    os._exit(0)

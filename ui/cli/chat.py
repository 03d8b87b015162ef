"""``assistant chat``: one turn of the agent in the terminal."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ui.cli.command import command
from ui.cli.opened import opened, read_stdin
from ui.cli.output import Out

if TYPE_CHECKING:
    from assistant.agent.events import Failed
    from assistant.application import Application


def enter(app: typer.Typer) -> None:
    """Enter the command."""
    command(app)(chat)


def chat(
    out: Out,
    message: Annotated[str, typer.Argument(help="What you say; - reads stdin.", metavar="[MESSAGE]")] = "",
    file: Annotated[
        list[str] | None, typer.Option(help="A file to attach; may be repeated.", metavar="F")
    ] = None,
    thread: Annotated[
        str | None,
        typer.Option(help="The conversation to go on with; a new one where left out.", metavar="T"),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Grant approvals as they are asked for.")] = False,
) -> dict[str, Any] | None:
    """Say something to the assistant and get its answer."""
    words = read_stdin("Your message") if message == "-" else message
    _check(words, file or ())
    with opened() as application:
        from assistant.access.principal import Principal
        from assistant.agent.outcome import Outcome
        from ui.cli.spoken import Spoken

        names = [_attach(application, each) for each in file or ()]
        outcome, spoken = Outcome(), None if out.as_json else Spoken(out)
        for event in application.agent.turn(Principal.owner(), words, thread, names, auto_approve=yes):
            outcome.take(event)
            if spoken:
                spoken.tell(event)
        if spoken:
            spoken.close(outcome)
        if outcome.failed:
            raise _failure(outcome.failed)
        if spoken:
            return None
        return outcome.as_dict()


def _check(words: str, files: Sequence[str]) -> None:
    """There has to be something to answer.

    Raises:
        BadRequest: neither words nor files.
    """
    from assistant.errors import BadRequest

    if not words.strip() and not files:
        raise BadRequest("There is no message.", 'Say something: assistant chat "what can you do?".')


def _attach(application: "Application", name: str) -> str:
    """Upload a file, or find one that was uploaded before. Returns its name in the workspace.

    Raises:
        NotFound: neither a file nor an upload.
    """
    from assistant.access.principal import OWNER_ID
    from tools.errors import NotFound, did_you_mean

    path = Path(name).expanduser()
    if path.is_file():
        with path.open("rb") as content:
            return str(application.files.save(path.name, content, OWNER_ID)["name"])
    if row := application.files.by_name(name):
        return str(row["name"])
    hint = did_you_mean(name, [row["name"] for row in application.files.all()]) or "Check the path."
    raise NotFound(f"There is no file {name}.", hint, param="file")


def _failure(failed: "Failed") -> Exception:
    """The turn's last event as the error it was, with the exit code that belongs to its code."""
    import tools.errors  # noqa: F401  so that all kinds of errors are known
    from knowledge.errors import TeachingError

    error = TeachingError(failed.message)
    error.exit_code = _exit_codes(TeachingError).get(failed.code, 1)
    return error


def _exit_codes(kind: type[Any]) -> dict[str, int]:
    codes = {kind.code: kind.exit_code}
    for each in kind.__subclasses__():
        codes = _exit_codes(each) | codes
    return codes

"""The application as commands use it: opened for the owner of this machine, with logs in the home."""

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assistant.application import Application
    from assistant.workspace.workspace import TeamWorkspace

QUIET = {
    "TRANSFORMERS_VERBOSITY": "error",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "TOKENIZERS_PARALLELISM": "false",
}


def quiet() -> None:
    """Keep libraries from chatting on stderr, where people read our own lines. Call it before they are imported."""
    import warnings

    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    warnings.simplefilter("ignore")


@contextlib.contextmanager
def opened() -> Iterator["Application"]:
    """The application over this user's home.

    Raises:
        BadSettings: a setting or the home cannot be used.
    """
    quiet()
    from assistant.access.audit import acting
    from assistant.access.principal import Principal
    from assistant.application import Application
    from assistant.logs import configure
    from assistant.settings import settings

    configure(settings().where)
    app = Application(settings(), local=True)
    try:
        acting(Principal.owner(), "command line")
        app.users.owner()
        yield app
    finally:
        app.close()


def workspace(app: "Application") -> "TeamWorkspace":
    """What the tools see, for the owner."""
    from assistant.access.principal import Principal

    return app.workspace(Principal.owner())


def dataset(app: "Application", name: str) -> str:
    """What the user calls a file, as the workspace takes it: a path, the name of an upload, or a hub data set.

    A data set of the Hugging Face hub is fetched here, and the user told how far it is.

    Raises:
        NotFound: none of them.
    """
    from tools.errors import NotFound, did_you_mean
    from ui.cli.output import note

    path = Path(name).expanduser()
    if path.exists():
        return str(path.resolve())
    known = workspace(app)
    try:
        known.dataset(name, note)
        return name
    except NotFound:
        if known.at_hub(name):
            raise
    hint = did_you_mean(name, known.datasets()) or "Check the path."
    raise NotFound(f"There is no file {name}, and no uploaded dataset of that name.", hint, param="data")


def read_stdin(what: str) -> str:
    """All of stdin as text, character for character as it came.

    Args:
        what: what is expected, told to people who type it.
    """
    if sys.stdin is None:
        return ""
    if sys.stdin.isatty():
        from ui.cli.output import note

        note(f"{what}, then Ctrl-D:")
    return sys.stdin.buffer.read().decode("utf-8", "replace")


def read_secret(what: str) -> str:
    """A secret, typed unseen or the first line of stdin.

    Args:
        what: what is asked for, told to people who type it.
    """
    if sys.stdin is not None and sys.stdin.isatty():
        import getpass

        return getpass.getpass(f"{what}: ")
    return (read_stdin(what).splitlines() or [""])[0]


def lines(texts: list[str]) -> list[str]:
    """The texts, with ``-`` replaced by the lines of stdin that are not blank.

    Args:
        texts: as they were given on the command line.
    """
    found: list[str] = []
    for text in texts:
        if text != "-":
            found.append(text)
            continue
        # Not splitlines: a text may hold what Unicode calls a line's end, and is one text all the same.
        given = (line.removesuffix("\r") for line in read_stdin("One text a line").split("\n"))
        found += [line for line in given if line.strip()]
    return found

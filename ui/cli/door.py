"""The command line's front door: arguments in, an exit code out, and every failure as one line on stderr.

Exit codes: 0 success, 1 the work failed, 2 the call or the input was wrong, 130 stopped by Ctrl-C.
"""

import contextlib
import errno
import os
import sys
from collections.abc import Sequence

from typer._click.exceptions import UsageError
from typer.exceptions import TyperException

from knowledge.errors import TeachingError
from ui.cli.output import Interrupted, note

FAILED, WRONG, STOPPED = 1, 2, 130


def run(args: Sequence[str]) -> int:
    """Run one command.

    Args:
        args: the words after ``assistant``.

    Returns:
        The exit code.
    """
    from ui.cli.commands import build

    if wrong := next((word for word in args if not _is_text(word)), None):
        shown = wrong.encode("utf-8", "replace").decode()
        return _fail(f"{shown!r} holds bytes that are not UTF-8. Rename the file, or type it again.", WRONG)
    try:
        code = build()(list(args), standalone_mode=False, prog_name="assistant")
        sys.stdout.flush()
    except Exception as error:
        return _explained(error)
    if code == STOPPED:
        note("Stopped.")
    return code if isinstance(code, int) else 0


def _is_text(word: str) -> bool:
    try:
        word.encode()
    except UnicodeEncodeError:  # bytes of another encoding, as Python carries them
        return False
    return True


def _explained(error: Exception) -> int:
    """Say in one line what went wrong. Returns the exit code."""
    if isinstance(error, Interrupted):
        note(str(error))
        return STOPPED
    if isinstance(error, BrokenPipeError):
        return _unread()
    if isinstance(error, TeachingError):
        return _fail(str(error), error.exit_code)
    if isinstance(error, UsageError):
        return _fail(_usage(error), WRONG)
    if isinstance(error, TyperException):
        return _fail(error.format_message(), WRONG)
    if isinstance(error, OSError) and error.strerror:
        return _system(error)
    return _unknown(error)


def _fail(message: str, code: int) -> int:
    note(f"error: {' '.join(message.split())}")
    return code


def _usage(error: UsageError) -> str:
    """The parser's message, and where to read on."""
    path = error.ctx.command_path if error.ctx else "assistant"
    message = error.format_message().replace("Value error, ", "").strip() or "The command is not complete."
    return f"{message.rstrip('.?!')}. See: {path} --help."


def _unread() -> int:
    """Leave quietly: ``assistant … | head`` has all it wants. Nothing may be flushed into the pipe any more."""
    with contextlib.suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    return FAILED


def _system(error: OSError) -> int:
    """What the operating system refused."""
    _log(error)
    where = f"{error.filename}: " if error.filename else ""
    hints = {
        errno.ENOSPC: "Free some space and try again.",
        errno.EACCES: "Check who may read and write it.",
        errno.ENOENT: "Check the path.",
    }
    hint = hints.get(error.errno or 0, "Try again.")
    return _fail(f"{where}{error.strerror}. {hint}", FAILED)


def _unknown(error: Exception) -> int:
    """A fault of the program: the log has the details, the user has one line."""
    written = _log(error)
    hint = f"Details are in {written}." if written else f"{error}"
    return _fail(f"Something broke on our side ({type(error).__name__}). {hint}", FAILED)


def _log(error: Exception) -> str | None:
    """Write the traceback into the log. Returns where, or None where that cannot be done either."""
    try:
        from assistant.logs import configure, log
        from assistant.settings import settings

        home = settings().where
        configure(home)
        log().error("command failed", exc_info=error)
        return str(home.logs / "assistant.jsonl")
    except Exception:
        return None

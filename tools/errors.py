"""Errors of the tools.

TeachingError
└── ToolsError
    ├── BadInput                  the caller's data or argument is wrong
    │   ├── BadData               a file that cannot be used as asked
    │   └── BadArgument           an argument outside what is possible
    ├── NotFound                  a name nobody knows (with a did-you-mean)
    ├── Unsupported               this machine or model cannot do that
    ├── Busy                      more to do than can be done; later it can
    ├── Unavailable               what computes a model does not answer now; later it may
    ├── Cancelled                 the user stopped the work
    └── WorkFailed                the work itself failed
        └── OutOfSpace            no room on the disk
"""

from collections.abc import Iterable

from knowledge.errors import TeachingError


class ToolsError(TeachingError):
    """Something went wrong in a tool."""


class BadInput(ToolsError):
    """The caller's data or argument is wrong."""

    exit_code, status, code = 2, 400, "invalid_input"


class BadData(BadInput):
    """A file that cannot be used as asked."""

    code = "invalid_data"


class BadArgument(BadInput):
    """An argument outside what is possible."""

    code = "invalid_argument"


class NotFound(ToolsError):
    """A name nobody knows."""

    exit_code, status, code = 2, 404, "not_found"


class Unsupported(ToolsError):
    """This machine or model cannot do that."""

    exit_code, status, code = 2, 400, "unsupported"


class Busy(ToolsError):
    """More to do than can be done.

    Attributes:
        retry_after: seconds after which it may be tried again.
    """

    status, code = 429, "overloaded"
    retry_after = 1


class Unavailable(ToolsError):
    """What computes a model does not answer now.

    Attributes:
        retry_after: seconds after which it may be tried again.
    """

    status, code = 503, "unavailable"
    retry_after = 5


class Cancelled(ToolsError):
    """The user stopped the work."""

    status, code = 409, "cancelled"


class WorkFailed(ToolsError):
    """The work itself failed."""

    code = "work_failed"


class OutOfSpace(WorkFailed):
    """No room on the disk."""

    status, code = 507, "no_space"


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A hint for a mistyped name: the closest known ones, or all of them where they are few.

    Args:
        name: what the user wrote.
        known: the names that exist.
    """
    import difflib

    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=3, cutoff=0.6)
    if close:
        return f"Did you mean {' or '.join(close)}?"
    if 0 < len(names) <= 12:
        return f"Known are {', '.join(names)}."
    return ""

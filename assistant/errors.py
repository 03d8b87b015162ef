"""Errors of the application.

TeachingError
└── AppError
    ├── BadSettings               a setting that cannot be used
    ├── BadRequest                a call that makes no sense
    ├── Unauthenticated           nobody known is calling
    ├── Forbidden                 the caller may not do that
    ├── Missing                   no such thread, job, file, key …
    ├── Conflict                  the thing is in a state that forbids it
    ├── TooLarge                  more than is accepted
    ├── TooMany                   too often; wait
    ├── ClientLeft                nobody waits for the answer any more
    ├── Occupied                  another process holds the port or the home
    └── ModelUnavailable          the chat model cannot be reached or loaded
"""

from knowledge.errors import SourceError, TeachingError


class AppError(TeachingError):
    """Something went wrong in the application.

    Attributes:
        retry_after: seconds after which it may be tried again, where that is known.
    """

    retry_after: int | None = None


class BadSettings(AppError):
    """A setting that cannot be used."""

    exit_code, status, code = 2, 500, "bad_settings"


class BadRequest(AppError):
    """A call that makes no sense."""

    exit_code, status, code = 2, 400, "invalid_request"


class Unauthenticated(AppError):
    """Nobody known is calling."""

    exit_code, status, code = 2, 401, "invalid_api_key"


class Forbidden(AppError):
    """The caller may not do that."""

    exit_code, status, code = 2, 403, "forbidden"


class Missing(AppError):
    """No such thread, job, file or key."""

    exit_code, status, code = 2, 404, "not_found"


class Conflict(AppError):
    """The thing is in a state that forbids it."""

    exit_code, status, code = 2, 409, "conflict"


class TooLarge(AppError):
    """More than is accepted."""

    exit_code, status, code = 2, 413, "too_large"


class TooMany(AppError):
    """Too often; wait ``retry_after`` seconds and try again."""

    status, code = 429, "rate_limit_exceeded"
    retry_after = 1


class ClientLeft(AppError):
    """Nobody waits for the answer any more; the status is nginx's for that."""

    status, code = 499, "client_left"


class Occupied(AppError):
    """Another process holds the port or the home."""

    exit_code, status, code = 1, 409, "occupied"


class ModelUnavailable(AppError):
    """The chat model cannot be reached or loaded."""

    status, code = 503, "model_unavailable"


def none_added(skipped: list[dict[str, str]]) -> SourceError:
    """Of all documents that were to be added none could be read.

    Args:
        skipped: ``{"source", "reason"}`` of each.
    """
    first, more = skipped[0], len(skipped) - 1
    others = f" {more:,} more were skipped." if more else ""
    return SourceError(f"{first['source']} was not added: {first['reason']}{others}", param="source")

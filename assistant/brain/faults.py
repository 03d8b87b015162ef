"""What a chat model's failure means: the server is away, the conversation is too long for it, or it is our own fault.

Providers' clients raise exceptions of their own, and their packages may be missing: so status codes and class names are
read, and nothing is imported.
"""

import re

AWAY = {408, 425, 429}  # and everything from 500 on
_UNREACHED = {"APIConnectionError", "TransportError", "ConnectionError", "TimeoutError", "gaierror"}
_SILENT = {"APITimeoutError", "TimeoutException", "TimeoutError"}
_TOO_LONG = re.compile(
    r"context[ _-]?(?:length|window|size|limit)|\bn_ctx\b|maximum.{0,20}(?:length|context)|too (?:long|many tokens)",
    re.IGNORECASE,
)


class BrokeOff(Exception):
    """A stream ended before its answer did."""


def status(error: BaseException) -> int | None:
    """The HTTP status behind an exception, where there is one."""
    response, body = getattr(error, "response", None), getattr(error, "body", None)
    told = body.get("code") if isinstance(body, dict) else None
    for code in (getattr(error, "status_code", None), getattr(response, "status_code", None), told):
        if isinstance(code, int):
            return code
    code = getattr(error, "code", None)  # Google's errors
    return code if isinstance(code, int) and 400 <= code < 600 else None


def is_away(error: BaseException) -> bool:
    """Whether another model should answer: the server cannot be reached, is silent, overloaded or broken.

    A wrong key or an unknown model's name is none of these.
    """
    code = status(error)
    if code is not None:
        return code in AWAY or code >= 500
    # An error without a status, sent within a stream, is the plain APIError.
    return (
        isinstance(error, BrokeOff) or type(error).__name__ == "APIError" or bool(_UNREACHED & _kinds(error))
    )


def is_cut(error: BaseException, begun: bool) -> bool:
    """Whether an answer was cut, which no client asks for again by itself; silence was waited for long enough.

    Args:
        error: what was raised.
        begun: the first piece had come.
    """
    lost = _UNREACHED & _kinds(error) and not _SILENT & _kinds(error)
    return isinstance(error, BrokeOff) or bool(begun and lost)


def is_too_long(error: BaseException) -> bool:
    """Whether the conversation does not fit the model's window."""
    if any("ContextOverflow" in kind for kind in _kinds(error)):
        return True
    return status(error) in (400, 413) and bool(_TOO_LONG.search(str(error)))


def of_a_client(error: BaseException) -> bool:
    """Whether a provider's client raised it, so that its class says what happened."""
    origins = {kind.__module__.split(".")[0] for kind in type(error).__mro__}
    return bool(origins & {"openai", "httpx", "httpx2", "httpcore", "anthropic", "ollama", "google"})


def _kinds(error: BaseException) -> set[str]:
    return {kind.__name__ for kind in type(error).__mro__}

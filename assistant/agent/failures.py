"""What breaks in a turn becomes its last event, so that no door has to know exceptions."""

import contextlib
from collections.abc import Iterator

from assistant.agent.events import Event, Failed
from assistant.logs import log
from knowledge.errors import TeachingError


@contextlib.contextmanager
def explained() -> Iterator[list[Event]]:
    """Turn whatever breaks in the block into one ``Failed`` event, in the list that the block is given."""
    failure: list[Event] = []
    try:
        yield failure
    except TeachingError as error:
        failure.append(Failed(str(error), error.code))
    except Exception as error:
        log().exception("turn failed")
        failure.append(_explain(error))


def _explain(error: Exception) -> Failed:
    # LangChain's packages raise subclasses of their own, so the parents count too.
    origins = {kind.__module__.split(".")[0] for kind in type(error).__mro__}
    if origins & {"openai", "httpx", "anthropic", "httpcore"}:
        return Failed(
            f"The chat model cannot be used right now ({type(error).__name__}). "
            "Check ASSISTANT_MODEL, its address and its key, or set ASSISTANT_MODEL=embedded.",
            "model_unavailable",
        )
    return Failed("Something broke on our side. Try again; details are in the log.")

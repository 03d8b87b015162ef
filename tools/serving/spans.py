"""What a request waits for, as OpenTelemetry spans; where nobody collects them, nothing is made.

They hold numbers and names of models and tools, never a text.
"""

import time
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from typing import Any, TypeVar

from opentelemetry import trace
from opentelemetry.context import Context

T = TypeVar("T")
NAME = "assistant"
TRACER = trace.get_tracer(NAME)
Ended = TypeVar("Ended")
Since = tuple[Context, int]  # whose request it is, and from when it waits


@contextmanager
def span(name: str, **about: Any) -> Iterator[trace.Span]:
    """A span around a block. It takes no error's words, which may be a user's.

    Args:
        name: what is done.
        about: attributes, for dots double underscores.
    """
    attributes = {key.replace("__", "."): value for key, value in about.items()}
    with TRACER.start_as_current_span(
        name, attributes=attributes, record_exception=False, set_status_on_exception=False
    ) as made:
        try:
            yield made
        except Exception as error:
            failed(made, error)
            raise


def failed(made: trace.Span, error: Exception) -> None:
    """Note that there was an error, and of which kind."""
    made.set_status(trace.StatusCode.ERROR)
    made.set_attribute("error.type", type(error).__name__)


def about(**facts: Any) -> None:
    """Attributes of the span that is under way."""
    trace.get_current_span().set_attributes({key.replace("__", "."): value for key, value in facts.items()})


def waiting() -> Since | None:
    """Whoever begins to wait now; None where nobody collects."""
    current = trace.get_current_span()
    return (trace.set_span_in_context(current), time.time_ns()) if current.is_recording() else None


def served(since: Since, began: int, texts: int, together: int) -> Since:
    """Somebody's texts have been read: a span for their waiting, and one for their batch.

    Args:
        since: what :func:`waiting` gave.
        began: when the batch began, in nanoseconds.
        texts: theirs in the batch.
        together: all of the batch.

    Returns:
        From when the rest of their texts waits.
    """
    context, asked = since
    ended = time.time_ns()
    TRACER.start_span("queue", context, start_time=asked).end(began)
    sizes = {"assistant.texts": texts, "assistant.batch.texts": together}
    TRACER.start_span("batch", context, attributes=sizes, start_time=began).end(ended)
    return context, ended


def written(model: str, pieces: Generator[str, None, Ended]) -> Generator[str, None, Ended]:
    """The pieces of an answer as they are made, under a span; what the generator returns is returned.

    Args:
        model: who writes.
        pieces: closed with this iterator.
    """
    made = TRACER.start_span("generate", attributes={"gen_ai.request.model": model})
    try:
        with closing(pieces):
            try:
                first = next(pieces)
            except StopIteration as end:
                return end.value
            made.add_event("first words")
            yield first
            return (yield from pieces)
    except Exception as error:
        failed(made, error)
        raise
    finally:
        made.end()

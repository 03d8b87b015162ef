"""Work that takes a while looks now and then whether anybody still waits for it."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar

_CHECK: ContextVar[Callable[[], None]] = ContextVar("still_wanted", default=lambda: None)


def still_wanted() -> None:
    """Go on, unless nobody waits any more: then raise what :func:`while_wanted` was given."""
    _CHECK.get()()


def to_its_end() -> AbstractContextManager[None]:
    """For a block that is not to be left half done: whoever leaves meanwhile, it goes on."""
    return while_wanted(lambda: None)


@contextmanager
def while_wanted(check: Callable[[], None]) -> Iterator[None]:
    """For the block, and the threads that are given its context, have :func:`still_wanted` ask this.

    Args:
        check: raises an error once the work is to end.
    """
    before = _CHECK.set(check)
    try:
        yield
    finally:
        _CHECK.reset(before)

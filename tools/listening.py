"""Work that takes a while tells how far it is to whoever has asked for it: a chat, a page, a program."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tools.finetune.progress import Progress

_LISTENER: ContextVar[Callable[["Progress"], None]] = ContextVar("listener", default=lambda now: None)


def tell(now: "Progress") -> None:
    """Say how far the work is. Its message leaves the server as it is, so it quotes nothing of the data.

    Args:
        now: step, steps and what is going on.
    """
    _LISTENER.get()(now)


@contextmanager
def listening(listener: Callable[["Progress"], None]) -> Iterator[None]:
    """For the block, have :func:`tell` call this.

    Args:
        listener: is told, in the thread that works.
    """
    before = _LISTENER.set(listener)
    try:
        yield
    finally:
        _LISTENER.reset(before)

"""Between Gradio's events and the pages' handlers: results by name, the reader's language, errors as notices."""

import functools
import inspect
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import gradio as gr

from knowledge.errors import TeachingError
from ui.pages.words import listen, told

Changed = dict[str, Any]


class Parts(SimpleNamespace):
    """A page's components by name; handlers return values under these names."""

    @property
    def all(self) -> list[Any]:
        """The components, as outputs of events."""
        return [part for part in vars(self).values() if isinstance(part, gr.blocks.Block)]

    def on(self, handler: Callable[..., Any]) -> Callable[..., Any]:
        """The handler for Gradio: its results by name become results by component.

        An error that teaches becomes a notice; the page stays as it is.
        """
        if inspect.isgeneratorfunction(handler):

            @functools.wraps(handler)
            def stream(*args: Any) -> Iterator[dict[Any, Any]]:
                steps = handler(*args)
                while True:
                    listen(_request(args))  # anew each time: every step may run in a context of its own
                    try:
                        changed = next(steps)
                    except StopIteration:
                        return
                    except TeachingError as error:
                        gr.Warning(told(error), title="")
                        yield self._components({})
                        return
                    yield self._components(changed)

            return stream

        @functools.wraps(handler)
        def once(*args: Any) -> dict[Any, Any]:
            listen(_request(args))
            try:
                return self._components(handler(*args) or {})
            except TeachingError as error:
                gr.Warning(told(error), title="")
                return self._components({})

        return once

    def _components(self, changed: Changed) -> dict[Any, Any]:
        # Gradio takes no empty answer where components are expected.
        return {getattr(self, name): value for name, value in changed.items()} or gr.skip()


def _request(args: tuple[Any, ...]) -> gr.Request | None:
    return next((each for each in args if isinstance(each, gr.Request)), None)

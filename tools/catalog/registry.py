"""How a plain function becomes one of the agent's tools.

A tool is a function in a module of this folder whose first parameter is the workspace. The decorator returns it
unchanged; nothing else has to be edited, because the catalogue is found by walking the folder.
"""

import importlib
import inspect
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, TypeVar

Risk = Literal["read", "act", "approve"]
Function = TypeVar("Function", bound=Callable[..., dict[str, Any]])

_tools: dict[str, "Tool"] = {}


@dataclass(frozen=True)
class Tool:
    """A tool's function and what the gate must know of it.

    ``risk``: ``read`` looks only, ``act`` changes something of no consequence, ``approve`` asks the user first.
    ``preview``: for ``approve``; called with the same arguments before the user is asked. It checks them (raising what
    the tool would raise) and returns ``{"summary": one sentence, …}`` for the approval card. Arguments that it had to
    interpret it returns as ``settled``; the tool is then called with those, so that what was agreed to is what is done.
    """

    name: str
    function: Callable[..., dict[str, Any]]
    risk: Risk
    preview: Callable[..., dict[str, Any]] | None = None

    @property
    def description(self) -> str:
        """The docstring, which models read."""
        return inspect.getdoc(self.function) or self.name

    @property
    def about(self) -> str:
        """The docstring without its arguments, which the schema describes."""
        return self.description.partition("Args:")[0].strip()

    @property
    def parameters(self) -> dict[str, inspect.Parameter]:
        """The arguments a caller gives: all but the workspace."""
        return dict(list(inspect.signature(self.function).parameters.items())[1:])

    @property
    def required(self) -> list[str]:
        """Arguments without a default."""
        return [name for name, p in self.parameters.items() if p.default is inspect.Parameter.empty]


def tool(risk: Risk, preview: Callable[..., dict[str, Any]] | None = None) -> Callable[[Function], Function]:
    """Enter the decorated function into the catalogue and return it unchanged.

    Args:
        risk: see :class:`Tool`.
        preview: see :class:`Tool`; required for ``approve``.
    """

    def enter(function: Function) -> Function:
        _tools[function.__name__] = Tool(function.__name__, function, risk, preview)
        return function

    return enter


@cache
def catalog() -> dict[str, Tool]:
    """All tools by name, found by importing every module of this folder."""
    package = importlib.import_module("tools.catalog")
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"tools.catalog.{module.name}")
    return dict(sorted(_tools.items()))

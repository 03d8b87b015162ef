"""LangChain tools from the catalogue's plain functions: the workspace argument is hidden from the model."""

from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING, Any

from tools.catalog.registry import Tool, catalog

if TYPE_CHECKING:
    from langchain_core.tools import BaseTool
    from pydantic import BaseModel

VISITOR_TOOLS = ("search_knowledge",)


@cache
def arguments_of(name: str) -> "type[BaseModel]":
    """The pydantic model of a tool's arguments, with the descriptions of its docstring."""
    from langchain_core.tools.base import create_schema_from_function

    tool = catalog()[name]
    first = next(iter(_all_parameters(tool)))
    schema: Any = create_schema_from_function(
        name, tool.function, filter_args=[first], parse_docstring=True, error_on_invalid_docstring=False
    )
    return schema


def _all_parameters(tool: Tool) -> list[str]:
    import inspect

    return list(inspect.signature(tool.function).parameters)


def bind(names: Iterable[str] | None = None) -> "list[BaseTool]":
    """The catalogue as LangChain tools, for a model to choose from.

    They carry name, description and arguments only. Calls go through :class:`assistant.agent.gate.ToolGate`,
    which knows the workspace and the approvals; a tool called around the gate refuses.

    Args:
        names: an allow list; all tools where left out.
    """
    from langchain_core.tools import StructuredTool

    allowed = catalog() if names is None else {name: catalog()[name] for name in names}
    return [
        StructuredTool(
            name=name,
            description=tool.description,
            args_schema=arguments_of(name),
            func=_only_through_the_gate,
        )
        for name, tool in allowed.items()
    ]


def _only_through_the_gate(**_arguments: Any) -> str:
    raise RuntimeError("A tool was called around the approval gate.")

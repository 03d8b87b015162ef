"""LangChain tools from the catalogue's plain functions: the workspace argument is hidden from the model."""

import re
from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING, Any, get_type_hints

from pydantic import BaseModel, Field, create_model

from tools.catalog.registry import catalog

if TYPE_CHECKING:
    from langchain_core.tools import BaseTool

VISITOR_TOOLS = ("search_knowledge",)
ARGUMENT = re.compile(r"^ {2,8}(\w+): (.+(?:\n {6,}(?!\w+: ).+)*)", re.MULTILINE)


@cache
def arguments_of(name: str) -> type[BaseModel]:
    """The pydantic model of a tool's arguments: types from its signature, descriptions from its docstring."""
    tool = catalog()[name]
    hints, about = get_type_hints(tool.function), _descriptions(tool.description)
    fields: dict[str, Any] = {
        parameter.name: (
            hints[parameter.name],
            Field(
                default=... if parameter.default is parameter.empty else parameter.default,
                description=about.get(parameter.name),
            ),
        )
        for parameter in tool.parameters.values()
    }
    return create_model(name, __config__={"extra": "forbid"}, **fields)


def _descriptions(docstring: str) -> dict[str, str]:
    """The lines of a docstring's ``Args`` section by argument."""
    section = docstring.partition("Args:")[2]
    return {found[1]: " ".join(found[2].split()) for found in ARGUMENT.finditer(section)}


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
            description=tool.about,
            args_schema=arguments_of(name),
            func=_only_through_the_gate,
        )
        for name, tool in allowed.items()
    ]


def _only_through_the_gate(**_arguments: Any) -> str:
    raise RuntimeError("A tool was called around the approval gate.")

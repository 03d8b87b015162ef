"""One call of one of the catalogue's tools, whoever makes it: arguments checked, plan previewed, function run."""

import contextlib
import json
from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ValidationError

from assistant.access.audit import acting, record
from assistant.access.roles import allow
from assistant.agent.binder import arguments_of
from assistant.agent.context import TurnContext
from assistant.agent.redaction import clean_result
from assistant.agent.summaries import in_chinese
from assistant.agent.told import told_again
from assistant.brain.mend import UNREADABLE
from assistant.errors import BadRequest, Forbidden
from tools.catalog.registry import Tool, catalog
from tools.serving.spans import span
from tools.wanted import to_its_end

# Tools that are given real values for the placeholders of a conversation: they read a text, or look for the name of a
# source (which may be somebody's), and keep nothing of it.
TOLD = {"redact_text", "predict", "explain_prediction", "search_knowledge", "remove_knowledge"}
QUOTED = {"predict", "explain_prediction"}  # of these, what gives words of the text back one by one


def checked(name: str, args: dict[str, Any], offered: Sequence[str]) -> dict[str, Any]:
    """The arguments as the tool takes them.

    Args:
        name: the tool's name.
        args: what the caller gave.
        offered: the tools that this caller is offered.

    Raises:
        BadRequest: there is no such tool, or the arguments do not fit it.
        Forbidden: the tool is not among those on offer.
    """
    if name not in catalog():
        raise BadRequest(f"There is no tool named {name}.", f"Use one of {', '.join(offered)}.")
    if name not in offered:
        raise Forbidden(f"{name} is not available here.")
    if UNREADABLE in args:
        raise BadRequest(
            f"The arguments of {name} are no JSON object.",
            "Call it again with all of them as one JSON object.",
        )
    try:
        return fitted(arguments_of(name), args).model_dump(exclude_unset=True)
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, e['loc']))}: {_told(e)}" for e in error.errors()[:3])
        raise BadRequest(
            f"The arguments of {name} do not fit: {faults}.", "Call it again with the right ones."
        ) from None


def _told(fault: Any) -> str:
    return "there is no such argument" if fault["type"] == "extra_forbidden" else fault["msg"]


def fitted(model: type[BaseModel], args: dict[str, Any]) -> BaseModel:
    """The arguments as the tool takes them: null for what may be left out is left out, JSON within a text is read.

    Raises:
        ValidationError: they do not fit, not even so.
    """
    try:
        return model.model_validate(args)
    except ValidationError as error:
        mended_args = dict(args)
        for key in {str(fault["loc"][0]) for fault in error.errors() if fault["loc"]} & set(args):
            field = model.model_fields.get(key)
            if args[key] is None and field and not field.is_required():
                del mended_args[key]
            elif isinstance(args[key], str):
                with contextlib.suppress(ValueError):
                    mended_args[key] = json.loads(args[key])
        if mended_args == args:
            raise
        return model.model_validate(mended_args)


def previewed(context: TurnContext, tool: Tool, args: dict[str, Any]) -> dict[str, Any]:
    """What the user is asked about an action: ``summary`` and the plan, redacted.

    Raises:
        TeachingError: what the tool would raise for these arguments.
    """
    args = real(context, tool.name, args)
    details = tool.preview(context.workspace, **args) if tool.preview else {"summary": tool.name}
    if context.language == "zh":
        details = {**details, "summary": in_chinese(tool.name, details)}
    return clean_result(details, context)[0]


def settled(approval: dict[str, Any]) -> dict[str, Any]:
    """The arguments of an approved action as its question understood them, whatever they would mean by now."""
    return {**approval["args"], **approval["details"].get("settled", {})}


def real(context: TurnContext, name: str, args: dict[str, Any]) -> dict[str, Any]:
    """The arguments as a tool that runs here reads them; its result is redacted again, nothing is written meanwhile."""
    return context.vault.restored(args) if context.vault and name in TOLD else args


def run_tool(context: TurnContext, name: str, args: dict[str, Any]) -> dict[str, Any]:
    """Call a catalogue function on the turn's workspace; what changes something is recorded."""
    tool = catalog()[name]
    allow(context.principal, tool.risk)
    acting(context.principal)
    agreed = to_its_end() if tool.risk == "approve" else contextlib.nullcontext()  # its yes is used up
    with agreed, span(f"execute_tool {name}", gen_ai__tool__name=name):
        result = tool.function(context.workspace, **real(context, name, args))
    if context.vault and name in QUOTED:
        result = told_again(result, args, context.vault.restored)
    if tool.risk != "read":
        record(
            context.approvals.database,
            "tool run",
            name,
            **{key: str(each)[:200] for key, each in args.items()},
        )
    return result

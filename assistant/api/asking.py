"""Asking an MCP client's user for approval: in the client where it can ask, otherwise told where to approve.

Clients that begin with a handshake are sent an ``elicitation/create`` request while the call waits; those of 2026-07-28
and later get the question as the call's result and call again with the answer (the specification's multi round-trip
requests). What comes back is the client's word for its user's; it counts for the approval that was asked, of the same
caller, tool and arguments, as the database has it.
"""

from typing import Any

import anyio
from mcp.server.context import ServerRequestContext
from mcp.shared.exceptions import MCPError
from mcp_types import (
    CallToolRequestParams,
    CallToolResult,
    ElicitRequest,
    ElicitRequestFormParams,
    ElicitResult,
    InputRequiredResult,
    TextContent,
)
from mcp_types.version import MODERN_PROTOCOL_VERSIONS
from pydantic import ValidationError

PATIENCE = 600.0  # seconds that a handshake client's user has to answer; the approval itself waits on
ASKED = "approval"
FORM: dict[str, Any] = {
    "type": "object",
    "properties": {"approve": {"type": "boolean", "title": "Approve", "default": True}},
}


def can_ask(ctx: ServerRequestContext) -> bool:
    """Whether the client shows its user a form when it is asked to."""
    able = ctx.session.client_capabilities
    if able is None or able.elicitation is None:
        return False
    forms = able.elicitation.form is not None or able.elicitation.url is None  # an empty object means forms
    return forms and (_modern(ctx) or ctx.session.can_send_request)


def _modern(ctx: ServerRequestContext) -> bool:
    return ctx.protocol_version in MODERN_PROTOCOL_VERSIONS


async def ask(
    ctx: ServerRequestContext, params: CallToolRequestParams, approval: dict[str, Any]
) -> ElicitResult | InputRequiredResult | None:
    """The user's answer, or the question where the client calls again with the answer.

    Args:
        ctx: the request.
        params: the call.
        approval: what waits.

    Returns:
        None where the client could not ask, or nobody answered.
    """
    if not can_ask(ctx):
        return None
    message = question(approval)
    if _modern(ctx):
        given = (params.input_responses or {}).get(ASKED)
        if isinstance(given, ElicitResult) and params.request_state == approval["id"]:
            return given
        form = ElicitRequest(params=ElicitRequestFormParams(message=message, requested_schema=FORM))
        return InputRequiredResult(input_requests={ASKED: form}, request_state=approval["id"])
    with anyio.move_on_after(PATIENCE):
        try:
            return await ctx.session.elicit_form(message, FORM, related_request_id=ctx.request_id)
        except (MCPError, ValidationError):  # the client refused, or sent what is no answer
            return None
    return None


def said_yes(answer: ElicitResult) -> bool:
    """Whether the form was sent, and its box not unticked."""
    return answer.action == "accept" and (answer.content or {}).get("approve", True) is True


def question(approval: dict[str, Any]) -> str:
    """What the user reads: the plan in a sentence, warnings, and the exact arguments."""
    warnings = (approval["details"] or {}).get("warnings") or []
    args = ", ".join(f"{name}={value}" for name, value in approval["args"].items())
    lines = [approval["summary"], *(f"- {each}" for each in warnings), "", f"{approval['tool']}({args})"]
    return "\n".join([*lines, "", "Shall I go ahead?"])


def waits(approval: dict[str, Any], base_url: str) -> CallToolResult:
    """The call's result while its approval is open: where to approve, and what to do then.

    Args:
        approval: what waits.
        base_url: this server's address, as the client knows it.
    """
    name, url = approval["tool"], f"{base_url}approvals/{approval['id']}"
    told = (
        f"Not run yet: {name} waits for the user's approval. {approval['summary']} Ask the user to approve it at {url} "
        f"(signed in) or with: assistant approvals grant {approval['id']}. Then call {name} again with the same "
        "arguments."
    )
    shown = {key: approval[key] for key in ("id", "tool", "args", "summary", "details")} | {"url": url}
    return CallToolResult(
        content=[TextContent(text=told)],
        structured_content={"status": "waiting for the user's approval; not run", "approval": shown},
    )


def declined(name: str) -> CallToolResult:
    """The call's result after a no."""
    told = f"The user declined; {name} was not run. Ask them before you try again."
    return CallToolResult(
        content=[TextContent(text=told)], structured_content={"declined": True, "tool": name}
    )

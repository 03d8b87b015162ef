"""The MCP server behind ``/mcp``: lists the catalogue's tools and calls them for whoever holds the key."""

import base64
import itertools
import json
import logging
import mimetypes
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import anyio
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel.server import Server
from mcp.shared.exceptions import MCPError
from mcp_types import (
    INVALID_PARAMS,
    CallToolRequestParams,
    CallToolResult,
    ContentBlock,
    ElicitResult,
    ImageContent,
    InputRequiredResult,
    ListToolsResult,
    PaginatedRequestParams,
    ResourceLink,
    TextContent,
    Tool,
    ToolAnnotations,
)
from starlette.requests import Request

from assistant.access.principal import Principal
from assistant.agent import approvals as states
from assistant.agent.binder import arguments_of
from assistant.agent.context import TurnContext
from assistant.agent.direct import Call, DirectCalls, Ran
from assistant.api.asking import ask, can_ask, declined, said_yes, waits
from assistant.api.lanes import ROOM, placed
from assistant.errors import BadRequest, Conflict
from assistant.logs import log
from knowledge.errors import TeachingError
from tools.catalog import registry
from tools.listening import listening
from tools.serving.turns import Turns

if TYPE_CHECKING:
    from tools.finetune.progress import Progress

AT_ONCE, EACH = 16, 12  # calls that run in this process, and of them one key's; further ones wait
BEAT = 5.0  # seconds between two signs of life, for clients that asked for progress
LARGEST_PICTURE = 1 << 20  # bytes; larger ones are linked to
INSTRUCTIONS = """\
Fine-tunes, serves and explains small models on the team's own data, and answers from the team's own documents. \
Datasets and documents are named as they were uploaded. Some tools need the user's approval: where the client cannot \
ask, the result says where to approve, and the same call then runs. Fine-tuning goes on in the background: show_job \
says how far it is. Personal data is replaced by placeholders such as <PERSON>."""

Returned = TypeVar("Returned")
Result = CallToolResult | InputRequiredResult


def tool_server(direct: DirectCalls, version: str) -> Server[Any]:
    """The SDK's server over the catalogue.

    Args:
        direct: makes the calls.
        version: of the product.
    """
    # The SDK logs sessions' ids, and unlike our log it may quote what was sent.
    logging.getLogger("mcp").setLevel(logging.ERROR)
    tools = Tools(direct)
    return Server(
        "startup-assistant",
        version=version,
        title="Startup Assistant",
        instructions=INSTRUCTIONS,
        on_list_tools=tools.list,
        on_call_tool=tools.call,
    )


class Tools:
    """The handlers of ``tools/list`` and ``tools/call``.

    Args:
        direct: makes the calls.
    """

    def __init__(self, direct: DirectCalls):
        self._direct, self._room = direct, anyio.CapacityLimiter(AT_ONCE)
        self._turns = Turns(AT_ONCE, EACH, ROOM)

    async def list(
        self, _ctx: ServerRequestContext, _params: PaginatedRequestParams | None
    ) -> ListToolsResult:
        """All tools of the catalogue."""
        return ListToolsResult(tools=[_described(tool) for tool in registry.catalog().values()])

    async def call(self, ctx: ServerRequestContext, params: CallToolRequestParams) -> Result:
        """Call one tool; what goes wrong in it is its result, so that the client's model can mend it.

        Raises:
            MCPError: there is no such tool.
        """
        if params.name not in registry.catalog():
            names = ", ".join(registry.catalog())
            raise MCPError(INVALID_PARAMS, f"There is no tool named {params.name}. Use one of {names}.")
        who: Principal = _request(ctx).state.principal
        context, began = await self._aside(lambda: self._direct.context(who)), time.perf_counter()
        try:
            status, result = await self._answer(ctx, params, context)
        except TeachingError as error:
            status, result = "failed", _failed(self._direct.problem(context, error))
        seconds = round(time.perf_counter() - began, 3)
        log().info(
            "tool called", door="mcp", tool=params.name, key=who.key_id, status=status, seconds=seconds
        )
        return result

    async def _answer(
        self, ctx: ServerRequestContext, params: CallToolRequestParams, context: TurnContext
    ) -> tuple[str, Result]:
        name, args = params.name, params.arguments or {}
        call = await self._aside(lambda: self._direct.prepare(context, name, args, anew=can_ask(ctx)))
        if call.approval and call.status == states.OPEN:
            answer = await ask(ctx, params, call.approval)
            if isinstance(answer, InputRequiredResult):
                return "asked", answer
            if answer is None or answer.action == "cancel":
                return "waiting", waits(call.approval, str(_request(ctx).base_url))
            await self._aside(lambda: self._decide(call, answer, context.principal))
            call.approval["status"] = states.GRANTED if said_yes(answer) else states.DECLINED
        if call.status == states.DECLINED:
            return "declined", declined(name)
        ran = await self._run(ctx, context, call)
        return "succeeded", await self._aside(lambda: _shown(ran, str(_request(ctx).base_url)))

    def _decide(self, call: Call, answer: ElicitResult, who: Principal) -> None:
        assert call.approval
        with suppress(
            BadRequest, Conflict
        ):  # answered elsewhere meanwhile: whether it may run is seen at the run
            self._direct.decide(call.approval["id"], said_yes(answer), who)

    async def _run(self, ctx: ServerRequestContext, context: TurnContext, call: Call) -> Ran:
        """Run the tool, with a sign of life now and then."""
        failed: TeachingError | None = None
        so_far = deque([f"{call.name} is still running"], 1)  # the last one alone

        def run() -> Ran:
            with listening(lambda now: so_far.append(_so_far(now))):
                return self._direct.run(context, call)

        async with anyio.create_task_group() as group:
            group.start_soon(_beat, ctx, so_far)
            try:
                who = context.principal
                ran = await placed(self._turns, who.key_id or who.user_id, run)
            except TeachingError as error:  # out of the group as it is, not in a group of exceptions
                failed = error
            group.cancel_scope.cancel()
        if failed:
            raise failed
        return ran

    async def _aside(self, work: Callable[[], Returned]) -> Returned:
        """Do blocking work in a thread; where the client has left, it is left to end alone."""
        return await anyio.to_thread.run_sync(work, abandon_on_cancel=True, limiter=self._room)


def _request(ctx: ServerRequestContext) -> Request:
    """The HTTP request that a message came in."""
    assert isinstance(ctx.request, Request)
    return ctx.request


async def _beat(ctx: ServerRequestContext, so_far: Sequence[str]) -> None:
    for beats in itertools.count(1):
        await anyio.sleep(BEAT)
        await ctx.session.report_progress(beats * BEAT, message=so_far[-1])


def _so_far(now: "Progress") -> str:
    """How far a tool is; what a client is told as a number are seconds, as they alone grow from beat to beat."""
    return f"{now.message} ({now.step:,} of {now.steps:,})" if now.steps else now.message


def _described(tool: registry.Tool) -> Tool:
    return Tool(
        name=tool.name,
        title=tool.name.replace("_", " ").capitalize(),
        description=tool.about,
        input_schema=arguments_of(tool.name).model_json_schema(),
        annotations=ToolAnnotations(
            read_only_hint=tool.risk == "read", destructive_hint=tool.risk == "approve"
        ),
    )


def _failed(problem: dict[str, Any]) -> CallToolResult:
    told = " ".join(f"{problem['error']} {problem['hint']}".split())
    return CallToolResult(content=[TextContent(text=told)], structured_content=problem, is_error=True)


def _shown(ran: Ran, base_url: str) -> CallToolResult:
    """A result as JSON, in both forms that clients read, with pictures inside and other files as links."""
    result, content = dict(ran.result), list[ContentBlock]()
    links = [(each, f"{base_url}artifacts/{each['id']}") for each in ran.artifacts]
    if links:
        result["artifacts"] = [
            {"kind": each["kind"], "title": each["title"], "url": url} for each, url in links
        ]
    for each, url in links:
        path = Path(each["path"])
        if path.suffix == ".png" and path.stat().st_size <= LARGEST_PICTURE:
            picture = base64.b64encode(path.read_bytes()).decode()
            content.append(ImageContent(data=picture, mime_type="image/png"))
        else:
            kind = mimetypes.guess_type(path.name)[0]
            content.append(ResourceLink(name=each["title"], uri=url, mime_type=kind))
    text = TextContent(text=json.dumps(result, ensure_ascii=False))
    return CallToolResult(content=[text, *content], structured_content=result)

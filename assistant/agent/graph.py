"""The agent's graph: LangChain's ``create_agent`` with our two gates, limits, and a checkpointer."""

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from assistant.home import Home
from knowledge.sqlite import write_ahead

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langgraph.checkpoint.base import BaseCheckpointSaver
    from langgraph.graph.state import CompiledStateGraph

MODEL_CALLS, TOOL_CALLS = 8, 12  # in one turn; an endless tool loop ends there


def build_graph(
    model: "BaseChatModel",
    checkpointer: "BaseCheckpointSaver",
    names: Sequence[str] | None = None,
    drop: bool = False,
) -> "CompiledStateGraph":
    """Compile the agent.

    Args:
        model: any chat model that can call tools.
        checkpointer: where conversations are kept.
        names: the tools it may hold; all of the catalogue where left out.
        drop: sentences that the documents do not bear out are left out of replies, instead of marked.
    """
    from langchain.agents import create_agent
    from langchain.agents.middleware import ModelCallLimitMiddleware, ToolCallLimitMiddleware

    from assistant.agent.binder import bind
    from assistant.agent.context import TurnContext
    from assistant.agent.gate import ModelGate, ToolGate
    from assistant.agent.grounding import Grounding, writes_itself
    from assistant.agent.trimming import Trimming

    tools = bind(names)
    # The first one counts; the gate ends the turn in words of ours one call earlier.
    limits: list[Any] = [
        ModelCallLimitMiddleware(run_limit=MODEL_CALLS + 1),
        ToolCallLimitMiddleware(run_limit=TOOL_CALLS),
    ]
    return create_agent(
        model,
        tools,
        middleware=[
            *limits,
            ModelGate(MODEL_CALLS),
            Grounding(drop),
            Trimming.fitting(model),
            ToolGate([tool.name for tool in tools], passages=writes_itself(model)),
        ],
        context_schema=TurnContext,
        checkpointer=checkpointer,
    )


def open_checkpoints(home: Home, database_url: str) -> "BaseCheckpointSaver":
    """The checkpointer: SQLite in the home, or PostgreSQL where the application's database is one."""
    # Checkpoints are data: nothing but known types may be rebuilt from them.
    os.environ.setdefault("LANGGRAPH_STRICT_MSGPACK", "true")
    if database_url.startswith("postgres"):
        return _postgres(database_url)
    import sqlite3

    from langgraph.checkpoint.sqlite import SqliteSaver

    connection = sqlite3.connect(home.checkpoints, check_same_thread=False, timeout=15)
    write_ahead(connection)
    connection.execute("PRAGMA secure_delete=ON")  # what is deleted is overwritten too
    saver = SqliteSaver(connection)
    saver.setup()
    return saver


def _postgres(url: str) -> "BaseCheckpointSaver":
    from langgraph.checkpoint.postgres import PostgresSaver
    from psycopg import Connection
    from psycopg.rows import dict_row
    from psycopg_pool import ConnectionPool

    address = "postgresql://" + url.split("://", 1)[1]
    options = {"autocommit": True, "prepare_threshold": 0, "row_factory": dict_row}
    pool: ConnectionPool[Connection] = ConnectionPool(address, kwargs=options, max_size=8, open=True)
    saver = PostgresSaver(pool)  # type: ignore[arg-type]
    saver.setup()
    return saver

"""What the application gives the agent."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.access.principal import Principal
from assistant.access.quotas import Quotas
from assistant.agent.leavings import Leavings
from assistant.agent.vault import Vault
from tools.workspace import Workspace

if TYPE_CHECKING:
    from langgraph.graph.state import CompiledStateGraph


@dataclass(frozen=True)
class Parts:
    """What the application gives the agent; functions stand for things that are made late.

    ``workspace`` is given the user's earlier messages, ``prompt`` the files attached to the conversation. ``names``
    lists the words the redaction gate leaves alone, ``vault`` opens a conversation's vault. ``record`` enters an
    artifact for its owner and returns its id.
    """

    graph: Callable[[Principal], "CompiledStateGraph"]
    workspace: Callable[[Principal, str | None, Sequence[str]], Workspace]
    prompt: Callable[[Principal, Sequence[str]], str]
    names: Callable[[], list[str]]
    redactor: Callable[[Principal], Any]
    record: Callable[[dict[str, Any], Principal, str], str]
    locks: Path
    vault: Callable[[str], Vault]
    quotas: Quotas
    leavings: Leavings

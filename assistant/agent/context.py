"""What one turn carries through the graph: who asks, in which thread, and what stands at the gate."""

from dataclasses import dataclass, field
from typing import Any

from assistant.access.principal import Principal
from assistant.agent.approvals import Approvals
from assistant.agent.running import Stop
from assistant.agent.vault import CallVault, Vault
from tools.workspace import Workspace


@dataclass
class TurnContext:
    """The context of a graph run; never stored in a checkpoint.

    ``allow`` holds names the redaction gate must leave alone (files, models). ``auto_approve`` grants approvals as they
    come (``assistant chat --yes``). ``vault`` keeps what placeholders stand for, for the tools that run here.
    ``quoted`` collects contact details that cited passages make public. ``passages`` is the highest number of a passage
    that the model was given in this run. ``stop`` is set when the turn is to end. ``language`` is the one that the
    user speaks, ``en`` or ``zh``.
    """

    principal: Principal
    thread_id: str
    workspace: Workspace
    approvals: Approvals
    redactor: Any
    system_prompt: str
    allow: list[str] = field(default_factory=list)
    auto_approve: bool = False
    quoted: set[str] = field(default_factory=set)
    passages: int = 0
    stop: Stop = field(default_factory=Stop)
    vault: Vault | CallVault | None = None
    language: str = "en"

    @property
    def personal(self) -> Any:
        """What finds personal data alone: a visitor may ask about what they are not told."""
        return getattr(self.redactor, "personal", self.redactor)

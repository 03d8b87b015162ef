"""What the agent's tools need of the application: names resolved to things, and somewhere to send work.

``tools`` stays stateless: a tool receives a :class:`Workspace` as its first argument and never asks where things are
stored. The application implements it in ``assistant.workspace``; tests use a small one over a temporary folder.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

# In place of a dataset's name: the rows that a model was measured on after its training.
HELD_OUT = "held-out"


@dataclass(frozen=True)
class ModelEntry:
    """One version of a model of the registry: how it was made, where it is, and whether it is being served.

    Attributes:
        status: ``deployed`` where the plain name means this version for the API's callers, else ``ready``.
        version: its number, from 1.
        newest: the number of the name's newest version.
        aliases: the aliases that point at it, such as ``production``.
        engine: what was measured and chosen to compute it, where that was done (``tools.serving.engines``).
    """

    name: str
    task: str
    base: str
    method: str
    path: Path
    status: str = "ready"
    metrics: dict[str, Any] = field(default_factory=dict)
    info: dict[str, Any] = field(default_factory=dict)
    created_at: str = ""
    version: int = 1
    newest: int = 1
    aliases: list[str] = field(default_factory=list)
    engine: dict[str, Any] | None = None

    @property
    def pinned(self) -> str:
        """What means this version and no other, whatever becomes of the aliases."""
        return f"{self.name}@{self.version}"

    @property
    def ref(self) -> str:
        """The same as people read it: the name alone where it has one version."""
        return self.pinned if self.newest > 1 else self.name

    def as_dict(self) -> dict[str, Any]:
        """The public shape: everything but where it lies on the disk."""
        shown = asdict(self)
        del shown["path"]
        return shown


class Workspace(Protocol):
    """The application as the tools see it. Every method raises ``tools.errors.NotFound`` for unknown names."""

    def dataset(self, name: str) -> Path:
        """The file behind a dataset's name: an upload, a hub data set, for the owner of this machine also a path."""
        ...

    def datasets(self) -> list[str]:
        """Names of the datasets, newest first."""
        ...

    def model(self, name: str) -> ModelEntry:
        """The registry entry of a fine-tuned model."""
        ...

    def models(self) -> list[ModelEntry]:
        """All fine-tuned models, newest first."""
        ...

    def base_model(self, name: str) -> Path | str:
        """The folder (or hub id) of a base model: embedded, a folder, a hub id, or a registry name."""
        ...

    def model_name(self, wish: str) -> str:
        """A free, valid registry name made from a wish such as a dataset's file name."""
        ...

    def predictor(self, name: str) -> Any:
        """The loaded model (a ``tools.serving.Predictor``), from a bounded cache."""
        ...

    def deploy(self, name: str, engine: str | None = None) -> ModelEntry:
        """Serve the model behind the API."""
        ...

    def undeploy(self, name: str) -> ModelEntry:
        """Stop serving the model."""
        ...

    def submit(self, kind: str, spec: dict[str, Any]) -> dict[str, Any]:
        """Queue a background job and return it as ``jobs show`` does."""
        ...

    def jobs(self) -> list[dict[str, Any]]:
        """All jobs, newest first."""
        ...

    def job(self, job_id: str | None = None) -> dict[str, Any]:
        """One job; where no id is given a training that runs, else the latest."""
        ...

    def cancel(self, job_id: str | None = None) -> dict[str, Any]:
        """Ask a job to stop; the caller's running one where no id is given. Raises where several may be meant."""
        ...

    def ended(self, job_id: str | None = None) -> dict[str, Any]:
        """A failed or stopped job, which may go on; the newest where no id is given. Raises where it is another."""
        ...

    def resume(self, job_id: str | None = None) -> dict[str, Any]:
        """Let a failed or stopped job go on from its last checkpoint; the newest where no id is given."""
        ...

    def knowledge(self) -> Any:
        """The team's ``knowledge.base.KnowledgeBase``."""
        ...

    def document(self, source: str) -> str:
        """What ``add_knowledge`` may read: an upload's path or a public address."""
        ...

    def redactor(self) -> Any:
        """The ``tools.privacy.Redactor`` in force."""
        ...

    def artifact(self, kind: str, title: str, suffix: str) -> Path:
        """A new file for a picture or report, in the folder that the doors can show."""
        ...

    def history(self) -> Sequence[str]:
        """The user's earlier questions in this conversation, oldest first (redacted)."""
        ...

    @property
    def visitor(self) -> bool:
        """True where the caller is a support visitor, who sees published knowledge alone."""
        ...

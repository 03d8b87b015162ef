"""The retriever: the registry's model of that name, whose version in production finds passages in the documents."""

import contextlib
from pathlib import Path
from typing import Any

from assistant.access.roles import allow
from assistant.errors import Conflict
from assistant.settings import Settings, settings
from assistant.workspace.models import Registry
from assistant.workspace.references import PRODUCTION
from assistant.workspace.releases import Releases
from assistant.workspace.workspace import TeamWorkspace
from knowledge.base import KnowledgeBase
from knowledge.embed import Encoder, encoder
from tools.errors import BadArgument, NotFound
from tools.models.embedded import fetch_base, minilm_folder
from tools.workspace import ModelEntry

NAME = "retriever"
TASK = "embedding"
OWN = "minilm"  # the encoder that every base is made with


def learn(
    workspace: TeamWorkspace,
    epochs: float | None = None,
    internal: bool = False,
    seed: int = 42,
    force: bool = False,
) -> dict[str, Any]:
    """Queue the job that trains the retriever on what people judged, and takes it where it finds more.

    Args:
        workspace: of who asks.
        epochs: how often the pairs are passed; chosen where left out.
        internal: learn from internal documents too; visitors' questions are then searched without what was learned.
        seed: of the pairs and the training.
        force: take what was learned whatever was measured.

    Raises:
        Conflict: the retriever's name is another model's.
        Forbidden: whoever asks may not change what everybody finds.
    """
    allow(workspace.principal, "approve")
    check_name(workspace.shared.registry)
    spec = {"name": NAME, "task": TASK, "epochs": epochs, "internal": internal, "seed": seed, "force": force}
    return workspace.submit("learn", spec)


class InService:
    """The encoder of the version in production; None where there is none. Safe to share between threads.

    Args:
        registry: the models.
    """

    def __init__(self, registry: Registry):
        self._registry = registry
        self._known: tuple[int, Encoder | None] = (-1, None)

    def __call__(self) -> Encoder | None:
        """Asked at each search: another process may have switched it. Then a query counts the registry's changes."""
        changes = self._registry.changes()
        if self._known[0] != changes:
            entry = in_service(self._registry)
            self._known = changes, encoder(entry.path) if entry else None
        return self._known[1]


def base_encoder(chosen: Settings, registry: Registry) -> Path:
    """The folder of the encoder that the settings name for the documents' vectors.

    Raises:
        BadArgument: it is a model of another task.
        NotFound, Unsupported: there is no such model, or it cannot be loaded.
    """
    wish = chosen.embedder
    if wish == "embedded":
        return minilm_folder()
    if "/" not in wish and registry.knows(wish):
        entry = registry.get(wish)
        if entry.task != TASK:
            raise BadArgument(
                f"{wish} is a model for {entry.task} and makes no vectors.", "Correct ASSISTANT_EMBEDDER."
            )
        return entry.path
    return fetch_base(wish, chosen.where.cache, chosen.offline == "true")


def in_service(registry: Registry) -> ModelEntry | None:
    """The version in production, where it is an encoder."""
    with contextlib.suppress(NotFound):
        entry = registry.get(f"{NAME}@{PRODUCTION}")
        return entry if entry.task == TASK else None
    return None


def check_name(registry: Registry) -> None:
    """See that the retriever's name is not another model's.

    Raises:
        Conflict: it is.
    """
    if registry.knows(NAME) and registry.get(NAME).task != TASK:
        raise Conflict(
            f"The model {NAME} is no encoder, and the retriever needs that name.",
            f"Delete it: assistant models delete {NAME}.",
        )


def with_encoder(folder: Path, path: Path | None, registry: Registry) -> KnowledgeBase:
    """The knowledge base, in which a given encoder finds passages, whatever is in service.

    Args:
        folder: the base's.
        path: the encoder's folder; None for the base's own.
        registry: the models, of which the settings may name one as the base's own.
    """
    chosen = encoder(path) if path else None
    return KnowledgeBase(folder, encoder(base_encoder(settings(), registry)), trained=lambda: chosen)


def forget_others(base: KnowledgeBase, registry: Registry, releases: Releases) -> None:
    """Drop all vectors but those of the encoder in service and of the one before, which a roll-back needs."""
    kept = [in_service(registry)]
    with contextlib.suppress(Conflict, NotFound):
        kept.append(releases.previous(NAME))
    base.retriever.forget({encoder(each.path).name for each in kept if each})


def undo(workspace: TeamWorkspace, folder: Path) -> dict[str, Any]:
    """Like :func:`roll_back`, for who may change what everybody finds.

    Args:
        workspace: of who asks.
        folder: the base's.

    Raises:
        Forbidden: they may not.
        Conflict: none is in service.
    """
    allow(workspace.principal, "approve")
    shared = workspace.shared
    return roll_back(folder, shared.registry, shared.releases, workspace.principal.user_id)


def roll_back(
    folder: Path, registry: Registry, releases: Releases, user_id: str | None = None
) -> dict[str, Any]:
    """Let the encoder find passages that did so before; the base's own where there was no other.

    Its vectors are still there; those of passages that came since are made before it is put back.

    Args:
        folder: the base's.
        registry: the models.
        releases: their aliases.
        user_id: who asked for it.

    Returns:
        ``retriever``, and ``before``: what it was until now.

    Raises:
        Conflict: none is in service.
    """
    now = in_service(registry)
    if now is None:
        raise Conflict("Passages are found by the base's own encoder.", "There is nothing to go back from.")
    try:
        former = releases.previous(NAME)
    except Conflict:
        releases.undeploy(NAME, user_id)
        return {"retriever": OWN, "before": now.pinned}
    with_encoder(folder, former.path, registry).retriever.keep_up()
    return {"retriever": releases.rollback(NAME, user_id).pinned, "before": now.pinned}

"""The team's knowledge base: as the package ``knowledge`` has it, with each change recorded."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from assistant.access.audit import record
from assistant.access.roles import allow
from assistant.errors import Conflict, Occupied
from assistant.home import exclusive
from assistant.settings import Settings
from assistant.store.database import Database
from assistant.workspace.contacts import for_visitors
from assistant.workspace.models import Registry
from assistant.workspace.retriever import InService, base_encoder
from assistant.workspace.running import ACTIVE
from assistant.workspace.workspace import TeamWorkspace
from knowledge.base import KnowledgeBase, Visibility
from knowledge.embed import encoder
from knowledge.engines.engine import chosen
from knowledge.filters import Filters
from knowledge.store import EVERYTHING

if TYPE_CHECKING:
    from tools.privacy.redactor import Redactor

ONE_AT_A_TIME = "The documents are being indexed anew already."


class TeamKnowledge(KnowledgeBase):
    """See :class:`knowledge.base.KnowledgeBase`.

    Args:
        database: where changes are recorded.
        leave_out: a text as visitors may be told it, and where places of it are then; everything where None.
        in_job: whether a job opens it, whose process may be ended at any moment: that something begins is recorded too.
    """

    def __init__(
        self,
        database: Database,
        *args: Any,
        leave_out: Callable[..., tuple[str, list[int]]] | None = None,
        in_job: bool = False,
        **options: Any,
    ):
        super().__init__(*args, **options)
        self._records, self._leave_out, self._in_job = database, leave_out, in_job

    def ask(
        self,
        question: str,
        history: Sequence[str] = (),
        visitor: bool = False,
        filters: Filters = EVERYTHING,
        test: bool = False,
    ) -> dict[str, Any]:
        """Answer a question; a visitor is not told what the team has ruled out."""
        found = super().ask(question, history, visitor, filters, test)
        if not (visitor and self._leave_out):
            return found
        cited = [each | {"text": self._leave_out(each["text"])[0]} for each in found["citations"]]
        return found | {"answer": self._leave_out(found["answer"])[0], "citations": cited}

    def passage(self, passage: str | int, visitor: bool = False) -> dict[str, Any]:
        """The document around a passage; for a visitor without what the team has ruled out."""
        found = super().passage(passage, visitor)
        if not (visitor and self._leave_out):
            return found
        text, (start, end) = self._leave_out(found["text"], found["start"], found["end"])
        return found | {"text": text, "start": start, "end": end}

    def add(self, sources: Any, *args: Any, **options: Any) -> dict[str, Any]:
        """Add documents."""
        return self._recorded(
            "knowledge added", _told(sources), partial(super().add, sources, *args, **options)
        )

    def show(self, source: str, visibility: Visibility) -> dict[str, Any]:
        """Publish a source, or keep it for the team."""
        result = super().show(source, visibility)
        record(self._records, "knowledge shown", source, visibility=visibility)
        return result

    def remove(self, source: str, *args: Any, **options: Any) -> dict[str, Any]:
        """Remove a source."""
        result = super().remove(source, *args, **options)
        record(self._records, "knowledge removed", source)
        return result

    def reindex(self, *args: Any, **options: Any) -> dict[str, Any]:
        """Read every source anew, for one caller at a time.

        Raises:
            Conflict: another process does so already.
        """
        try:
            with exclusive(self.folder / "reindex.lock", "a reindex"):
                again = partial(super().reindex, *args, **options)
                return self._recorded("knowledge renewed", "all sources", again)
        except Occupied as error:
            raise Conflict(ONE_AT_A_TIME, "Wait for its end.") from error

    def _recorded(self, action: str, what: str, do: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """Do what takes long, and record what came of it: also of a stop, as what came before it stays."""
        before = self.store.changes()
        if self._in_job:
            record(self._records, action, what, started=True)
        try:
            result = do()
        except BaseException:
            if self._in_job or self.store.changes() != before:
                record(self._records, action, what, stopped=True)
            raise
        numbers = {name: result[name] for name in ("sources", "documents", "chunks")}
        record(self._records, action, what, **numbers, skipped=len(result["skipped"]))
        return result


def open_knowledge(
    settings: Settings,
    database: Database,
    registry: Registry,
    redactor: Callable[[], "Redactor"],
    **more: Any,
) -> TeamKnowledge:
    """The team's knowledge base as the settings want it.

    Args:
        settings: name the encoder and the engine that keeps the vectors.
        database: where changes are recorded.
        registry: the models, of which the settings may name one.
        redactor: hides personal data from visitors; asked for when it is needed.
        more: further arguments of :class:`TeamKnowledge`.
    """
    key = settings.vector_store_key
    return TeamKnowledge(
        database,
        settings.where.knowledge,
        encoder(base_encoder(settings, registry)),
        redact=lambda text: for_visitors(text, redactor()),
        vectors=chosen(settings.vector_store, key.get_secret_value() if key else None),
        trained=InService(registry),
        **more,
    )


def reindex_later(workspace: TeamWorkspace) -> dict[str, Any]:
    """Queue the job that reads every source anew, and return it.

    Args:
        workspace: of who asks.

    Raises:
        Conflict: it is being done, or will be.
        Forbidden: whoever asks may not do it.
    """
    allow(workspace.principal, "approve")
    for job in workspace.jobs():
        if job["kind"] == "reindex" and job["status"] in ACTIVE:
            raise Conflict(ONE_AT_A_TIME, f"Wait for the end of {job['id']}, or stop it.")
    return workspace.submit("reindex", {})


def _told(sources: Any) -> str:
    names = [sources] if isinstance(sources, str) else [str(each) for each in sources]
    return ", ".join(name.rsplit("/", 1)[-1] if "://" not in name else name for name in names[:10])

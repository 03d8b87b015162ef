"""The team's knowledge base: as the package ``knowledge`` has it, with each change recorded."""

from collections.abc import Callable, Sequence
from typing import Any

from assistant.access.audit import record
from assistant.store.database import Database
from knowledge.base import KnowledgeBase, Visibility
from knowledge.filters import Filters
from knowledge.store import EVERYTHING


class TeamKnowledge(KnowledgeBase):
    """See :class:`knowledge.base.KnowledgeBase`.

    Args:
        database: where changes are recorded.
        leave_out: a text as visitors may be told it, and where places of it are then; everything where None.
    """

    def __init__(
        self,
        database: Database,
        *args: Any,
        leave_out: Callable[..., tuple[str, list[int]]] | None = None,
        **options: Any,
    ):
        super().__init__(*args, **options)
        self._records, self._leave_out = database, leave_out

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
        result = super().add(sources, *args, **options)
        numbers = {name: result[name] for name in ("sources", "documents", "chunks")}
        record(self._records, "knowledge added", _told(sources), **numbers, skipped=len(result["skipped"]))
        return result

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
        """Read every source anew."""
        result = super().reindex(*args, **options)
        numbers = {name: result[name] for name in ("sources", "documents", "chunks")}
        record(self._records, "knowledge renewed", "all sources", **numbers, skipped=len(result["skipped"]))
        return result


def _told(sources: Any) -> str:
    names = [sources] if isinstance(sources, str) else [str(each) for each in sources]
    return ", ".join(name.rsplit("/", 1)[-1] if "://" not in name else name for name in names[:10])

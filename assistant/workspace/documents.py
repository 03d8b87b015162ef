"""The team's knowledge base: as the package ``knowledge`` has it, with each change recorded."""

from typing import Any

from assistant.access.audit import record
from assistant.store.database import Database
from knowledge.base import KnowledgeBase


class TeamKnowledge(KnowledgeBase):
    """See :class:`knowledge.base.KnowledgeBase`.

    Args:
        database: where changes are recorded.
    """

    def __init__(self, database: Database, *args: Any, **options: Any):
        super().__init__(*args, **options)
        self._records = database

    def add(self, sources: Any, *args: Any, **options: Any) -> dict[str, Any]:
        """Add documents."""
        result = super().add(sources, *args, **options)
        numbers = {name: result[name] for name in ("sources", "documents", "chunks")}
        record(self._records, "knowledge added", _told(sources), **numbers, skipped=len(result["skipped"]))
        return result

    def remove(self, source: str, *args: Any, **options: Any) -> dict[str, Any]:
        """Remove a source."""
        result = super().remove(source, *args, **options)
        record(self._records, "knowledge removed", source)
        return result


def _told(sources: Any) -> str:
    names = [sources] if isinstance(sources, str) else [str(each) for each in sources]
    return ", ".join(name.rsplit("/", 1)[-1] if "://" not in name else name for name in names[:10])

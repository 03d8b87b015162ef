"""What the base holds already of a document that comes, looked up by index: a full base is as quick as an empty one."""

from typing import Any

from knowledge.store import Store


class Known:
    """Look-ups of single documents.

    Args:
        store: where they are.
    """

    def __init__(self, store: Store):
        self._store = store

    def source_at(self, location: str) -> str | None:
        """The source that lies at a location; the newest, if there were several."""
        query = "SELECT source FROM documents WHERE location = ? ORDER BY id DESC LIMIT 1"
        return self._one(query, location)

    def location_of(self, source: str) -> str | None:
        """Where a source lies."""
        return self._one("SELECT location FROM documents WHERE source = ?", source)

    def number_of(self, source: str) -> int | None:
        """The number of a source's document."""
        return self._one("SELECT id FROM documents WHERE source = ?", source)

    def visibility_of(self, source: str) -> str | None:
        """Who may read a source."""
        return self._one("SELECT visibility FROM documents WHERE source = ?", source)

    def same(self, digest: str, visibility: str | None) -> list[str]:
        """The sources that were made of these very bytes, newest first; with a visibility those that have it."""
        fitting = "digest = ?1 AND visibility = coalesce(?2, visibility)"
        query = f"SELECT source FROM documents WHERE {fitting} ORDER BY id DESC"
        return [row[0] for row in self._store.connection.execute(query, (digest, visibility))]

    def below(self, beginning: str) -> list[dict[str, str]]:
        """``source`` and ``location`` of the documents whose location begins so."""
        query = "SELECT source, location FROM documents WHERE location >= ? AND location < ? ORDER BY id DESC"
        end = beginning[:-1] + chr(ord(beginning[-1]) + 1)
        rows = self._store.connection.execute(query, (beginning, end))
        return [{"source": source, "location": location} for source, location in rows]

    def _one(self, query: str, value: str) -> Any:
        row = self._store.connection.execute(query, (value,)).fetchone()
        return row and row[0]

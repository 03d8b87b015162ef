"""The knowledge base's database: documents, passages, vectors and the word index, in one SQLite file.

It is the only truth. A document enters and leaves in one transaction, flushed to the disk before it is reported, so a
process killed at any moment leaves whole documents. Passage ids are never used twice.
"""

import contextlib
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from knowledge.database import Database
from knowledge.errors import KnowledgeError
from knowledge.filters import Filters, written
from knowledge.records import NewDocument, Passage
from knowledge.sketches import bands

EVERYTHING = Filters()
Naming = Callable[[], str]
ANY = -1  # no document has this number


class Overtaken(Exception):
    """Somebody else has changed or removed the document meanwhile that was to be replaced."""


class Store(Database):
    """Documents and passages in the database below one folder; see :class:`knowledge.database.Database`."""

    def put(
        self,
        document: NewDocument,
        force: bool = False,
        name: Naming | None = None,
        over: int | None = ANY,
        keep: bool = False,
    ) -> bool:
        """Enter a document, in place of an older one of the same source.

        Args:
            document: with its passages.
            force: write it even where nothing has changed.
            name: gives the source its name, asked within the transaction: another process may have taken the name
                meanwhile that the document has.
            over: the number of the document that it was prepared to replace, None where there was none; any where left
                out.
            keep: where the same text stands there already, it does so whoever may read it.

        Returns:
            False where exactly this stood there already (another process was faster).

        Raises:
            Overtaken: another document than ``over`` stands there by now, or none.
        """
        with self.writing() as connection:
            if name:
                document = replace(document, source=name())
            old = connection.execute(
                "SELECT id, digest, visibility, tags FROM documents WHERE source = ?", (document.source,)
            ).fetchone() or (None, "", "", "")
            if not force and old[1] == document.digest and (keep or old[2] == document.visibility):
                return False
            if over not in (ANY, old[0]):
                raise Overtaken
            if document.tags is None:
                document = replace(document, tags=tuple(old[3].split()))
            self._delete(connection, document.source)
            self._insert(connection, document)
            connection.execute(_CHANGED)
        return True

    def _insert(self, connection: sqlite3.Connection, new: NewDocument) -> None:
        row = (new.source, new.location, new.title, new.text, new.public_title, new.public_text, new.digest)
        cursor = connection.execute(
            "INSERT INTO documents (source, location, title, text, public_title, public_text, digest, visibility, "
            "added_at, dated, tags, language, sketch) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *row,
                new.visibility,
                new.added_at,
                new.dated,
                written(new.tags or ()),
                new.language,
                new.sketch,
            ),
        )
        connection.executemany(
            "INSERT INTO bands VALUES (?, ?)", [(each, cursor.lastrowid) for each in bands(new.sketch)]
        )
        for chunk in new.chunks:
            places = (chunk.start, chunk.end, chunk.public_start, chunk.public_end)
            entered = connection.execute(
                'INSERT INTO chunks (document, start, "end", public_start, public_end, context, public_context, '
                "vector, pages) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (cursor.lastrowid, *places, chunk.context, chunk.public_context, chunk.vector, chunk.pages),
            )
            for table, words in (("words", chunk.words), ("public_words", chunk.public_words)):
                if words is not None:
                    connection.execute(
                        f"INSERT INTO {table} (rowid, context, body) VALUES (?, ?, ?)",
                        (entered.lastrowid, *words),
                    )

    def _delete(self, connection: sqlite3.Connection, source: str) -> int:
        ids = connection.execute(
            "SELECT chunks.id FROM chunks JOIN documents ON documents.id = document WHERE source = ?",
            (source,),
        ).fetchall()
        for table in ("words", "public_words"):
            connection.executemany(f"DELETE FROM {table} WHERE rowid = ?", ids)
        connection.execute("DELETE FROM documents WHERE source = ?", (source,))
        return len(ids)

    def remove(self, sources: Sequence[str]) -> int:
        """Take sources out, and overwrite what they said. Returns how many passages went with them."""
        with self.writing() as connection:
            gone = sum(self._delete(connection, source) for source in sources)
            connection.execute(_CHANGED)
        with contextlib.suppress(KnowledgeError):  # then the next removal overwrites it
            self._overwrite()
        return gone

    def documents(self) -> list[dict[str, Any]]:
        """All documents without their text, newest first."""
        rows = self.connection.execute(
            "SELECT id, source, location, title, visibility, added_at, digest, dated, tags, language, sketch, "
            "(SELECT count(*) FROM chunks WHERE document = documents.id) FROM documents ORDER BY documents.id DESC"
        )
        names = (
            "id",
            "source",
            "location",
            "title",
            "visibility",
            "added_at",
            "digest",
            "dated",
            "tags",
            "language",
        )
        found = [dict(zip((*names, "sketch", "chunks"), row, strict=True)) for row in rows]
        return [each | {"tags": each["tags"].split()} for each in found]

    def alike(self, sketch: bytes, most: int) -> list[tuple[str, bytes]]:
        """Sources that have parts of their sketch in common with this one, and their sketches; the likeliest first."""
        wanted = bands(sketch)
        marks = ",".join("?" * len(wanted))
        rows = self.connection.execute(
            "SELECT source, sketch FROM documents JOIN (SELECT document, count(*) AS common FROM bands "
            f"WHERE band IN ({marks}) GROUP BY document ORDER BY common DESC, document LIMIT ?) "
            "ON document = documents.id ORDER BY common DESC, document",
            (*wanted, most),
        )
        return rows.fetchall()

    def document(self, source: str) -> dict[str, Any] | None:
        """One document with its text."""
        cursor = self.connection.execute("SELECT * FROM documents WHERE source = ?", (source,))
        row = cursor.fetchone()
        return row and dict(zip((column[0] for column in cursor.description), row, strict=True))

    def ids(self, visitor: bool = False, filters: Filters = EVERYTHING) -> list[int]:
        """Ids of the passages of the documents that fit; for visitors only of published ones."""
        condition, values = filters.sql()
        query = f"SELECT chunks.id {_FROM} WHERE {_may(visitor)} AND {condition}"
        return [row[0] for row in self.connection.execute(query, values)]

    def ids_of(self, pattern: str, visitor: bool = False) -> list[int]:
        """Ids of the passages of the sources that fit a pattern."""
        fitting = f"SELECT id FROM documents WHERE {_may(visitor)} AND source GLOB ?"
        query = f"SELECT id FROM chunks WHERE document IN ({fitting}) ORDER BY id"
        return [row[0] for row in self.connection.execute(query, (pattern,))]

    def move(self, source: str, location: str) -> None:
        """Say that a document lies somewhere else."""
        with self.writing() as connection:
            connection.execute("UPDATE documents SET location = ? WHERE source = ?", (location, source))
            connection.execute(_CHANGED)

    def tag(self, source: str, tags: Sequence[str]) -> None:
        """Give a document other tags."""
        with self.writing() as connection:
            connection.execute("UPDATE documents SET tags = ? WHERE source = ?", (written(tags), source))
            connection.execute(_CHANGED)

    def vectors(self, ids: Sequence[int], encoder: str = "") -> dict[int, bytes]:
        """Vectors (float32 bytes) of passages by id: the base's own, or those that a trained encoder has made."""
        found: dict[int, bytes] = {}
        table, by = ("tuned_vectors", "chunk") if encoder else ("chunks", "id")
        whose = ("AND encoder = ?", [encoder]) if encoder else ("", [])
        for at in range(0, len(ids), 500):
            part = ids[at : at + 500]
            marks = ",".join("?" * len(part))
            query = f"SELECT {by}, vector FROM {table} WHERE {by} IN ({marks}) {whose[0]}"
            found |= dict(self.connection.execute(query, [*part, *whose[1]]))
        return found

    def match(
        self, query: str, limit: int, visitor: bool = False, filters: Filters = EVERYTHING
    ) -> list[int]:
        """Passages by BM25, best first.

        Args:
            query: an FTS5 query.
            limit: how many at most.
            visitor: published documents only.
            filters: which documents.
        """
        table = _index(visitor)
        condition, values = filters.sql()
        within = f"AND rowid IN (SELECT chunks.id {_FROM} WHERE {condition})" if filters else ""
        rows = self.connection.execute(
            f"SELECT rowid FROM {table} WHERE {table} MATCH ? {within} "
            f"ORDER BY bm25({table}, 1.5, 1.0), rowid LIMIT ?",
            (query, *(values if filters else ()), limit),
        )
        return [row[0] for row in rows]

    def frequency(self, terms: Sequence[str], visitor: bool = False) -> dict[str, int]:
        """In how many passages (for visitors: of published documents) each term stands."""
        table = _index(visitor)
        count = f"SELECT count(*) FROM {table} WHERE {table} MATCH ?"
        return {
            term: self.connection.execute(count, (f'"{term}"',)).fetchone()[0]
            for term in terms
            if '"' not in term
        }

    def spread(self, term: str, visitor: bool = False) -> int:
        """In how many documents (for visitors: published ones) a term stands."""
        table = _index(visitor)
        row = self.connection.execute(
            f"SELECT count(DISTINCT document) FROM {table} JOIN chunks ON chunks.id = {table}.rowid "
            f"WHERE {table} MATCH ?",
            (f'"{term}"',),
        )
        return row.fetchone()[0]

    def passages(self, ids: Sequence[int], visitor: bool = False) -> dict[int, Passage]:
        """Passages by id, as the reader may see them; those of internal documents are missing for visitors."""
        marks = ",".join("?" * len(ids))
        condition = f"chunks.id IN ({marks}) AND {_may(visitor)}"
        rows = self.connection.execute(f"SELECT {_passage(visitor)} {_FROM} WHERE {condition}", list(ids))
        return {row[0]: Passage(*row) for row in rows}

    def passages_of(self, source: str) -> list[Passage]:
        """The passages of a source (or of the documents of a folder), in their order."""
        rows = self.connection.execute(
            f"SELECT {_passage(False)} {_FROM} WHERE source = ? OR substr(source, 1, ?) = ? ORDER BY source, start",
            (source, len(source) + 1, f"{source}/"),
        )
        return [Passage(*row) for row in rows]

    def whole(self, chunk: int, visitor: bool = False) -> dict[str, Any] | None:
        """A passage's document: source, title, whole text, and where the passage stands in it."""
        text, start, end, title = _columns(visitor)
        row = self.connection.execute(
            f"SELECT source, {title}, {text}, {start}, {end} {_FROM} WHERE chunks.id = ? AND {_may(visitor)}",
            (chunk,),
        ).fetchone()
        return row and dict(zip(("source", "title", "text", "start", "end"), row, strict=True))

    def count(self, visitor: bool = False) -> tuple[int, int]:
        """How many documents and how many passages there are; for visitors only published ones."""
        row = self.connection.execute(
            f"SELECT (SELECT count(*) FROM documents WHERE {_may(visitor)}), "
            f"(SELECT count(*) {_FROM} WHERE {_may(visitor)})"
        )
        return row.fetchone()


_CHANGED = "UPDATE meta SET value = value + 1 WHERE key = 'changes'"
_FROM = "FROM chunks JOIN documents ON documents.id = chunks.document"


def _may(visitor: bool) -> str:
    """The condition that every reading query carries."""
    return "visibility = 'published'" if visitor else "1"


def _index(visitor: bool) -> str:
    """The word index that a reader's queries use; see :mod:`knowledge.schema`."""
    return "public_words" if visitor else "words"


def _passage(visitor: bool) -> str:
    """The columns of a :class:`Passage`, as its reader may see them."""
    text, start, end, title = _columns(visitor)
    context = "coalesce(public_context, context)" if visitor else "context"
    cut = f"substr({text}, {start} + 1, {end} - {start})"
    return f"chunks.id, source, {title}, {context}, {cut}, {start}, {end}, dated, pages"


def _columns(visitor: bool) -> tuple[str, str, str, str]:
    if visitor:
        return "coalesce(public_text, text)", "public_start", "public_end", "coalesce(public_title, title)"
    return "text", "start", 'chunks."end"', "title"

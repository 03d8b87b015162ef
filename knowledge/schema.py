"""The tables of the knowledge base, and how an older file becomes a newer one."""

import sqlite3

from knowledge.dates import document_date
from knowledge.prepare import redacted
from knowledge.sketches import bands, sketch
from knowledge.words import language, terms

VERSION = 8
_TABLES = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value NOT NULL) WITHOUT ROWID;
INSERT INTO meta VALUES ('changes', 0), ('encoder', '');
CREATE TABLE documents (
    id INTEGER PRIMARY KEY AUTOINCREMENT, source TEXT NOT NULL UNIQUE, location TEXT NOT NULL, title TEXT NOT NULL,
    text TEXT NOT NULL, public_title TEXT, public_text TEXT, digest TEXT NOT NULL, visibility TEXT NOT NULL
    CHECK (visibility IN ('published', 'internal')), added_at TEXT NOT NULL);
CREATE INDEX documents_location ON documents (location);
CREATE INDEX documents_digest ON documents (digest);
CREATE TABLE chunks (
    id INTEGER PRIMARY KEY AUTOINCREMENT, document INTEGER NOT NULL REFERENCES documents ON DELETE CASCADE,
    start INTEGER NOT NULL, "end" INTEGER NOT NULL, public_start INTEGER NOT NULL, public_end INTEGER NOT NULL,
    context TEXT NOT NULL, vector BLOB NOT NULL);
CREATE INDEX chunks_document ON chunks (document);
CREATE VIRTUAL TABLE words USING fts5 (context, body, tokenize = "unicode61 remove_diacritics 2")
"""
# Visitors' words have an index of their own: BM25 weighs a word by its frequency in the whole index, so in a shared one
# internal documents would move the visitors' ranking and could be probed by it. It holds the redacted words only.
_PUBLIC = (
    'CREATE VIRTUAL TABLE public_words USING fts5 (context, body, tokenize = "unicode61 remove_diacritics 2")'
)

# What filters, the comparison of older with newer documents, and that of nearly equal ones read.
_DESCRIBED = """
ALTER TABLE documents ADD COLUMN dated TEXT NOT NULL DEFAULT '';
ALTER TABLE documents ADD COLUMN tags TEXT NOT NULL DEFAULT '';
ALTER TABLE documents ADD COLUMN language TEXT NOT NULL DEFAULT '';
ALTER TABLE documents ADD COLUMN sketch BLOB NOT NULL DEFAULT x''
"""

# The passages' vectors by trained encoders, beside the base's own; see :mod:`knowledge.retriever`.
_TUNED = """
CREATE TABLE tuned_vectors (
    chunk INTEGER NOT NULL REFERENCES chunks ON DELETE CASCADE, encoder TEXT NOT NULL, vector BLOB NOT NULL,
    PRIMARY KEY (chunk, encoder))
"""

# By which nearly equal documents are found; see :mod:`knowledge.sketches`.
_BANDS = """
CREATE TABLE bands (
    band INTEGER NOT NULL, document INTEGER NOT NULL REFERENCES documents ON DELETE CASCADE,
    PRIMARY KEY (band, document)) WITHOUT ROWID;
CREATE INDEX bands_document ON bands (document)
"""


def upgrade(connection: sqlite3.Connection, version: int) -> None:
    """Bring a file from an older version (0 is an empty file) to :data:`VERSION`, inside the caller's transaction."""
    if version < 1:
        for statement in _TABLES.split(";\n"):
            connection.execute(statement)
    if version < 2:
        connection.execute(_PUBLIC)
        _fill_public(connection)
    if version < 3:
        for statement in _DESCRIBED.split(";\n"):
            connection.execute(statement)
        _describe(connection)
    if version < 4:
        connection.execute(_TUNED)
    if version < 5:
        connection.execute("ALTER TABLE chunks ADD COLUMN public_context TEXT")
        _redact_headings(connection)
    if version < 6:
        connection.execute("ALTER TABLE chunks ADD COLUMN pages TEXT NOT NULL DEFAULT ''")
    if version < 7:
        forget(connection)
    if version < 8:
        for statement in _BANDS.split(";\n"):
            connection.execute(statement)
        sketches = connection.execute("SELECT id, sketch FROM documents").fetchall()
        rows = [(band, document) for document, sketch in sketches for band in bands(sketch)]
        connection.executemany("INSERT INTO bands VALUES (?, ?)", rows)
    connection.execute(f"PRAGMA user_version = {VERSION}")


def forget(connection: sqlite3.Connection) -> None:
    """Write the word indexes anew, for they keep removed words until then.

    FTS5's option ``secure-delete`` would do so at once, but no SQLite before 3.42 reads what it leaves.
    """
    for table in ("words", "public_words"):
        connection.execute(f"INSERT INTO {table} ({table}) VALUES ('optimize')")


def _fill_public(connection: sqlite3.Connection) -> None:
    rows = connection.execute(
        "SELECT chunks.id, context, substr(coalesce(public_text, text), public_start + 1, public_end - public_start) "
        "FROM chunks JOIN documents ON documents.id = document WHERE visibility = 'published'"
    ).fetchall()
    connection.executemany(
        "INSERT INTO public_words (rowid, context, body) VALUES (?, ?, ?)",
        [(row, " ".join(terms(context)), " ".join(terms(body))) for row, context, body in rows],
    )


def _redact_headings(connection: sqlite3.Connection) -> None:
    """Take out of visitors' headings what older files kept there unredacted.

    A heading that stands in the redacted text is as visitors read it; one that does not was redacted there, and is left
    out until its document is read anew.
    """
    published = "SELECT id FROM documents WHERE visibility = 'published' AND public_text IS NOT NULL"
    about = "SELECT title, coalesce(public_title, title), public_text FROM documents WHERE id = ?"
    for (document,) in connection.execute(published).fetchall():
        title, shown, text = connection.execute(about, (document,)).fetchone()
        lines = frozenset(text.split("\n"))
        chunks = connection.execute(
            "SELECT id, context FROM chunks WHERE document = ?", (document,)
        ).fetchall()
        headings = {
            each: redacted(each, title, lines, shown, lambda _: "") for each in {each for _, each in chunks}
        }
        for row, heading in [(row, headings[each]) for row, each in chunks if headings[each] != each]:
            connection.execute("UPDATE chunks SET public_context = ? WHERE id = ?", (heading, row))
            words = " ".join(terms(heading))
            connection.execute("UPDATE public_words SET context = ? WHERE rowid = ?", (words, row))


def _describe(connection: sqlite3.Connection) -> None:
    """Fill in what older files did not keep of a document."""
    for row, source, title, text in connection.execute(
        "SELECT id, source, title, text FROM documents"
    ).fetchall():
        described = (document_date(source, title, text), language(text), sketch(text), row)
        connection.execute("UPDATE documents SET dated = ?, language = ?, sketch = ? WHERE id = ?", described)

"""A document of the base made again: read anew where it can be, else from what is stored."""

import contextlib
import hashlib
from collections.abc import Sequence
from typing import Any

from knowledge.chunk import Chunk, headings_of
from knowledge.document import Document, Span
from knowledge.errors import SourceError
from knowledge.gather import gather
from knowledge.loaders import read_document
from knowledge.prepare import Preparer
from knowledge.reasons import told
from knowledge.records import Passage
from knowledge.store import Overtaken, Store

TEXT = "text:"  # begins the location of a text that lies in no file


def renew(store: Store, preparer: Preparer, source: str, report: dict[str, Any], anew: bool) -> None:
    """Make a document's passages and vectors again; what others make of it meanwhile stands.

    Args:
        store: where it is.
        preparer: prepares it.
        source: its name; nothing is done where it has gone.
        report: is filled in, as :meth:`knowledge.base.KnowledgeBase.add` returns it.
        anew: its vectors must be made again: an error where they cannot.
    """
    known = store.document(source)
    if known is None:
        return
    kept = _kept(known, store.passages_of(source))
    try:
        with told(source):
            read = kept if known["location"].startswith(TEXT) else _read_again(known["location"])
        written = _rewrite(store, preparer, known, *read)
    except SourceError as error:
        report["skipped"].append({"source": source, "reason": f"{error} What was known is kept."})
        with contextlib.nullcontext() if anew else contextlib.suppress(SourceError):
            _rewrite(store, preparer, known, *kept)
        return
    report["sources"] += 1
    report["documents"] += 1
    report["chunks"] += written


def show(store: Store, preparer: Preparer, source: str, visibility: str) -> None:
    """Let visitors read a document, or no longer, as it is stored: its file may be away.

    Args:
        store: where it is.
        preparer: prepares it.
        source: its name.
        visibility: ``published`` or ``internal``.
    """
    while (known := store.document(source)) and known["visibility"] != visibility:
        document, digest, cut = _kept(known, store.passages_of(source))
        new = preparer.prepare(document, source, known["location"], digest, visibility, (), cut)
        with contextlib.suppress(Overtaken):  # then it is done to what others made of it
            store.put(new, force=True, over=known["id"])


def _rewrite(
    store: Store,
    preparer: Preparer,
    known: dict[str, Any],
    document: Document,
    digest: str,
    cut: Sequence[Chunk] | None,
) -> int:
    """Returns how many passages there are."""
    place = (known["source"], known["location"], digest, known["visibility"])
    new = preparer.prepare(document, *place, (), cut)
    with contextlib.suppress(Overtaken):  # what others made of it meanwhile is newer
        store.put(new, force=True, over=known["id"])
    return len(new.chunks)


def _read_again(location: str) -> tuple[Document, str, None]:
    name, raw = next(iter(gather(location))).read()
    return read_document(raw, name), hashlib.sha256(raw).hexdigest(), None


def _kept(known: dict[str, Any], passages: Sequence[Passage]) -> tuple[Document, str, Sequence[Chunk]]:
    """A document as the base holds it, and how it is cut into passages."""
    title, cut, spans = known["title"], [], []
    for each in passages:
        if each.source == known["source"]:
            cut.append(Chunk(each.start, each.end, tuple(headings_of(each.context, title))))
            spans += [Span("text", start, each.end, page=page) for page, start in each.begun()]
    return Document(title, known["text"], spans, known["dated"]), known["digest"], cut

"""The team's knowledge base: documents in, passages and cited answers out."""

import builtins
import contextlib
import logging
from collections.abc import Callable, Sequence
from pathlib import Path, PurePath
from typing import Any

from knowledge.adding import Adding, Visibility, new_report
from knowledge.answer import Answerer
from knowledge.chunk import chunks
from knowledge.decode import whole
from knowledge.embed import Encoder
from knowledge.errors import IndexDamaged, KnowledgeError, UnknownSource
from knowledge.filters import Filters
from knowledge.gather import Found, gather
from knowledge.gone import gone
from knowledge.impersonal import impersonal
from knowledge.journal import Journal
from knowledge.known import Known
from knowledge.loaders import read_document
from knowledge.made_with import begin, check, note
from knowledge.names import exactly, free_name, match_name
from knowledge.prepare import Preparer
from knowledge.ranked import ranked
from knowledge.records import Passage
from knowledge.remembering import Remembering
from knowledge.renew import TEXT, renew, show
from knowledge.retriever import Retriever
from knowledge.search import Hit, Searcher
from knowledge.store import EVERYTHING, Store
from knowledge.vectors import Vectors

Progress = Callable[[int, int, str], None]


class KnowledgeBase:
    """Documents, their passages and the two indexes over them, below one folder.

    Several threads and processes may use one folder at once. What ``add`` has reported survives the sudden end of the
    process.

    Args:
        folder: everything is written here.
        encoder: makes the vectors.
        redact: hides personal data; visitors read published documents only through it.
        unanswered: called with each question that the documents hold no answer to, and whether a visitor asked it.
        vectors: makes the index of the vectors; :func:`knowledge.engines.engine.chosen` gives that of another engine.
        trained: tells the trained encoder that finds passages; see :mod:`knowledge.retriever`.
    """

    def __init__(
        self,
        folder: Path,
        encoder: Encoder,
        redact: Callable[[str], str] | None = None,
        unanswered: Callable[[str, bool], None] | None = None,
        vectors: Callable[[Store, Path], Vectors] = Vectors,
        trained: Callable[[], Encoder | None] = lambda: None,
    ):
        self.folder, self.encoder, self._redact = Path(folder), encoder, redact
        self._unanswered = unanswered
        self.store = Store(self.folder)
        self.vectors = vectors(self.store, self.folder)
        self.retriever = Retriever(self.store, self.folder, trained)
        self.searcher = Searcher(self.store, self.vectors, Remembering(encoder), self.retriever)
        self.answerer = Answerer(self.searcher)
        self._preparer = Preparer(encoder, redact)

    def find(self, sources: Sequence[str | Path]) -> builtins.list[Found]:
        """The documents at files, folders, zip archives and addresses; none is read yet.

        Args:
            sources: paths and ``http(s)`` addresses.
        """
        return [each for source in dict.fromkeys(map(str, sources)) for each in gather(source)]

    def add(
        self,
        sources: Sequence[str | Path],
        visibility: Visibility | None = None,
        progress: Progress | None = None,
        tags: Sequence[str] = (),
        found: Sequence[Found] | None = None,
        journal: Journal | None = None,
    ) -> dict[str, Any]:
        """Add files, folders, zip archives and addresses; a source that is there already is brought up to date.

        Args:
            sources: paths and ``http(s)`` addresses.
            visibility: ``published`` (visitors too) or ``internal``; None leaves that of a source that is there already
                as it is, and publishes others.
            progress: called as ``progress(done, total, source)`` around each document. What it raises ends the call;
                what was added before stays.
            tags: by which searches can be narrowed; those of a source that is there already are replaced, if any are
                given.
            found: what :meth:`find` found there, where it was asked before.
            journal: of a call that was ended and is made again: what that has done is left as it is by now.

        Returns:
            ``sources`` (accepted), ``documents`` and ``chunks`` (written by this call; nothing for an unchanged
            source), ``skipped`` with a reason each (what has gone from a folder is told there, and kept), ``alike``:
            documents that say nearly the same as another one.
        """
        if visibility not in (None, "published", "internal"):
            raise KnowledgeError(f"There is no visibility {visibility}.", "Use published or internal.")
        found, journal = self.find(sources) if found is None else found, journal or Journal()
        try:
            for done, each in enumerate(found):
                if each.location in journal.before:
                    continue
                if progress:
                    progress(done, len(found), each.source)
                adding = Adding(self.store, self._preparer, visibility, tags)
                adding.add(each)
                journal.note(each.location, adding.report, adding.seen)
            if progress and found:
                progress(len(found), len(found), found[-1].source)
        finally:
            self.vectors.save()
        journal.report["skipped"] += gone([*map(str, sources)], journal.seen, Known(self.store))
        self._keep_up()
        return journal.report

    def add_text(self, name: str, text: str, visibility: Visibility | None = None) -> dict[str, Any]:
        """Add a text that lies in no file, under a name such as ``note.md``; otherwise as :meth:`add`."""
        adding = Adding(self.store, self._preparer, visibility)
        suffixed = name if "." in name else f"{name}.md"
        adding.add(Found(name, f"{TEXT}{name}", lambda: (suffixed, whole(text).encode())))
        self._keep_up()
        return adding.report

    def preview(self, source: str) -> list[dict[str, Any]]:
        """How a file or address would be cut into passages; nothing is kept.

        Args:
            source: a path or an ``http(s)`` address; of a folder or archive its first document is shown.

        Returns:
            ``heading`` (the context that a passage is found by), ``text``, and its ``start`` and ``end`` for each.

        Raises:
            SourceError: it cannot be read.
        """
        name, raw = next(iter(gather(source))).read()
        document = read_document(raw, name)
        return [
            {
                "heading": each.context(document.title),
                "text": document.text[each.start : each.end],
                "start": each.start,
                "end": each.end,
            }
            for each in chunks(document)
        ]

    def passages(self, source: str) -> list[dict[str, Any]]:
        """The passages of a source that is in the base, in their order, shaped as by :meth:`preview`.

        Raises:
            UnknownSource: no such source.
        """
        return [
            {"heading": each.context, "text": each.text, "start": each.start, "end": each.end}
            for each in self.store.passages_of(self.find_source(source))
        ]

    def list(self) -> dict[str, Any]:
        """What the base holds: the totals and ``items``, newest first."""
        items = [{key: each[key] for key in _LISTED} for each in self.store.documents()]
        count = sum(each["chunks"] for each in items)
        return {
            "sources": len(items),
            "documents": len(items),
            "chunks": count,
            "skipped": [],
            "items": items,
        }

    def find_source(self, name: str) -> str:
        """The source (or folder of sources) that a user means.

        Args:
            name: its name, path, address or a part of it that fits one alone.

        Raises:
            UnknownSource: none fits, or several.
        """
        return match_name(name, self.store.documents())

    def remove(self, source: str) -> dict[str, Any]:
        """Take a source, or all sources of a folder, out of the base. Returns what went, and as ``removed`` its names.

        Args:
            source: its very name or location: what was meant loosely is found by :meth:`find_source` before, so that
                asking twice does not take a similar one.

        Raises:
            UnknownSource: no such source.
        """
        gone = exactly(source, self.store.documents())
        count = self.store.remove(gone)
        with contextlib.suppress(
            IndexDamaged
        ):  # vectors of two encoders are side by side while all are made anew
            check(self.store, self.encoder)
            self.vectors.save()
        return {
            "sources": len(gone),
            "documents": len(gone),
            "chunks": count,
            "skipped": [],
            "removed": gone,
        }

    def show(self, source: str, visibility: Visibility) -> dict[str, Any]:
        """Publish a source, or all of a folder, or keep it for the team; nothing is read anew.

        Args:
            source: its very name or location, as for :meth:`remove`.
            visibility: who may read it.

        Returns:
            ``items`` as :meth:`list` has them, and their numbers.

        Raises:
            UnknownSource: no such source.
        """
        names = exactly(source, self.store.documents())
        check(self.store, self.encoder)
        for name in names:
            show(self.store, self._preparer, name, visibility)
        self.vectors.save()
        self._keep_up()
        items = [each for each in self.list()["items"] if each["source"] in names]
        chunks = sum(each["chunks"] for each in items)
        return {
            "sources": len(items),
            "documents": len(items),
            "chunks": chunks,
            "skipped": [],
            "items": items,
        }

    def shown(self, location: str) -> str:
        """Who may read what is added from a place, where nothing is said of it: ``published`` or ``internal``."""
        known, location = Known(self.store), whole(location)
        source = free_name(PurePath(location).name if "://" not in location else location, location, known)
        return known.visibility_of(source) or "published"

    def reindex(self, progress: Progress | None = None) -> dict[str, Any]:
        """Read every source anew where it can still be read, and make all passages and vectors again.

        Of a source that is away they are made from what is known of it, and it is told in ``skipped``. Searches go on
        meanwhile, but where another encoder made the vectors so far.
        """
        report = new_report()
        known = self.store.documents()[::-1]  # so that the oldest stay the oldest
        anew = begin(self.store, self.encoder)
        for done, each in enumerate(known):
            if progress:
                progress(done, len(known), each["source"])
            renew(self.store, self._preparer, each["source"], report, anew)
        note(self.store, self.encoder)
        self.vectors.renew(anew)
        self._keep_up(progress)
        return report

    def _keep_up(self, progress: Progress | None = None) -> None:
        # What is missing then, the next search makes, or it says what is wrong.
        with contextlib.suppress(KnowledgeError):
            self.retriever.keep_up(progress)

    def search(
        self, query: str, k: int = 5, visitor: bool = False, filters: Filters = EVERYTHING
    ) -> dict[str, Any]:
        """The best passages for a question or words.

        Args:
            query: the words.
            k: how many at most.
            visitor: published documents only, redacted.
            filters: which documents.
        """
        return {"results": [_shown(hit) for hit in ranked(self.answerer, query, k, visitor, filters)]}

    def ask(
        self,
        question: str,
        history: Sequence[str] = (),
        visitor: bool = False,
        filters: Filters = EVERYTHING,
        test: bool = False,
    ) -> dict[str, Any]:
        """Answer a question from the documents; see :meth:`knowledge.answer.Answerer.answer`.

        Args:
            test: nobody wants to know: without an answer it is no gap. Neither is a narrowed one.
        """
        words, before = impersonal(question), [impersonal(each) for each in history]
        found = self.answerer.answer(words, before, visitor, filters)
        if self._unanswered and not (found["answered"] or filters or test):
            self._unanswered(question, visitor)
        return found

    def warm_up(self) -> None:
        """Load the encoder and the indexes, and prepare the newest passages, before the first question comes."""
        try:
            check(self.store, self.encoder)
        except IndexDamaged as error:  # each question will say so, too
            logging.getLogger(__name__).warning("%s", error)
            return
        self.searcher.search("hello", 1)
        self.vectors.save()  # of what was added while nothing ran
        self.answerer.warm_up()

    def settle(self) -> None:
        """Wait until indexes that are being written in the background are complete."""
        self.vectors.settle()
        self.retriever.settle()

    def passage(self, passage: str | int, visitor: bool = False) -> dict[str, Any]:
        """The document around a passage: ``source``, ``title``, whole ``text``, and its ``start`` and ``end`` in it.

        Raises:
            UnknownSource: no such passage, or none that this reader may see.
        """
        found = self.store.whole(int(passage), visitor) if str(passage).isdecimal() else None
        if found is None:
            raise UnknownSource(
                f"There is no passage {passage}.", "Its document may have been removed or changed."
            )
        return found


_LISTED = ("source", "chunks", "visibility", "added_at", "title", "dated", "tags", "language")


def _shown(hit: Hit) -> dict[str, Any]:
    passage: Passage = hit.passage
    return {
        "source": passage.source,
        "title": passage.title,
        "text": passage.text,
        "score": round(hit.score, 4),
        "start": passage.start,
        "end": passage.end,
        "passage": str(passage.id),
        **passage.page(),
    }

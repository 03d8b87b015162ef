"""One document after the other into the base: read, compared with what is there, prepared, entered."""

import contextlib
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Literal

from knowledge.attachments import attached
from knowledge.errors import SourceError
from knowledge.gather import Found
from knowledge.known import Known
from knowledge.loaders import read_document
from knowledge.made_with import check, note
from knowledge.names import free_name
from knowledge.prepare import Preparer
from knowledge.reasons import told
from knowledge.renew import show
from knowledge.rules import ENDING, unread
from knowledge.store import Overtaken, Store
from knowledge.twins import nearly_same

Visibility = Literal["published", "internal"]


def new_report() -> dict[str, Any]:
    """What is told of additions, before the first."""
    return {"sources": 0, "documents": 0, "chunks": 0, "skipped": [], "alike": []}


class Adding:
    """Additions, and what came of them. What an entry costs does not depend on how many documents there are.

    Args:
        store: where the documents go.
        preparer: prepares them.
        visibility: who may read them; None leaves that of a source that is there already, and publishes others.
        tags: they get; those of a source that is there already stay, if none are given.
    """

    def __init__(
        self,
        store: Store,
        preparer: Preparer,
        visibility: Visibility | None = None,
        tags: Sequence[str] = (),
    ):
        self._store, self._preparer, self._known = store, preparer, Known(store)
        self._visibility, self._tags = visibility, tags
        self.report = new_report()
        self.seen: dict[str, bool] = {}  # by location what was found, and whether what is in it was found too

    def add(self, found: Found) -> None:
        """Add a document, and those attached to it. What cannot be read is told in the report."""
        self.seen[found.location] = False
        try:
            with told(found.source):
                name, raw = found.read()
            self._enter(found, name, raw, self._visibility)
        except SourceError as error:
            self._left_out(found.source, error)
            return
        # By the name that it got: another mail may have had its own.
        mail = replace(found, source=free_name(found.source, found.location, self._known))
        for each in self._attached(mail, name, raw):
            self.seen[each.location] = False
            try:
                with told(each.source):
                    inner, content = each.read()
                self._attach(each, inner, content, mail)
            except SourceError as error:
                self._left_out(each.source, error)

    def _attached(self, found: Found, name: str, raw: bytes) -> Iterator[Found]:
        """What is attached to a document."""
        if name.lower().endswith(".eml"):
            try:
                with told(found.source):
                    yield from attached(raw, found)
                self.seen[found.location] = True
            except SourceError as error:
                self._left_out(f"{found.source}/attachments", error)

    def _attach(self, each: Found, name: str, raw: bytes, mail: Found) -> None:
        """Enter an attachment: where nothing else is said of it, for those who may read its mail at the end."""
        source = free_name(each.source, each.location, self._known)
        if self._visibility or self._known.number_of(source) is not None:
            self._enter(each, name, raw, self._visibility)
            return
        self._enter(each, name, raw, self._like(mail))
        if self._like(mail) == "internal":  # it was withdrawn meanwhile
            show(self._store, self._preparer, free_name(each.source, each.location, self._known), "internal")

    def _like(self, mail: Found) -> Visibility:
        return "published" if self._known.visibility_of(mail.source) == "published" else "internal"

    def _left_out(self, source: str, why: SourceError) -> None:
        self.report["skipped"].append({"source": source, "reason": str(why)})

    def _enter(self, found: Found, name: str, raw: bytes, visibility: Visibility | None) -> None:
        while True:
            with contextlib.suppress(Overtaken):  # what became of it meanwhile counts: it is done again
                written = self._place(found, name, raw, visibility)
                break
        self.report["sources"] += 1
        self.report["documents"] += written > 0
        self.report["chunks"] += written

    def _place(self, found: Found, name: str, raw: bytes, visibility: Visibility | None) -> int:
        """Enter one document. Returns how many passages were written, 0 where nothing has changed."""
        known, digest = self._known, hashlib.sha256(raw).hexdigest()
        source = free_name(found.source, found.location, known)
        before = known.number_of(source)
        same = known.same(digest, visibility)
        if source in same:
            if known.location_of(source) != found.location:  # a newer upload; the older one may go
                self._store.move(source, found.location)
            if self._tags:
                self._store.tag(source, self._tags)
            return 0
        if same and before is None:
            raise SourceError(f"It is the same file as {same[0]}.", "That one is kept.")
        shown = visibility or known.visibility_of(source) or "published"
        with told(found.source):
            document = read_document(raw, name)
        left_out = [*document.left_out, *(unread(document.text) if source.endswith(ENDING) else ())]
        check(self._store, self._preparer.encoder)
        note(self._store, self._preparer.encoder)
        new = self._preparer.prepare(document, source, found.location, digest, shown, self._tags)
        written = self._store.put(
            new,
            name=lambda: free_name(found.source, found.location, known),
            over=before,
            keep=visibility is None,
        )
        self.report["alike"] += nearly_same(self._store, source, new.sketch)
        self.report["skipped"] += [{"source": f"{source}: {part}", "reason": why} for part, why in left_out]
        return len(new.chunks) if written else 0

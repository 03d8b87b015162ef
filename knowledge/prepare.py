"""A document that was read becomes one that can be entered: cut into passages, encoded, redacted for visitors."""

from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime

from knowledge.chunk import BELOW, Chunk, chunks, headings_of
from knowledge.document import Document
from knowledge.embed import Encoder
from knowledge.reasons import told
from knowledge.records import NewChunk, NewDocument
from knowledge.sketches import sketch
from knowledge.words import language, terms


class Preparer:
    """Prepares documents for the store.

    Args:
        encoder: makes the vectors.
        redact: hides personal data in what visitors read.
    """

    def __init__(self, encoder: Encoder, redact: Callable[[str], str] | None = None):
        self.encoder, self._redact = encoder, redact

    def prepare(
        self,
        document: Document,
        source: str,
        location: str,
        digest: str,
        visibility: str,
        tags: Sequence[str] = (),
        cut: Sequence[Chunk] | None = None,
    ) -> NewDocument:
        """A document with its passages, vectors and words.

        Args:
            document: as it was read.
            source: the name it gets.
            location: where it lies.
            digest: of its bytes.
            visibility: who may read it.
            tags: what it is tagged with; without any it keeps those of the one that it replaces.
            cut: its passages, where they are known; else it is cut along its structure.

        Raises:
            SourceError: it cannot be cut or redacted. What the encoder raises is no fault of the document.
        """
        with told(source):
            cut = chunks(document) if cut is None else cut
            contexts = [each.context(document.title) for each in cut]
            public, places = self._public(document, cut, visibility)
            title = self._redact(document.title) if self._redact and visibility == "published" else None
            above = self._headings(contexts, document.title, public, title)
        shown = document.text if public is None else public
        bodies = [document.text[each.start : each.end] for each in cut]
        matrix = self.encoder.encode([f"{c}\n{b}" for c, b in zip(contexts, bodies, strict=True)])
        rows = [
            NewChunk(
                each.start,
                each.end,
                place[0],
                place[1],
                context,
                None if heading == context else heading,
                (_words(context), _words(body)),
                (_words(heading), _words(shown[slice(*place)])) if visibility == "published" else None,
                vector.tobytes(),
                document.pages(each.start, each.end),
            )
            for each, place, context, heading, body, vector in zip(
                cut, places, contexts, above, bodies, matrix, strict=True
            )
        ]
        added_at = datetime.now(UTC).isoformat(timespec="seconds")
        same = (source, location, document.title, document.text)
        about = (document.dated, tuple(tags) or None, language(document.text), sketch(document.text))
        return NewDocument(*same, title, public, digest, visibility, added_at, rows, *about)

    def _public(
        self, document: Document, cut: Sequence[Chunk], visibility: str
    ) -> tuple[str | None, list[tuple[int, int]]]:
        """The document as visitors read it, and where the passages stand in that."""
        if self._redact is None or visibility == "internal":
            return None, [(each.start, each.end) for each in cut]
        text, places, at = "", [], 0
        for each in cut:
            between = document.text[at : each.start]
            text += self._redact(between) if between.strip() else between
            start = len(text)
            text += self._redact(document.text[each.start : each.end])
            places.append((start, len(text)))
            at = each.end
        rest = document.text[at:]
        return text + (self._redact(rest) if rest.strip() else rest), places

    def _headings(self, contexts: list[str], own: str, public: str | None, title: str | None) -> list[str]:
        """The passages' headings as visitors read them."""
        redact = self._redact
        if public is None or title is None or redact is None:
            return contexts
        lines = frozenset(public.split("\n"))
        seen = {each: redacted(each, own, lines, title, redact) for each in dict.fromkeys(contexts)}
        return [seen[each] for each in contexts]


def redacted(context: str, own: str, lines: Collection[str], title: str, redact: Callable[[str], str]) -> str:
    """Title and headings as visitors read them.

    Args:
        context: as the team reads them, the title first.
        own: the title as the team reads it.
        lines: of the document as visitors read it; a heading that is one of them needs no redaction.
        title: as visitors read it.
        redact: what becomes of any other heading; an empty one is left out.
    """
    headings = [each if each in lines else redact(each) for each in headings_of(context, own)]
    return BELOW.join(dict.fromkeys(each for each in (title, *headings) if each))


def _words(text: str) -> str:
    return " ".join(terms(text))

"""Documents and passages on their way into the store, and passages as they come out of it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class NewChunk:
    """A passage on its way into the store; offsets as in :class:`Passage`, index terms of its context and body.

    ``public_context`` is what visitors read of its headings, None where that is the same; ``public_words`` are those of
    what they read, None in an internal document.
    """

    start: int
    end: int
    public_start: int
    public_end: int
    context: str
    public_context: str | None
    words: tuple[str, str]
    public_words: tuple[str, str] | None
    vector: bytes
    pages: str = ""


@dataclass(frozen=True)
class NewDocument:
    """A document on its way into the store.

    Attributes:
        public_title: what visitors read; None where it is the same. So is ``public_text``.
        dated: from when it is, as it says itself; see :mod:`knowledge.dates`.
        tags: what it is tagged with; None for what the one had that it replaces.
        language: ``en`` or ``zh``.
        sketch: what tells how alike two documents are; see :mod:`knowledge.sketches`.
    """

    source: str
    location: str
    title: str
    text: str
    public_title: str | None
    public_text: str | None
    digest: str
    visibility: str
    added_at: str
    chunks: list[NewChunk]
    dated: str = ""
    tags: tuple[str, ...] | None = None
    language: str = ""
    sketch: bytes = b""


@dataclass(frozen=True)
class Passage:
    """A passage as its reader may see it: ``text`` is characters ``start`` to ``end`` of the document's text.

    ``dated`` is from when its document is, empty where that is unknown. ``pages`` are the pages it stands on, each with
    the character of the passage at which it begins: ``3:0 4:350``; empty where the document has none.
    """

    id: int
    source: str
    title: str
    context: str
    text: str
    start: int
    end: int
    dated: str = ""
    pages: str = ""

    def page(self, at: int | None = None) -> dict[str, int]:
        """The page of a character of the document (the passage's first where left out), as results hold it.

        Returns:
            ``page``, from 1; nothing where the document has no pages.
        """
        at = self.start if at is None else at
        begun = [page for page, start in self.begun() if start <= at] or [page for page, _ in self.begun()][
            :1
        ]
        return {"page": begun[-1]} if begun else {}

    def begun(self) -> list[tuple[int, int]]:
        """Its pages, each with the character of the document at which it begins."""
        pairs = [each.split(":") for each in self.pages.split()]
        return [(int(page), self.start + int(offset)) for page, offset in pairs]

    @property
    def encoded(self) -> str:
        """What its vector is made of: its headings, and its text."""
        return f"{self.context}\n{self.text}"

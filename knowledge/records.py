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


@dataclass(frozen=True)
class NewDocument:
    """A document on its way into the store.

    Attributes:
        public_title: what visitors read; None where it is the same. So is ``public_text``.
        dated: from when it is, as it says itself; see :mod:`knowledge.dates`.
        tags: what it was tagged with.
        language: ``en`` or ``zh``.
        sketch: what tells how alike two documents are; see :mod:`knowledge.twins`.
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
    tags: tuple[str, ...] = ()
    language: str = ""
    sketch: bytes = b""


@dataclass(frozen=True)
class Passage:
    """A passage as its reader may see it: ``text`` is characters ``start`` to ``end`` of the document's text.

    ``dated`` is from when its document is, empty where that is unknown.
    """

    id: int
    source: str
    title: str
    context: str
    text: str
    start: int
    end: int
    dated: str = ""

    @property
    def encoded(self) -> str:
        """What its vector is made of: its headings, and its text."""
        return f"{self.context}\n{self.text}"

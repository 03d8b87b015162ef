"""Documents cut into passages along their structure."""

from dataclasses import dataclass

from knowledge.document import Document, Span
from knowledge.sentences import sentences
from knowledge.words import has_cjk

LIMIT = 110  # words in a passage
BELOW = " > "  # between the headings of a context
SMALL = 25  # a passage below this joins the one before it, where both stand under the same heading


@dataclass(frozen=True)
class Chunk:
    """A passage: characters ``start`` to ``end`` of the document's text, under the headings ``path``."""

    start: int
    end: int
    path: tuple[str, ...]

    def context(self, title: str) -> str:
        """Title and headings, what the passage is about."""
        return BELOW.join(dict.fromkeys([title, *self.path]))


def headings_of(context: str, title: str) -> list[str]:
    """The headings below the title, of which a context was made; the title may hold what divides them."""
    return [each for each in context.removeprefix(title).split(BELOW) if each]


def chunks(document: Document) -> list[Chunk]:
    """Passages of at most about 110 words, none reaching over a heading; longer paragraphs are cut at sentences."""
    found: list[Chunk] = []
    path: list[tuple[int, str]] = []
    pending: list[tuple[int, int]] = []
    for span in document.spans:
        if span.kind == "heading":
            _flush(found, pending, path, document.text)
            path = [each for each in path if each[0] < span.level]
            path.append((span.level, document.text[span.start : span.end]))
            continue
        for piece in _pieces(document.text, span):
            if pending and size(document.text[pending[0][0] : piece[1]]) > LIMIT:
                _flush(found, pending, path, document.text)
            pending.append(piece)
    _flush(found, pending, path, document.text)
    return found or _headings_only(document)


def size(text: str) -> float:
    """Length in words; two CJK characters count as one word."""
    if not has_cjk(text):
        return len(text.split())
    return len(text.split()) + sum(has_cjk(character) for character in text) / 2


def _pieces(text: str, span: Span) -> list[tuple[int, int]]:
    if size(text[span.start : span.end]) <= LIMIT:
        return [(span.start, span.end)]
    return [cut for each in sentences(text, span.start, span.end) for cut in _short(text, *each)]


def _short(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """A sentence as it is, or one without an end cut into pieces of bounded length."""
    most = 1500
    return [(at, min(at + most, end)) for at in range(start, end, most)]


def _flush(
    found: list[Chunk], pending: list[tuple[int, int]], path: list[tuple[int, str]], text: str
) -> None:
    if not pending:
        return
    names = tuple(name for _, name in path)
    start, end = pending[0][0], pending[-1][1]
    pending.clear()
    last = found[-1] if found else None
    if last and last.path == names and size(text[start:end]) < SMALL:
        found[-1] = Chunk(last.start, end, names)
    else:
        found.append(Chunk(start, end, names))


def _headings_only(document: Document) -> list[Chunk]:
    return [Chunk(0, len(document.text), ())] if document.text.strip() else []

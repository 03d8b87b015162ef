"""Redaction of a text that arrives in pieces: nothing leaves before what follows cannot change the verdict on it."""

from collections.abc import Iterable

from tools.privacy.entity import Entity
from tools.privacy.redactor import Placeholders, Redactor, replaced
from tools.privacy.segments import pieces

LOOKAHEAD = 48
CONTEXT = 512


class RedactingStream:
    """A look-back buffer before the reader.

    Sentences leave whole, once enough follows to be sure that no personal data runs over their end; no piece of a found
    span leaves before the span is complete, however long that is (a private key). What left is remembered for a while,
    so that words before a value ("my name is") still count. ``entities`` holds what was taken out, with offsets into
    the whole text.

    Args:
        redactor: finds personal data.
        allow: names to leave alone.
        operators: what writes the placeholders; by the type alone where None.
    """

    def __init__(self, redactor: Redactor, allow: Iterable[str] = (), operators: Placeholders | None = None):
        self.entities: list[Entity] = []
        self._redactor = redactor
        self._allow = tuple(allow)
        self._operators = operators
        self._text = ""  # remembered context, then what is held back
        self._offset = 0  # where _text starts in the whole
        self._out = 0  # how much of _text has left
        self._tried = 0  # the last place tried, not to search again for every letter

    def feed(self, chunk: str) -> str:
        """Take a piece; returns what is safe to show by now (often nothing)."""
        self._text += chunk
        cut = self._boundary()
        waited = self._tried - self._out
        if cut <= max(self._out, self._tried + (waited // 4 if waited > CONTEXT else 0)):
            return ""  # inside a long span it is tried less and less often, so that each letter is read a few times
        self._tried = cut
        return self._release(cut)

    def close(self) -> str:
        """The end of the text; returns the rest."""
        return self._release(len(self._text), last=True)

    def _boundary(self) -> int:
        """The end of the last sentence that enough text follows."""
        limit = len(self._text) - LOOKAHEAD
        ends = [end for _, end in pieces(self._text) if self._out < end <= limit]
        return max((end for end in ends if end < len(self._text)), default=0)

    def _release(self, cut: int, last: bool = False) -> str:
        found = self._redactor.gated(self._text, self._allow)
        if not last:
            cut = self._safe(cut, found)
        if cut <= self._out:
            return ""
        leaving = [entity for entity in found if self._out < entity.end and entity.start < cut]
        text = replaced(
            self._text[self._out : cut],
            [_moved(entity, -self._out, cut - self._out) for entity in leaving],
            operators=self._operators,
        )
        self.entities += [_moved(entity, self._offset, self._offset + cut) for entity in leaving]
        self._out = cut
        self._forget()
        return text

    def _safe(self, cut: int, found: list[Entity]) -> int:
        for entity in reversed(found):
            if entity.start < cut < entity.end:
                cut = entity.start
        return cut

    def _forget(self) -> None:
        starts = [start for start, _ in pieces(self._text) if start <= self._out - CONTEXT]
        if starts and starts[-1]:
            drop = starts[-1]
            head = self._head(drop)  # of a table says what the cells of its further rows are
            if head:
                drop = self._text.rfind("\n", 0, drop) + 1
            self._text = head + self._text[drop:]
            self._offset += drop - len(head)
            self._out -= drop - len(head)
            self._tried = 0

    def _head(self, at: int) -> str:
        from tools.privacy.recognizers.tables import (
            head_of,
        )  # leads to Presidio, which the engine has imported

        return head_of(self._text, at)


def _moved(entity: Entity, by: int, end: int) -> Entity:
    start = max(entity.start + by, 0)
    return Entity(entity.entity_type, start, min(entity.end + by, end), entity.score)

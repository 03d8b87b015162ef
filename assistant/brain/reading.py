"""What the encoder understood of one message."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Span:
    """A value or a pointing phrase in the message.

    Attributes:
        slot: one of ``labels.SLOTS``.
        pointer: one of ``labels.POINTERS``: ``value``, or what a pointing phrase points at.
        start, end: character offsets into the message.
        score: how sure, 0..1.
    """

    slot: str
    pointer: str
    start: int
    end: int
    score: float


@dataclass(frozen=True)
class Reading:
    """Probabilities of tools and acts, most likely first; what the message asks for; and the spans in order."""

    tools: Mapping[str, float]
    acts: Mapping[str, float]
    asks: str = "nothing"
    spans: list[Span] = field(default_factory=list)

    @property
    def tool(self) -> str:
        """The most likely tool."""
        return next(iter(self.tools))

    @property
    def act(self) -> str:
        """The most likely act."""
        return next(iter(self.acts))

    def of(self, slot: str) -> list[Span]:
        """The spans of a slot, in order."""
        return [span for span in self.spans if span.slot == slot]

"""Everything an argument can be read from."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from assistant.brain.history import Context
from assistant.brain.mentions import Mention, Mentions
from assistant.brain.reading import Reading, Span
from assistant.brain.situation import Situation


@dataclass(frozen=True)
class Asked:
    """A message as it was understood, the conversation before it, and the workspace."""

    reading: Reading
    mentions: Mentions
    context: Context
    situation: Situation

    @property
    def text(self) -> str:
        """The message."""
        return self.mentions.text

    def last_sentence(self) -> "Asked":
        """The same with what the last sentence that names anything names."""
        ends = [found.end() for found in re.finditer(r"[.!?。！？]\s+(?=\S)|[。！？]|\n", self.text)]
        for start in reversed([0, *ends]):
            named = [mention for mention in self.mentions.found if mention.start >= start]
            spans = [span for span in self.reading.spans if span.start >= start]
            if named or spans:
                return replace(
                    self, mentions=Mentions(self.text, named), reading=replace(self.reading, spans=spans)
                )
        return self

    def outside_quotes(self, *others: str) -> str:
        """The message without its quotations, and without files and addresses named in full.

        Args:
            others: further kinds of mentions that are left out.
        """
        text = self.text
        for mention in self.mentions.found:
            if mention.kind in ("quote", "file", "url", *others):
                text = text[: mention.start] + " " * (mention.end - mention.start) + text[mention.end :]
        return text

    def of_things(self, *others: str) -> str:
        """The message as far as it may name things by a part of their names: without quotations, texts and figures.

        Args:
            others: as :meth:`outside_quotes` takes them.
        """
        text = self.outside_quotes(*others)
        for span in self.reading.spans:
            if span.slot in ("text", "epochs", "rate", "job") and span.pointer == "value":
                text = text[: span.start] + " " * (span.end - span.start) + text[span.end :]
        works_on_text = self.reading.tool in ("predict", "explain_prediction", "redact_text")
        return (
            re.split(r":(?!//|\d)|：", text)[0] if works_on_text and not self.mentions.of("quote") else text
        )

    def words(self, span: Span) -> str:
        """A span's words."""
        return self.text[span.start : span.end]

    def named_first(self, spans: Sequence[Span]) -> list[Span]:
        """Spans with those first that hold something known by its name or form."""
        return sorted(spans, key=lambda span: self.named(span) is None)

    def named(self, span: Span) -> Mention | None:
        """What a span names, where it is something known by its name or form."""
        inside = [m for m in self.mentions.found if m.start < span.end and m.end > span.start]
        return inside[0] if inside else None

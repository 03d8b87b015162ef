"""Which documents a search may look into."""

from dataclasses import dataclass
from typing import Any, Literal

from knowledge.errors import KnowledgeError


class BadFilter(KnowledgeError):
    """A filter that no document could fit."""

    exit_code, status, code = 2, 400, "bad_filter"


@dataclass(frozen=True)
class Filters:
    """Conditions that all must hold; an empty one holds always.

    Attributes:
        source: a source, or a pattern with ``*`` and ``?``; a folder's name means all below it.
        tag: a tag that the document was added with.
        since: not older than this date (``2026-03-12``, ``2026-03`` or ``2026``), as the document states it itself.
        until: not newer.
        language: ``en`` or ``zh``.
        visibility: ``published`` or ``internal``.
    """

    source: str = ""
    tag: str = ""
    since: str = ""
    until: str = ""
    language: str = ""
    visibility: Literal["", "published", "internal"] = ""

    def __post_init__(self) -> None:
        for name in ("since", "until"):
            date = getattr(self, name)
            if date and not (date[:4].isdigit() and len(date) in (4, 7, 10)):
                raise BadFilter(f"{date} is no date.", "Write it as 2026-03-12, 2026-03 or 2026.", name)
        if self.visibility not in ("", "published", "internal"):
            raise BadFilter(
                f"There is no visibility {self.visibility}.", "Use published or internal.", "visibility"
            )

    def __bool__(self) -> bool:
        return any((self.source, self.tag, self.since, self.until, self.language, self.visibility))

    def sql(self) -> tuple[str, list[Any]]:
        """A condition on the table of documents, and its values."""
        conditions, values = ["1"], list[Any]()

        def add(condition: str, *given: Any) -> None:
            conditions.append(condition)
            values.extend(given)

        if self.source:
            add("(source GLOB ? OR source GLOB ?)", self.source, f"{self.source.rstrip('/')}/*")
        if self.tag:
            add("instr(tags, ?) > 0", f"\n{self.tag.lower()}\n")
        if self.since:  # a date that is less exact counts as its beginning
            add("dated != '' AND substr(dated, 1, ?) >= ?", len(self.since), self.since)
        if self.until:
            add("dated != '' AND substr(dated, 1, ?) <= ?", len(self.until), self.until)
        if self.language:
            add("language = ?", self.language.lower()[:2])
        if self.visibility:
            add("visibility = ?", self.visibility)
        return " AND ".join(f"({each})" for each in conditions), values

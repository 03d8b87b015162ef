"""Which documents a search may look into."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from knowledge.errors import KnowledgeError

_LANGUAGE = re.compile("(en|zh)(?:[-_].*)?", re.IGNORECASE)


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
            given = getattr(self, name)
            if given and not _is_date(given):
                raise BadFilter(f"{given} is no date.", "Write it as 2026-03-12, 2026-03 or 2026.", name)
        if self.tag and not written([self.tag]):
            raise BadFilter("The tag is blank.", "Name one that documents were added with.", "tag")
        if self.language and not _LANGUAGE.fullmatch(self.language):
            raise BadFilter(f"No document is marked as {self.language}.", "Use en or zh.", "language")
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
            pattern = self.source.replace("[", "[[]")  # a bracket in a name is a bracket
            add("(source GLOB ? OR source GLOB ?)", pattern, f"{pattern.rstrip('/')}/*")
        if self.tag:
            add("instr(tags, ?) > 0", written([self.tag]))
        if self.since:  # a date that is less exact counts as its beginning
            add("dated != '' AND substr(dated, 1, ?) >= ?", len(self.since), self.since)
        if self.until:
            add("dated != '' AND substr(dated, 1, ?) <= ?", len(self.until), self.until)
        if self.language:
            add("language = ?", self.language.lower()[:2])
        if self.visibility:
            add("visibility = ?", self.visibility)
        return " AND ".join(f"({each})" for each in conditions), values


def written(tags: Iterable[str]) -> str:
    """Tags as they are stored, each between line ends, so that no part of a longer one is found."""
    words = dict.fromkeys("-".join(each.lower().split()) for each in tags)
    return "".join(f"\n{word}\n" for word in words if word)


def _is_date(text: str) -> bool:
    """True for a day, a month or a year that there is."""
    if not re.fullmatch(r"\d{4}(?:-\d\d){0,2}", text, re.ASCII):
        return False
    try:
        date.fromisoformat(text + "-01" * (2 - text.count("-")))
    except ValueError:
        return False
    return True

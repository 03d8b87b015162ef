"""What an addition has done so far, kept in a file: taken up again after its end, it leaves that as it is by now."""

import contextlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from knowledge.adding import new_report


class Journal:
    """One line of JSON a document. A line that was cut off counts for nothing: its document is added again.

    Args:
        path: of the file; None where nothing is to be taken up again.

    Attributes:
        before: the locations of the documents that earlier attempts have done.
        report: of all attempts together; see :meth:`knowledge.base.KnowledgeBase.add`.
        seen: what all attempts found; see :attr:`knowledge.adding.Adding.seen`.
    """

    def __init__(self, path: Path | None = None):
        self._path, self.report = path, new_report()
        self.before: set[str] = set()
        self.seen: dict[str, bool] = {}
        for line in path.read_text().splitlines() if path and path.exists() else ():
            with contextlib.suppress(ValueError):
                past = json.loads(line)
                self.before.add(past["location"])
                self._count(past["report"], past["seen"])

    def note(self, location: str, report: dict[str, Any], seen: Mapping[str, bool]) -> None:
        """A document is done.

        Args:
            location: where it is.
            report: what came of it.
            seen: its location, and those of what is in it.
        """
        if self._path:
            line = json.dumps({"location": location, "report": report, "seen": seen})
            with self._path.open("a") as file:
                file.write(f"\n{line}")  # begins anew behind one that was cut off
        self._count(report, seen)

    def _count(self, report: dict[str, Any], seen: Mapping[str, bool]) -> None:
        for key, value in report.items():
            self.report[key] += value
        self.seen.update(seen)

"""Of the rows of a table, the one that a question names."""

from typing import TYPE_CHECKING

from knowledge.words import terms

if TYPE_CHECKING:
    from knowledge.confidence import Asked
    from knowledge.units import Unit


def asked_rows(units: "list[Unit]", asked: "Asked") -> "list[Unit]":
    """The units without the rows beside those that alone hold a name of the question.

    Of the rows ``Plan: Basic · Seats: 5`` and ``Plan: Pro · Seats: 20`` the second answers how many seats Pro has. All
    stay where another row is likelier than the named ones.

    Args:
        units: sentences with their scores.
        asked: the question.
    """
    tables: dict[str, list[Unit]] = {}
    for unit in units:
        if " · " in unit.text:
            tables.setdefault(unit.hit.passage.source, []).append(unit)
    out = set[tuple[int, int]]()
    for rows in tables.values():
        named = _named(rows, asked)
        if named and max(rows, key=lambda row: row.score) in named:
            out |= {(row.hit.passage.id, row.start) for row in rows if row not in named}
    return [unit for unit in units if (unit.hit.passage.id, unit.start) not in out]


def _named(rows: "list[Unit]", asked: "Asked") -> "list[Unit]":
    """The rows that hold a name which no other row holds."""
    found: list[Unit] = []
    for name in asked.names:
        holding = [row for row in rows if name in terms(row.text)]
        if len(holding) == 1 and len(rows) > 1:
            found += holding
    return found

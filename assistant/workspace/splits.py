"""Splits of a model's traffic: which other version is tried beside the one in production, and how both do."""

import secrets
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from assistant.errors import Conflict
from assistant.store.database import Database
from assistant.store.schema import model_split_figures, model_splits, now
from assistant.workspace.record import Record, end_split, locked, note, record_of, running_split
from assistant.workspace.references import Reference, read
from tools.errors import BadArgument
from tools.serving.split import summary

Figures = dict[tuple[str, int, str], float]  # by split, version and name of the figure


@dataclass(frozen=True)
class Split:
    """A split under way: ``share`` percent of the callers are answered by ``other`` in place of ``version``.

    With ``shadow``, the version that does not answer a request reads it too, behind the answer.
    """

    id: str
    name: str
    version: int
    other: int
    share: float
    shadow: bool


class Splits:
    """The splits of one home.

    Args:
        database: where the rows are.
    """

    def __init__(self, database: Database):
        self._database = database

    def start(
        self,
        name: str,
        to: str | None,
        share: float | None = None,
        shadow: bool = False,
        user_id: str | None = None,
    ) -> dict[str, Any]:
        """Try another version beside the one in production. One that is tried already goes on, with its figures.

        Args:
            name: the model.
            to: the other version; the one that is tried already where left out.
            share: percent of the callers that it answers.
            shadow: let the version that does not answer read along.
            user_id: who asked for it.

        Returns:
            As :meth:`results`.

        Raises:
            BadArgument: the other version is not given, is in production itself or of another task; or the share
                makes no sense.
            Conflict: the model is not deployed.
        """
        share = _checked(share, shadow)
        with self._database.begin() as connection:
            record = locked(connection, read(name).name)
            before = running_split(connection, record.name)
            other = _other(record, to, before)
            wanted: dict[str, Any] = {"share": share, "shadow": shadow}
            if before and (before["version"], before["other"]) == (record.production, other):
                mine = model_splits.c.id == before["id"]
                connection.execute(model_splits.update().where(mine).values(**wanted))
            else:
                end_split(connection, record.name, user_id, f"{record.name}@{other} is tried instead")
                sides = {"name": record.name, "version": record.production, "other": other}
                row = {"id": f"split-{secrets.token_hex(6)}", **sides, "started_at": now()}
                connection.execute(model_splits.insert().values(**row, **wanted))
            note(connection, record.name, other, "split", user_id, **wanted)
        return self.results(record.name)

    def end(self, name: str, user_id: str | None = None) -> dict[str, Any]:
        """Let the version in production answer everybody again.

        Raises:
            Conflict: no other version is tried.
        """
        with self._database.begin() as connection:
            record = locked(connection, read(name).name)
            if not end_split(connection, record.name, user_id, "it was asked for"):
                raise Conflict(f"The requests to {record.name} are not split.", "There is nothing to end.")
        return self.results(record.name)

    def running(self, name: str) -> Split | None:
        """The split of a model's traffic that is under way."""
        with self._database.engine.connect() as connection:
            row = running_split(connection, name)
        return Split(**{key: row[key] for key in Split.__dataclass_fields__}) if row else None

    def add(self, figures: Figures) -> None:
        """Add what a server has counted to what is there."""
        from sqlalchemy.dialects import postgresql, sqlite

        kind = postgresql if self._database.engine.dialect.name == "postgresql" else sqlite
        keys = ("split_id", "version", "figure")
        rows = [dict(zip(keys, key, strict=True)) | {"value": figures[key]} for key in sorted(figures)]
        insert = kind.insert(model_split_figures)
        total = model_split_figures.c.value + insert.excluded.value
        with self._database.begin() as connection:
            connection.execute(insert.on_conflict_do_update(index_elements=keys, set_={"value": total}), rows)

    def results(self, name: str) -> dict[str, Any]:
        """How the two versions of the running split do, or did in the last one.

        Returns:
            ``status`` (``running``, ``ended``, or ``none`` where there was never one), ``version``, ``other``,
            ``share``, ``shadow``, ``started_at``, ``ended_at``, ``sides`` (see :func:`tools.serving.split.summary`),
            ``compared`` (texts that both read), ``agreement`` (the part of them on which they said the same) and
            ``dropped`` (requests that were not read along, because there was too much to do).
        """
        with self._database.engine.connect() as connection:
            record = record_of(connection, read(name).name)
        mine = select(model_splits).where(model_splits.c.name == record.name)
        row = self._database.row(mine.order_by(model_splits.c.started_at.desc()))
        if row is None:
            return {"name": record.name, "status": "none"}
        found = self._figures(row["id"])
        both = found[row["other"]]
        compared = int(both.get("compared", 0))
        return {
            "name": record.name,
            "status": "ended" if row["ended_at"] else "running",
            **{key: row[key] for key in ("version", "other", "share", "shadow", "started_at", "ended_at")},
            "sides": [{"version": n, **summary(found[n])} for n in (row["version"], row["other"])],
            "compared": compared,
            "agreement": round(both["agreed"] / compared, 4) if compared else None,
            "dropped": int(both.get("dropped", 0)),
        }

    def _figures(self, split_id: str) -> dict[int, dict[str, float]]:
        found: dict[int, dict[str, float]] = defaultdict(dict)
        mine = model_split_figures.c.split_id == split_id
        for row in self._database.rows(select(model_split_figures).where(mine)):
            found[row["version"]][row["figure"]] = row["value"]
        return found


def _checked(share: float | None, shadow: bool) -> float:
    if share is None and not shadow:
        raise BadArgument(
            "Shall the other version answer, or only read along?",
            "Say --share 10 for a tenth of the callers, or --shadow.",
            param="share",
        )
    if share is not None and not 0 <= share <= 100:
        raise BadArgument("The share must lie between 0 and 100 percent.", "Try 10.", param="share")
    return float(share or 0)


def _other(record: Record, to: str | None, before: dict[str, Any] | None) -> int:
    """The version to try; see :meth:`Splits.start`."""
    name = record.name
    if record.production is None:
        raise Conflict(f"{name} is not deployed.", f"Deploy it first: assistant deploy {name}.")
    if to is None and before is None:
        raise BadArgument(
            "Which version shall be tried?", f"Name it: --to {name}@{record.newest}.", param="to"
        )
    wanted = reference(name, to) if to is not None else Reference(name, before["other"] if before else None)
    if wanted.name != name or wanted.which is None:
        raise BadArgument(
            f"{to} is no version of {name}.", f"Name one: --to {name}@{record.newest}.", param="to"
        )
    other = record.find(wanted.which)
    if other == record.production:
        raise BadArgument(f"{name}@{other} is in production already.", "Name another version.", param="to")
    tasks = [record.versions[number]["task"] for number in (record.production, other)]
    if tasks[0] != tasks[1]:
        raise BadArgument(
            f"{name}@{other} is a model for {tasks[1]}, and {name}@{record.production} is a model for {tasks[0]}.",
            "Name a version of the same task.",
            param="to",
        )
    return other


def reference(name: str, to: str) -> Reference:
    """The version that shall be tried: ``router@3``, or the number alone."""
    number = to.strip().lstrip("@")
    return read(f"{name}@{number}" if number.isdecimal() else to)

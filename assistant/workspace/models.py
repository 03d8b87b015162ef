"""The registry of fine-tuned models: numbered versions of each name, a row each, and a folder each below the home."""

import re
import shutil
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, func, select
from sqlalchemy.exc import IntegrityError

from assistant.errors import Conflict
from assistant.home import Home
from assistant.store.database import Database
from assistant.store.schema import (
    model_events,
    model_split_figures,
    model_splits,
    model_versions,
    models,
    now,
)
from assistant.workspace.lineage import lineage_of
from assistant.workspace.record import Record, locked, note, record_of, records, running_split
from assistant.workspace.references import NEW, PRODUCTION, new_version_of, read
from tools.serving.engines.kept import read as read_engine
from tools.workspace import ModelEntry

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")
RESERVED = {"assistant", "minilm", "smollm2", "all-minilm-l6-v2"}
KEPT = (
    "labels",
    "text_column",
    "label_column",
    "baseline",
    "seconds",
    "trainable_parameters",
    "report",
)


class Registry:
    """The fine-tuned models of one home.

    Args:
        database: where the rows are.
        home: where the folders are.
    """

    def __init__(self, database: Database, home: Home):
        self._database, self._home = database, home

    def add(
        self,
        result: dict[str, Any],
        path: Path,
        job_id: str | None = None,
        spec: dict[str, Any] | None = None,
        further: bool = False,
    ) -> ModelEntry:
        """Enter a finished training, or find it already entered by the same job.

        Args:
            result: what ``tools.finetune.run.train`` returned.
            path: the model's folder, below the home's ``models``.
            job_id: the job that made it.
            spec: what that job was asked for.
            further: as the next version of a name that is there already.

        Raises:
            Conflict: another job has taken the name meanwhile.
        """
        row = {key: result[key] for key in ("task", "base", "method")} | {
            "name": result["model"],
            "metrics": result.get("metrics") or {},
            "info": {key: result[key] for key in KEPT if key in result},
            "path": str(path.relative_to(self._home.models)),
            "job_id": job_id,
            "created_at": now(),
        }
        try:
            with self._database.begin() as connection:
                if known := self._of_job(connection, job_id):
                    return known
                parent = self._parent(connection, spec or {})
                row["lineage"] = lineage_of(path, spec or {}, parent)
                row["version"] = _number(connection, row["name"], further)
                connection.execute(model_versions.insert().values(**row))
                note(connection, row["name"], row["version"], "made", None, job=job_id)
                return self._entry(record_of(connection, row["name"]), row["version"])
        except IntegrityError as error:
            raise Conflict(f"A model named {row['name']} exists already.", "Choose another name.") from error

    def _of_job(self, connection: Connection, job_id: str | None) -> ModelEntry | None:
        """The version that a job has entered already, under whatever name."""
        mine = select(model_versions).where(model_versions.c.job_id == job_id)
        row = connection.execute(mine).mappings().first() if job_id else None
        return self._entry(record_of(connection, row["name"]), row["version"]) if row else None

    def _parent(self, connection: Connection, spec: dict[str, Any]) -> str | None:
        """The version that a training went on from; None where its base was none of ours."""
        base = Path(spec.get("base_path") or "")
        if not base.is_relative_to(self._home.models):
            return None
        path = str(base.relative_to(self._home.models))
        row = (
            connection.execute(select(model_versions).where(model_versions.c.path == path)).mappings().first()
        )
        return f"{row['name']}@{row['version']}" if row else None

    def get(self, name: str) -> ModelEntry:
        """One version of a model, by a name or a reference (see :mod:`assistant.workspace.references`).

        Raises:
            NotFound: no such model, with the closest names; or no such version of it.
        """
        wanted = read(name)
        with self._database.engine.connect() as connection:
            record = record_of(connection, wanted.name)
        return self._entry(record, record.find(wanted.which))

    def knows(self, name: str) -> bool:
        """Whether there is a model of that name, or of a reference's."""
        return read(name).name in self.names()

    def versions(self, name: str) -> list[ModelEntry]:
        """All versions of a model, the newest first."""
        with self._database.engine.connect() as connection:
            record = record_of(connection, read(name).name)
        return [self._entry(record, number) for number in reversed(record.versions)]

    def all(self) -> list[ModelEntry]:
        """What each name means, the name with the newest version first."""
        with self._database.engine.connect() as connection:
            found = records(connection).values()
        newest_first = sorted(found, key=lambda each: each.versions[each.newest]["created_at"], reverse=True)
        return [self._entry(record, record.find(None)) for record in newest_first]

    def in_service(self) -> list[ModelEntry]:
        """All versions that answer the API's callers: those with an alias, and those tried in a split."""
        with self._database.engine.connect() as connection:
            found = records(connection)
            tried = select(model_splits).where(model_splits.c.ended_at.is_(None))
            pairs = [(row["name"], row["other"]) for row in connection.execute(tried).mappings()]
        pairs += [(name, row["version"]) for name in found for row in found[name].aliases.values()]
        return [self._entry(found[name], n) for name, n in sorted(set(pairs)) if n in found[name].versions]

    def lineage(self, entry: ModelEntry) -> dict[str, Any]:
        """What a version was made from: data, base, job, settings; of old ones what their folder still tells."""
        wanted = (model_versions.c.name == entry.name) & (model_versions.c.version == entry.version)
        row = self._database.row(select(model_versions).where(wanted)) or {}
        known = row.get("lineage") or lineage_of(entry.path, {}, None)
        return {"base": entry.base, "method": entry.method, "job": row.get("job_id"), **known}

    def described(self, name: str) -> dict[str, Any]:
        """All about a model: the version that is meant, its lineage, all versions, and what was done with them."""
        entry = self.get(name)
        return {
            **entry.as_dict(),
            "lineage": self.lineage(entry),
            "versions": [each.as_dict() for each in self.versions(name)],
            "history": self.history(name),
        }

    def history(self, name: str, most: int = 20) -> list[dict[str, Any]]:
        """What was done with a model, the latest first: by whom, when, with which version."""
        mine = select(model_events).where(model_events.c.name == read(name).name)
        rows = self._database.rows(mine.order_by(model_events.c.number.desc()).limit(most))
        return [{key: value for key, value in row.items() if key not in ("name", "number")} for row in rows]

    def changes(self) -> int:
        """How many changes of models, aliases and splits there were: the same number, the same state."""
        # Not the last number: commits may overtake each other.
        count = select(func.count()).select_from(model_events)
        with self._database.engine.connect() as connection:
            return connection.execute(count).scalar_one()

    def names(self) -> list[str]:
        """Names of all models, the one with the newest version first."""
        return [entry.name for entry in self.all()]

    def free_name(self, wish: str) -> str:
        """A valid name that no model has: the wish in lower case with dashes, and a number if it is taken."""
        stem = Path(wish).stem if Path(wish).suffix.lower() in (".csv", ".tsv", ".xlsx", ".jsonl") else wish
        stem = re.sub(r"[^a-z0-9._-]+", "-", stem.lower()).strip("-._")[:50] or "model"
        taken = {*self.names(), *RESERVED}
        numbered = (stem if n == 1 else f"{stem}-{n}" for n in range(1, len(taken) + 2))
        return next(name for name in numbered if name not in taken)

    def check_name(self, name: str) -> str:
        """The name as a training will be told it: a free one, or ``NAME@new`` of one that is there.

        Raises:
            Conflict: it is taken or not a valid name.
            NotFound: there is nothing of that name to make a new version of.
        """
        if known := new_version_of(name):
            return f"{self.get(known).name}@{NEW}"
        name = name.strip().lower()
        if not NAME.fullmatch(name) or name in RESERVED:
            hint = "Use up to 63 of a-z, 0-9, dot, dash and underscore, beginning with a letter or digit."
            if re.search(r"[a-z0-9]", name):
                hint = f"Try {self.free_name(name)}. {hint}"
            raise Conflict(f"{name!r} cannot be a model's name.", hint, param="name")
        if name in self.names():
            raise Conflict(
                f"A model named {name} exists already.",
                f"Try {self.free_name(name)}, or {name}@{NEW} for a new version of it.",
                param="name",
            )
        return name

    def delete(self, name: str, user_id: str | None = None) -> list[ModelEntry]:
        """Remove a model with all its versions, or the one version that is named: rows and folders.

        Returns:
            The versions that were removed.

        Raises:
            Conflict: it is deployed, has an alias, or takes part in a split.
        """
        wanted = read(name)
        with self._database.begin() as connection:
            record = locked(connection, wanted.name)
            numbers = [*record.versions] if wanted.which is None else [record.find(wanted.which)]
            _check_unused(record, numbers, running_split(connection, record.name))
            gone = [self._entry(record, number) for number in numbers]
            mine = (model_versions.c.name == record.name) & model_versions.c.version.in_(numbers)
            connection.execute(model_versions.delete().where(mine))
            if len(numbers) == len(record.versions):
                _forget(connection, record.name)
            for number in numbers:
                note(connection, record.name, number, "deleted", user_id)
        for entry in gone:
            shutil.rmtree(entry.path, ignore_errors=True)
        return gone

    def _entry(self, record: Record, number: int) -> ModelEntry:
        row = record.versions[number]
        return ModelEntry(
            name=row["name"],
            task=row["task"],
            base=row["base"],
            method=row["method"],
            path=self._home.models / row["path"],
            status="deployed" if record.production == number else "ready",
            metrics=row["metrics"] or {},
            info=row["info"] or {},
            created_at=row["created_at"],
            version=number,
            newest=record.newest,
            aliases=record.aliases_of(number),
            engine=read_engine(self._home.models / row["path"]),
        )


def deleted(gone: list[ModelEntry]) -> dict[str, Any]:
    """What :meth:`Registry.delete` returned, for people and programs."""
    return {**gone[-1].as_dict(), "status": "deleted", "deleted": [entry.pinned for entry in gone]}


def _number(connection: Connection, name: str, further: bool) -> int:
    """The number of a version that is about to be entered; a name nobody has is taken with it."""
    if further:
        mine = models.c.name == name
        row = connection.execute(select(models.c.versions).where(mine).with_for_update()).first()
        if row:
            connection.execute(models.update().where(mine).values(versions=row[0] + 1))
            return row[0] + 1
    connection.execute(models.insert().values(name=name, versions=1, created_at=now()))
    return 1


def _check_unused(record: Record, numbers: list[int], split: dict[str, Any] | None) -> None:
    """See :meth:`Registry.delete`."""
    name = record.name
    for alias, row in record.aliases.items():
        if row["version"] not in numbers:
            continue
        if alias == PRODUCTION:
            raise Conflict(f"{name} is deployed.", f"Undeploy it first: assistant undeploy {name}.")
        raise Conflict(
            f"{name}@{row['version']} is {name}@{alias}.",
            f"Take it out of service first: assistant undeploy {name}@{alias}.",
        )
    if split and split["other"] in numbers:
        raise Conflict(
            f"{name}@{split['other']} answers a part of the requests to {name}.",
            f"End that first: assistant models split {name} --off.",
        )


def _forget(connection: Connection, name: str) -> None:
    """Give a name free whose versions are gone. What was done with it stays on record."""
    ids = select(model_splits.c.id).where(model_splits.c.name == name)
    connection.execute(model_split_figures.delete().where(model_split_figures.c.split_id.in_(ids)))
    connection.execute(model_splits.delete().where(model_splits.c.name == name))
    connection.execute(models.delete().where(models.c.name == name))

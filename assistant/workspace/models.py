"""The registry of fine-tuned models: a row each, and a folder each below the home."""

import re
import shutil
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from assistant.errors import Conflict
from assistant.home import Home
from assistant.store.database import Database
from assistant.store.schema import models, now
from tools.errors import NotFound, did_you_mean
from tools.workspace import ModelEntry

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")
RESERVED = {"assistant", "minilm", "smollm2", "all-minilm-l6-v2"}


class Registry:
    """The fine-tuned models of one home.

    Args:
        database: where the rows are.
        home: where the folders are.
    """

    def __init__(self, database: Database, home: Home):
        self._database, self._home = database, home

    def add(self, result: dict[str, Any], path: Path, job_id: str | None = None) -> ModelEntry:
        """Enter a finished training, or find it already entered by the same job.

        Args:
            result: what ``tools.finetune.run.train`` returned.
            path: the model's folder, below the home's ``models``.
            job_id: the job that made it.

        Raises:
            Conflict: another job has taken the name meanwhile.
        """
        keep = (
            "labels",
            "text_column",
            "label_column",
            "baseline",
            "seconds",
            "trainable_parameters",
            "report",
        )
        row = {
            "name": result["model"],
            "task": result["task"],
            "base": result["base"],
            "method": result["method"],
            "status": "ready",
            "metrics": result.get("metrics") or {},
            "info": {key: result[key] for key in keep if key in result},
            "path": str(path.relative_to(self._home.models)),
            "job_id": job_id,
            "created_at": now(),
        }
        try:
            self._database.run(models.insert().values(**row))
        except IntegrityError as error:
            if job_id and self._row(row["name"])["job_id"] == job_id:
                return self.get(row["name"])
            raise Conflict(f"A model named {row['name']} exists already.", "Choose another name.") from error
        return self._entry(row)

    def _row(self, name: str) -> dict[str, Any]:
        row = self._database.row(select(models).where(models.c.name == name))
        if row is None:
            hint = did_you_mean(name, self.names()) or "Fine-tune one first."
            raise NotFound(f"There is no model named {name}.", hint, param="model")
        return row

    def get(self, name: str) -> ModelEntry:
        """One model; upper and lower case are alike.

        Raises:
            NotFound: no such model, with the closest names.
        """
        return self._entry(self._row(name.strip().lower()))

    def all(self) -> list[ModelEntry]:
        """All models, newest first."""
        return [
            self._entry(row)
            for row in self._database.rows(select(models).order_by(models.c.created_at.desc()))
        ]

    def names(self) -> list[str]:
        """Names of all models, newest first."""
        return [entry.name for entry in self.all()]

    def free_name(self, wish: str) -> str:
        """A valid name that no model has: the wish in lower case with dashes, and a number if it is taken."""
        stem = Path(wish).stem if Path(wish).suffix.lower() in (".csv", ".tsv", ".xlsx", ".jsonl") else wish
        stem = re.sub(r"[^a-z0-9._-]+", "-", stem.lower()).strip("-._")[:50] or "model"
        taken = {*self.names(), *RESERVED}
        numbered = (stem if n == 1 else f"{stem}-{n}" for n in range(1, len(taken) + 2))
        return next(name for name in numbered if name not in taken)

    def check_name(self, name: str) -> str:
        """The name as it will be stored.

        Raises:
            Conflict: it is taken or not a valid name.
        """
        name = name.strip().lower()
        if not NAME.fullmatch(name) or name in RESERVED:
            raise Conflict(
                f"{name!r} cannot be a model's name.",
                "Use up to 63 letters, digits, dots, dashes and underscores.",
                param="name",
            )
        if name in self.names():
            raise Conflict(
                f"A model named {name} exists already.", f"Try {self.free_name(name)}.", param="name"
            )
        return name

    def set_status(self, name: str, status: str) -> ModelEntry:
        """Mark a model ``deployed`` or ``ready``."""
        entry = self.get(name)
        deployed_at = now() if status == "deployed" else None
        change = models.update().where(models.c.name == entry.name)
        self._database.run(change.values(status=status, deployed_at=deployed_at))
        return self.get(entry.name)

    def delete(self, name: str) -> None:
        """Remove a model's row and folder.

        Raises:
            Conflict: it is deployed.
        """
        entry = self.get(name)
        if entry.status == "deployed":
            raise Conflict(
                f"{entry.name} is deployed.", f"Undeploy it first: assistant undeploy {entry.name}."
            )
        self._database.run(models.delete().where(models.c.name == entry.name))
        shutil.rmtree(entry.path, ignore_errors=True)

    def _entry(self, row: dict[str, Any]) -> ModelEntry:
        return ModelEntry(
            name=row["name"],
            task=row["task"],
            base=row["base"],
            method=row["method"],
            path=self._home.models / row["path"],
            status=row["status"],
            metrics=row["metrics"] or {},
            info=row["info"] or {},
            created_at=row["created_at"],
        )

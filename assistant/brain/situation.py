"""What the assistant knows when it decides: the names of things in the workspace, and the open approval."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

BLOCK = re.compile(r"<workspace>(.*?)</workspace>", re.DOTALL)
MOST_NAMES = 40  # datasets and models that a model with a window of tokens is told of


@dataclass(frozen=True)
class Situation:
    """The workspace as one conversation sees it.

    Args:
        files: names of the files attached to the present message.
        datasets: names of the datasets, newest first.
        models: ``{"name", …}`` for each fine-tuned model, newest first (a bare name will do).
        jobs: ``{"id", "status", …}`` for each job, newest first (a bare id will do).
        open_approval: ``{"tool", "args", …}`` of the action that waits for the user's yes, or None.
        role: what the caller is: admin, member, viewer or visitor.
    """

    files: list[str] = field(default_factory=list)
    datasets: list[str] = field(default_factory=list)
    models: list[dict[str, Any]] = field(default_factory=list)
    jobs: list[dict[str, Any]] = field(default_factory=list)
    open_approval: dict[str, Any] | None = None
    role: str = "member"

    def __post_init__(self) -> None:
        object.__setattr__(self, "files", [_name(item) for item in self.files])
        object.__setattr__(self, "datasets", [_name(item) for item in self.datasets])
        object.__setattr__(self, "models", _records(self.models, "name"))
        object.__setattr__(self, "jobs", _records(self.jobs, "id"))

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> "Situation":
        """From a JSON object (a line of ``assistant plan``, say); unknown keys are passed over."""
        known = {key: record[key] for key in cls.__dataclass_fields__ if record.get(key) is not None}
        return cls(**known)

    @property
    def model_names(self) -> list[str]:
        """Names of the models."""
        return [model["name"] for model in self.models]

    @property
    def job_ids(self) -> list[str]:
        """Ids of the jobs."""
        return [job["id"] for job in self.jobs]

    @property
    def file_names(self) -> list[str]:
        """All files: the attached ones first, then the other datasets."""
        return list(dict.fromkeys([*self.files, *self.datasets]))

    def to_prompt(self) -> str:
        """The block that goes into the system message, readable by every chat model."""
        return f"<workspace>{json.dumps(asdict(self), ensure_ascii=False, default=str)}</workspace>"

    @classmethod
    def from_prompt(cls, prompt: str) -> "Situation":
        """Read the block back from a system message; an empty situation where there is none."""
        found = BLOCK.findall(prompt)
        try:
            record = json.loads(found[-1]) if found else {}
        except json.JSONDecodeError:
            record = {}
        return cls.of(record if isinstance(record, dict) else {})


def shortened(prompt: str) -> str:
    """A prompt with the newest datasets and models alone, for models whose window hundreds of names would fill.

    Args:
        prompt: a system message with the block of :meth:`Situation.to_prompt`; one without stays as it is.
    """
    situation = Situation.from_prompt(prompt)
    left = {kind: len(getattr(situation, kind)) - MOST_NAMES for kind in ("datasets", "models")}
    if max(left.values()) <= 0:
        return prompt
    datasets, models = situation.datasets[:MOST_NAMES], situation.models[:MOST_NAMES]
    block = replace(situation, datasets=datasets, models=models).to_prompt()
    older = " and ".join(f"{count} older {kind}" for kind, count in left.items() if count > 0)
    told = f"There are {older} besides, which are not listed; take their names as the user gives them."
    return BLOCK.sub(lambda _: f"{block}\n{told}", prompt)


def _name(item: Any) -> str:
    if isinstance(item, Mapping):
        return str(item.get("name") or item.get("filename") or item.get("id") or "")
    return str(item)


def _records(items: Iterable[Any], key: str) -> list[dict[str, Any]]:
    records = [dict(item) if isinstance(item, Mapping) else {key: str(item)} for item in items]
    return [{**record, key: str(record[key])} for record in records if record.get(key)]

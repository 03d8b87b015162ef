"""The application as the tools see it: names resolved to things, for one user in one conversation."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.access.principal import Principal
from assistant.access.roles import allow
from assistant.workspace.artifacts import ArtifactStore
from assistant.workspace.files import DATASETS, DOCUMENTS, FileStore
from assistant.workspace.models import Registry
from assistant.workspace.references import NEW, PRODUCTION, new_version_of, read
from assistant.workspace.releases import Releases
from assistant.workspace.running import to_show, to_stop
from assistant.workspace.splits import Splits, reference
from tools.data.hub_choice import PREFIX, HubName, hub_name
from tools.errors import NotFound, Unsupported, did_you_mean
from tools.workspace import ModelEntry

if TYPE_CHECKING:
    from assistant.access.quotas import Quotas
    from assistant.jobs.queue import JobQueue
    from knowledge.base import KnowledgeBase
    from tools.privacy.redactor import Redactor
    from tools.serving.cache import PredictorCache


@dataclass(frozen=True)
class Shared:
    """What all users share. Functions stand for things that are made late."""

    files: FileStore
    registry: Registry
    releases: Releases
    splits: Splits
    jobs: "JobQueue"
    artifacts: ArtifactStore
    knowledge: Callable[[], "KnowledgeBase"]
    redactor: Callable[[], "Redactor"]
    predictors: Callable[[], "PredictorCache"]
    choose_engine: Callable[[Path, str | None], None]
    base_model: Callable[[str], Path | str]
    hub_dataset: Callable[[HubName, Callable[[str], None] | None], Path]
    start_worker: Callable[[], None]
    quotas: "Quotas"


@dataclass(frozen=True)
class TeamWorkspace:
    """A :class:`tools.workspace.Workspace` for one principal.

    ``local`` is true for the owner of this machine at the command line, who may name files by path.
    """

    shared: Shared
    principal: Principal
    thread_id: str | None = None
    said: Sequence[str] = field(default_factory=tuple)
    local: bool = False

    def dataset(self, name: str, tell: Callable[[str], None] | None = None) -> Path:
        """The file behind a dataset's name; a name without its ending will do where only one fits.

        Args:
            name: an upload, for the owner of this machine a path, or a data set of the Hugging Face hub.
            tell: told in words how far a download is.

        Raises:
            NotFound: there is nothing of that name.
        """
        if row := self.shared.files.by_name(name, self.principal) or self._by_stem(name):
            return self.shared.files.path(row)
        if self.local and Path(name).expanduser().exists():
            return Path(name).expanduser().resolve()
        if wanted := self.at_hub(name):
            return self._from_hub(wanted, tell)
        hint = did_you_mean(name, self.datasets()) or "Upload the file first."
        raise NotFound(f"There is no dataset named {name}.", hint, param="dataset")

    def upload_name(self, name: str) -> str | None:
        """What the upload that is meant by a name or an id is called; None where there is none."""
        row = self.shared.files.by_name(name, self.principal)
        return row["name"] if row else None

    def at_hub(self, name: str) -> HubName | None:
        """What a name may mean at the Hugging Face hub; beside files of this machine it means one of them."""
        wanted = hub_name(name)
        if wanted and not wanted.sure and self.local and Path(name).parent.is_dir():
            return None
        return wanted

    def _from_hub(self, wanted: HubName, tell: Callable[[str], None] | None) -> Path:
        """A data set of the hub, which is brought here as an upload would be."""
        allow(self.principal, "upload")
        try:
            return self.shared.hub_dataset(wanted, tell)
        except (NotFound, Unsupported) as error:
            if wanted.sure:
                raise
            raise type(error)(
                f"There is no dataset named {wanted} here. {error.message}", error.hint, error.param
            ) from error

    def _by_stem(self, name: str) -> dict[str, Any] | None:
        fitting = [each for each in self.datasets() if Path(each).stem.lower() == name.lower()]
        return self.shared.files.by_name(fitting[0], self.principal) if len(fitting) == 1 else None

    def datasets(self) -> list[str]:
        """Names of the uploaded datasets, newest first."""
        return self.shared.files.names(DATASETS, self.principal)

    def model(self, name: str) -> ModelEntry:
        """The registry entry of a fine-tuned model: by its name, or one version as ``name@2`` or ``name@alias``."""
        return self.shared.registry.get(name)

    def models(self) -> list[ModelEntry]:
        """All fine-tuned models, newest first."""
        return self.shared.registry.all()

    def base_model(self, name: str) -> Path | str:
        """A base model's folder or hub id; the name of a fine-tuned model trains on from it."""
        if self.shared.registry.knows(name):
            return self.shared.registry.get(name).path
        try:
            return self.shared.base_model(name)
        except (NotFound, Unsupported) as error:
            from tools.models.embedded import EMBEDDED

            hint = "" if "/" in name else did_you_mean(name, [*EMBEDDED, *self.shared.registry.names()])
            if not hint:
                raise
            raise NotFound(f"There is no base model {name}.", hint, param="base") from error

    def model_name(self, wish: str) -> str:
        """A free, valid registry name made from a wish; of a data set at the hub its own name without the owner's.

        The wish ``name@new`` stays as it is where there is such a model: its next version is wanted.
        """
        if known := new_version_of(wish):
            return (
                f"{known}@{NEW}"
                if self.shared.registry.knows(known)
                else self.shared.registry.free_name(known)
            )
        if wish.startswith(PREFIX) and (wanted := hub_name(wish)):
            wish = wanted.repo.split("/")[-1]
        return self.shared.registry.free_name(wish)

    def predictor(self, name: str) -> Any:
        """The loaded model, from the bounded cache."""
        entry = self.model(name)
        return self.shared.predictors().get(entry.path)

    def deploy(self, name: str, engine: str | None = None) -> ModelEntry:
        """Put a version into production: the plain name answers with it from now on.

        Args:
            name: the model or version.
            engine: what computes it: ``auto`` for the best when measured, or one by its name; as it is where left out.
        """
        return self.promote(name, engine=engine)

    def promote(self, name: str, alias: str = PRODUCTION, engine: str | None = None) -> ModelEntry:
        """Let an alias mean a version, which is loaded first, so that a broken one is never put into service."""
        allow(self.principal, "approve")
        entry = self.model(name)
        self.shared.choose_engine(entry.path, engine)
        self.shared.predictors().get(entry.path)
        # Pinned: what was loaded, whatever others do meanwhile.
        return self.shared.releases.promote(entry.pinned, alias, self.principal.user_id)

    def rollback(self, name: str) -> ModelEntry:
        """Put the version before back into production."""
        allow(self.principal, "approve")
        self.shared.predictors().get(self.shared.releases.previous(name).path)
        return self.shared.releases.rollback(name, self.principal.user_id)

    def undeploy(self, name: str) -> ModelEntry:
        """Stop serving the model, or the version that is named."""
        allow(self.principal, "approve")
        return self.shared.releases.undeploy(name, self.principal.user_id)

    def split(self, name: str, to: str | None, share: float | None, shadow: bool) -> dict[str, Any]:
        """Try another version beside the one in production; it is loaded first. See :meth:`Splits.start`."""
        allow(self.principal, "approve")
        if to is not None and (share or shadow):
            self.predictor(str(reference(read(name).name, to)))
        return self.shared.splits.start(name, to, share, shadow, self.principal.user_id)

    def end_split(self, name: str) -> dict[str, Any]:
        """Let the version in production answer everybody again."""
        allow(self.principal, "approve")
        return self.shared.splits.end(name, self.principal.user_id)

    def delete(self, name: str) -> list[ModelEntry]:
        """Delete a model, or the version of it that is named."""
        allow(self.principal, "approve")
        return self.shared.registry.delete(name, self.principal.user_id)

    def submit(self, kind: str, spec: dict[str, Any]) -> dict[str, Any]:
        """Queue a background job and see that a worker runs."""
        self.shared.quotas.check(self.principal, "jobs")
        job = self.shared.jobs.submit(kind, spec, user_id=self.principal.user_id, thread_id=self.thread_id)
        self.shared.quotas.add(self.principal, "jobs", 1)
        self.shared.start_worker()
        return job

    def jobs(self) -> list[dict[str, Any]]:
        """All jobs, newest first."""
        return self.shared.jobs.list()

    def job(self, job_id: str | None = None) -> dict[str, Any]:
        """One job with its pictures; where no id is given the training that runs, else the latest."""
        job = self.shared.jobs.get(job_id) if job_id else to_show(self.jobs(), self.principal.user_id)
        return job | {"artifacts": (job.get("result") or {}).get("artifacts", [])}

    def cancel(self, job_id: str | None = None) -> dict[str, Any]:
        """Ask a job to stop; where no id is given see :func:`assistant.workspace.running.to_stop`."""
        return self.shared.jobs.cancel(job_id or to_stop(self.jobs(), self.principal.user_id)["id"])

    def ended(self, job_id: str | None = None) -> dict[str, Any]:
        """A failed or stopped job, the newest where no id is given."""
        if job_id:
            return self.shared.jobs.ended(job_id)
        ended = [job for job in self.jobs() if job["status"] in ("failed", "cancelled")]
        if not ended:
            raise NotFound("No job has failed or was stopped.", "There is nothing to resume.")
        return ended[0]

    def resume(self, job_id: str | None = None) -> dict[str, Any]:
        """Let a failed or stopped job go on, and see that a worker runs."""
        job = self.shared.jobs.resume(self.ended(job_id)["id"])
        self.shared.start_worker()
        return job

    def knowledge(self) -> Any:
        """The team's knowledge base."""
        return self.shared.knowledge()

    def document(self, source: str) -> str:
        """An upload's path, a public address, or for the owner of this machine a path."""
        if row := self.shared.files.by_name(source, self.principal):
            return str(self.shared.files.path(row))
        if source.startswith(("http://", "https://")):
            return source
        if self.local and Path(source).expanduser().exists():
            return str(Path(source).expanduser().resolve())
        hint = (
            did_you_mean(source, self.shared.files.names(DOCUMENTS | DATASETS, self.principal))
            or "Upload the file first."
        )
        raise NotFound(f"There is no document named {source}.", hint, param="source")

    def redactor(self) -> Any:
        """The redactor in force."""
        return self.shared.redactor()

    def artifact(self, kind: str, title: str, suffix: str) -> Path:
        """A new file for a picture or report."""
        return self.shared.artifacts.new_path(suffix)

    def history(self) -> Sequence[str]:
        """The user's earlier messages in this conversation, oldest first."""
        return self.said

    @property
    def visitor(self) -> bool:
        """True where the caller sees published knowledge alone."""
        return self.principal.role == "visitor"
